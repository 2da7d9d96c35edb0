use super::fields::{Field, Fields};
use super::location::RECLAIM;
use super::report::{Report, shown};
use super::value;
use crate::diagnostic::{At, Diagnostic};
use crate::license::{AdamId, Asset, AssetKind, PricingParam};
use crate::manifest::codes;
use crate::manifest::kind::{
    AssetManifest, EntrySpec, Intent, LicenseKind, ReclaimMode, WhenShort,
};
use crate::yaml::Value;

/// Keys an App has and a Book cannot have.
pub(super) const NOT_FOR_BOOKS: &[&str] = &["bundleId"];
/// Keys a Book has and an App cannot have.
pub(super) const NOT_FOR_APPS: &[&str] = &["irrevocable"];

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
    kind: AssetKind,
) -> Option<AssetManifest> {
    let adam_id = fields.required(report, "adamId", "\"360593530\"");
    let adam_id = adam_id.and_then(|field| adam(report, field));
    let pricing = match fields.optional(report, "pricing") {
        None => Some(PricingParam::Standard),
        Some(field) => {
            let words = [("STDQ", PricingParam::Standard), ("PLUS", PricingParam::Plus)];
            value::word(report, field, &words).map(|pricing| pricing.value)
        }
    };
    let bundle_id = match kind {
        AssetKind::App => {
            fields.optional(report, "bundleId").and_then(|field| bundle(report, field))
        }
        AssetKind::Book => {
            fields.refuse(report, "bundleId", &codes::BOOK, "no server removes a book");
            None
        }
    };
    let locations = fields.required(report, "location", "northfield");
    let locations = locations.and_then(|field| locations_of(report, field));
    let assign = fields.required(report, "assign", "[] # nobody");
    let assign = assign.and_then(|field| {
        let items = value::list(report, field)?;
        let entries: Vec<_> =
            items.iter().map(|item| entry(report, field.item(item), kind)).collect();
        Some((report.span(field.key_place), entries.into_iter().flatten().collect()))
    });
    let except = fields.optional(report, "except");
    let except = except.map(|field| value::references(report, field)).unwrap_or_default();
    let reclaim = fields.optional(report, "reclaim").and_then(|field| {
        let reclaim = value::word(report, field, &RECLAIM)?;
        match kind {
            AssetKind::Book if reclaim.value == ReclaimMode::Uninstall => {
                uninstall_of_book(report, field, "`reclaim: uninstall`");
                None
            }
            AssetKind::App | AssetKind::Book => Some(reclaim),
        }
    });
    let when_short = fields.optional(report, "whenShort").and_then(|field| {
        value::word(report, field, &[("block", WhenShort::Block), ("fill", WhenShort::Fill)])
    });
    let irrevocable = irrevocable(report, fields, kind);
    let description = fields.optional(report, "description");
    let description = description.and_then(|field| value::any_text(report, field));
    let labels = fields.optional(report, "labels");
    let labels = labels.map(|field| value::labels(report, field)).unwrap_or_default();
    let asset = adam_id.and_then(|adam_id| {
        let pricing_param = pricing?;
        Some(adam_id.map(|adam_id| Asset { adam_id, pricing_param }))
    });
    let (assign_span, assign) = assign?;
    Some(AssetManifest {
        kind,
        name: name?,
        asset: asset?,
        bundle_id,
        locations: locations?,
        assign_span,
        assign,
        except,
        reclaim,
        when_short: when_short.map(|when| when.value).unwrap_or_default(),
        irrevocable: irrevocable?,
        description: description.map(str::to_owned),
        labels,
    })
}

pub(super) fn adam(report: &mut Report, field: Field<'_, '_>) -> Option<At<AdamId>> {
    let text = value::id(report, field)?;
    let Ok(adam_id) = text.parse() else {
        value::bad_value(report, field, "1 to 19 digits without a leading zero");
        return None;
    };
    Some(report.at(adam_id, field.node.place))
}

fn bundle(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let wanted = "a bundle identifier: letters, digits, `.` and `-`, at most 155";
    let text = value::text(report, field)?;
    let plain = text.len() <= 155
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if !plain {
        value::bad_value(report, field, wanted);
        return None;
    }
    Some(report.at(text.to_owned(), field.node.place))
}

/// One name, or a list of them in order of preference.
fn locations_of(report: &mut Report, field: Field<'_, '_>) -> Option<Vec<At<String>>> {
    match &field.node.value {
        Value::Sequence(items) if items.is_empty() => {
            report.add(
                Diagnostic::error(&codes::BAD_VALUE, "`location` is empty")
                    .at(report.span(field.key_place), "at least one location is needed"),
            );
            None
        }
        Value::Sequence(_) => {
            let locations = value::references(report, field);
            (!locations.is_empty()).then_some(locations)
        }
        Value::Mapping(_) => {
            value::wrong_type(report, field, "a name or a list of names");
            None
        }
        Value::Scalar(..) | Value::Refused => {
            value::owned_text(report, field).map(|location| vec![location])
        }
    }
}

fn entry(report: &mut Report, item: Field<'_, '_>, kind: AssetKind) -> Option<EntrySpec> {
    if let Some(group) = item.node.scalar() {
        report.add(
            Diagnostic::error(
                &codes::WRONG_TYPE,
                "an item of `assign` must be a mapping, not text",
            )
            .at(report.span(item.node.place), "must be a mapping")
            .help(format!("write `to: {}`", shown(group))),
        );
        return None;
    }
    let mut fields = Fields::of(report, "an item of `assign`", item)?;
    let to = fields.required(report, "to", "year-7");
    let to = to.and_then(|field| value::owned_text(report, field));
    let intent = match fields.optional(report, "intent") {
        None => Some(Intent::default()),
        Some(field) => intent(report, field, kind),
    };
    let license = match kind {
        AssetKind::App => fields.optional(report, "license").and_then(|field| {
            let words = [("user", LicenseKind::User), ("device", LicenseKind::Device)];
            value::word(report, field, &words)
        }),
        AssetKind::Book => {
            fields.refuse(report, "license", &codes::BOOK, "books always go to people");
            None
        }
    };
    let refused: &[&str] = match kind {
        AssetKind::App => &[],
        AssetKind::Book => &["license"],
    };
    let span = to.as_ref().map(|to| to.span);
    let span = span.unwrap_or_else(|| report.span(fields.anchor()));
    fields.finish(report, refused);
    Some(EntrySpec { span, to: to?, intent: intent?, license })
}

fn intent(report: &mut Report, field: Field<'_, '_>, kind: AssetKind) -> Option<Intent> {
    let words = [
        ("required", Intent::Required),
        ("available", Intent::Available),
        ("uninstall", Intent::Uninstall),
    ];
    let intent = value::word(report, field, &words)?;
    match kind {
        AssetKind::Book if intent.value == Intent::Uninstall => {
            uninstall_of_book(report, field, "`intent: uninstall`");
            None
        }
        AssetKind::App | AssetKind::Book => Some(intent.value),
    }
}

fn uninstall_of_book(report: &mut Report, field: Field<'_, '_>, what: &str) {
    report.add(
        Diagnostic::error(&codes::BOOK, format!("{what} is not possible with a book"))
            .at(report.span(field.node.place), "Apple does not take books back")
            .help("remove it; a book once assigned stays with its reader"),
    );
}

fn irrevocable(report: &mut Report, fields: &mut Fields<'_, '_>, kind: AssetKind) -> Option<bool> {
    match kind {
        AssetKind::App => {
            let why = "only books are for good";
            fields.refuse(report, "irrevocable", &codes::BOOK, why);
            Some(false)
        }
        AssetKind::Book => {
            let field = fields.required(report, "irrevocable", "true")?;
            let known = value::truth(report, field)?;
            if !known {
                report.add(
                    Diagnostic::error(&codes::BOOK, "a Book needs `irrevocable: true`")
                        .at(report.span(field.node.place), "must be `true`")
                        .help("it says that you know: a book once assigned does not come back"),
                );
                return None;
            }
            Some(true)
        }
    }
}
