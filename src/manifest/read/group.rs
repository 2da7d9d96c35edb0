use super::fields::{Field, Fields};
use super::report::{Report, shown};
use super::{condition, intune, value};
use crate::diagnostic::{At, Diagnostic};
use crate::license::{ClientUserId, SerialNumber};
use crate::manifest::codes;
use crate::manifest::kind::Group;

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
) -> Option<Group> {
    let devices = fields.optional(report, "devices");
    let devices = devices.map(|field| devices_of(report, field)).unwrap_or_default();
    let users = fields.optional(report, "users");
    let users = users.map(|field| users_of(report, field)).unwrap_or_default();
    let has_from = fields.has("from");
    let from = fields.optional(report, "from").and_then(|field| value::owned_text(report, field));
    let filter = fields.optional(report, "where");
    let filter = filter.and_then(|field| {
        if !has_from {
            report.add(
                Diagnostic::error(&codes::WHERE_WITHOUT_FROM, "`where` needs `from`")
                    .at(report.span(field.key_place), "chooses rows of no inventory")
                    .help("add `from:` with the name of an Inventory, or remove `where`"),
            );
        }
        condition::read(report, field)
    });
    let include = fields.optional(report, "include");
    let include = include.map(|field| value::references(report, field)).unwrap_or_default();
    let entra_group = fields.optional(report, "entraGroup");
    let entra_group = entra_group.and_then(|field| intune::group(report, field));
    let minimum = fields.optional(report, "minimum");
    let minimum = minimum.and_then(|field| value::whole(report, field, 0, u64::MAX));
    let description = fields.optional(report, "description");
    let description = description.and_then(|field| value::any_text(report, field));
    let members = ["devices", "users", "from", "include", "entraGroup"];
    // An unknown key is probably one of these.
    if !members.into_iter().any(|key| fields.has(key)) && !fields.has_unknown() {
        report.add(
            Diagnostic::error(&codes::EMPTY_GROUP, "the group has nothing in it")
                .at(
                    report.span(fields.anchor()),
                    "no `devices`, `users`, `from`, `include` or `entraGroup`",
                )
                .help("say where its members come from; empty on purpose is `devices: []`"),
        );
    }
    Some(Group {
        name: name?,
        devices,
        users,
        from,
        filter,
        include,
        entra_group,
        minimum,
        description: description.map(str::to_owned),
    })
}

fn devices_of(report: &mut Report, field: Field<'_, '_>) -> Vec<At<SerialNumber>> {
    let Some(items) = value::list(report, field) else { return Vec::new() };
    let mut devices = Vec::with_capacity(items.len());
    for item in items {
        let field = field.item(item);
        let Some(text) = value::id(report, field) else { continue };
        match text.parse::<SerialNumber>() {
            Ok(serial) => devices.push(report.at(serial, item.place)),
            Err(_) => report.add(
                Diagnostic::error(
                    &codes::BAD_VALUE,
                    format!("`{}` is not a serial number", shown(text)),
                )
                .at(report.span(item.place), "letters and digits only, at most 64"),
            ),
        }
    }
    value::distinct(report, "devices", devices, SerialNumber::as_str)
}

fn users_of(report: &mut Report, field: Field<'_, '_>) -> Vec<At<ClientUserId>> {
    let Some(items) = value::list(report, field) else { return Vec::new() };
    let mut users = Vec::with_capacity(items.len());
    for item in items {
        let field = field.item(item);
        let Some(text) = value::id(report, field) else { continue };
        let plain = text.len() <= 255 && !text.chars().any(char::is_control);
        match ClientUserId::new(text) {
            Some(user) if plain => users.push(report.at(user, item.place)),
            _ => value::bad_value(report, field, "a clientUserId of 1 to 255 characters"),
        }
    }
    value::distinct(report, "users", users, ClientUserId::as_str)
}
