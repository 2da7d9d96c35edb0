use super::fields::{Field, Fields};
use super::report::{Report, shown};
use super::value;
use crate::diagnostic::{At, Diagnostic};
use crate::manifest::codes;
use crate::manifest::kind::{ReclaimMode, SeatEntrySpec, SubscriptionManifest, WhenShort};

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
) -> Option<SubscriptionManifest> {
    let adam_id = fields.required(report, "adamId", "\"6400000001\"");
    let adam_id = adam_id.and_then(|field| super::asset::adam(report, field));
    let location = fields.required(report, "location", "northfield");
    let location = location.and_then(|field| value::owned_text(report, field));
    let assign = fields.required(report, "assign", "[] # nobody");
    let assign = assign.and_then(|field| {
        let items = value::list(report, field)?;
        let entries: Vec<_> = items.iter().map(|item| entry(report, field.item(item))).collect();
        Some((report.span(field.key_place), entries.into_iter().flatten().collect()))
    });
    let except = fields.optional(report, "except");
    let except = except.map(|field| value::references(report, field)).unwrap_or_default();
    let renewing = truth(report, fields, "renewing", true);
    let reclaim = fields.optional(report, "reclaim").and_then(|field| {
        let words = [("release", ReclaimMode::Release), ("keep", ReclaimMode::Keep)];
        value::word(report, field, &words)
    });
    let deferred = truth(report, fields, "deferred", false);
    let when_short = fields.optional(report, "whenShort").and_then(|field| {
        value::word(report, field, &[("block", WhenShort::Block), ("fill", WhenShort::Fill)])
    });
    let administrators = fields.optional(report, "administrators");
    let administrators = administrators.map(|field| value::references(report, field));
    let description = fields.optional(report, "description");
    let description = description.and_then(|field| value::any_text(report, field));
    let labels = fields.optional(report, "labels");
    let labels = labels.map(|field| value::labels(report, field)).unwrap_or_default();
    let (assign_span, assign) = assign?;
    Some(SubscriptionManifest {
        name: name?,
        adam_id: adam_id?,
        location: location?,
        assign_span,
        assign,
        except,
        renewing: renewing?,
        reclaim,
        deferred: deferred?,
        when_short: when_short.map(|when| when.value).unwrap_or_default(),
        administrators,
        description: description.map(str::to_owned),
        labels,
    })
}

/// `true` or `false`; a default where the key is not there, nothing where its value is neither.
fn truth(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    default: bool,
) -> Option<bool> {
    match fields.optional(report, key) {
        None => Some(default),
        Some(field) => value::truth(report, field),
    }
}

fn entry(report: &mut Report, item: Field<'_, '_>) -> Option<SeatEntrySpec> {
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
    let to = fields.required(report, "to", "art-teachers");
    let to = to.and_then(|field| value::owned_text(report, field));
    let renewing = match fields.optional(report, "renewing") {
        None => Some(None),
        Some(field) => value::truth(report, field).map(Some),
    };
    let span = to.as_ref().map(|to| to.span);
    let span = span.unwrap_or_else(|| report.span(fields.anchor()));
    fields.finish(report, &[]);
    Some(SeatEntrySpec { span, to: to?, renewing: renewing? })
}
