use std::time::Duration;

use super::fields::{Field, Fields};
use super::report::Report;
use super::{address, roster, secret, source, time, value};
use crate::diagnostic::{At, Diagnostic, Span};
use crate::manifest::codes;
use crate::manifest::kind::{AppleEdition, Columns, Inventory, InventorySource, RosterForm};
use crate::yaml::{Entry, Value};

/// How long a program may take where the manifest does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);

/// The keys that say where rows come from, and what each is in messages.
const KINDS: [(&str, &str); 9] = [
    ("csv", "`csv`"),
    ("exec", "`exec`"),
    ("appleBusiness", "`appleBusiness`"),
    ("appleSchool", "`appleSchool`"),
    ("entra", "`entra`"),
    ("fleet", "`fleet`"),
    ("jamf", "`jamf`"),
    ("oneroster", "`oneroster`"),
    ("asmRoster", "`asmRoster`"),
];

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
) -> Option<Inventory> {
    let chosen = fields.one_of(report, &KINDS.map(|(key, _)| key))?;
    let what = KINDS.iter().find(|(key, _)| *key == chosen.key).map_or("", |(_, what)| what);
    let mut inner = Fields::of(report, what, chosen)?;
    let place = chosen.key_place;
    let (source, columns) = match chosen.key {
        "csv" => (csv(report, &mut inner), columns(report, &mut inner)),
        "exec" => (exec(report, &mut inner), columns(report, &mut inner)),
        "appleBusiness" => source::apple(report, &mut inner, AppleEdition::Business, place),
        "appleSchool" => source::apple(report, &mut inner, AppleEdition::School, place),
        "entra" => source::entra(report, &mut inner, place),
        "fleet" => source::fleet(report, &mut inner, place),
        "jamf" => source::jamf(report, &mut inner, place),
        "oneroster" => roster::read(report, &mut inner, RosterForm::OneRoster, place),
        _ => roster::read(report, &mut inner, RosterForm::AppleSchool, place),
    };
    inner.finish(report, &[]);
    let source = report.at(source?, place);
    Some(Inventory { name: name?, source, columns })
}

fn csv(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<InventorySource> {
    let path = fields.required(report, "path", "inventory/devices.csv");
    let path = path.and_then(|field| value::text(report, field))?;
    Some(InventorySource::Csv { path: path.into() })
}

fn exec(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<InventorySource> {
    let command = fields.required(report, "command", "[inventory/list-devices]");
    let command = command.and_then(|field| command_line(report, field));
    let env = fields.optional(report, "env").map(|field| variables(report, field));
    let wanted = "a duration from `1s` to `1h`, for example `60s`";
    let timeout = match fields.optional(report, "timeout") {
        None => Some(DEFAULT_TIMEOUT),
        Some(field) => time::duration(report, field, 1, 3_600, wanted)
            .and_then(|timeout| timeout.value.try_into().ok()),
    };
    let env = env.unwrap_or(Some(Vec::new()));
    Some(InventorySource::Exec { command: command?, env: env?, timeout: timeout? })
}

pub(super) fn command_line(report: &mut Report, field: Field<'_, '_>) -> Option<Vec<String>> {
    if field.node.scalar().is_some() {
        value::wrong_type(report, field, "a list: the program and its arguments, without a shell");
        return None;
    }
    value::texts(report, field)
}

pub(super) fn variables(report: &mut Report, field: Field<'_, '_>) -> Option<Vec<String>> {
    let wanted = "the name of a variable: letters, digits and `_`";
    let items = value::list(report, field)?;
    let read: Vec<_> = items
        .iter()
        .map(|item| value::matching(report, field.item(item), wanted, secret::is_variable))
        .collect();
    read.into_iter().map(|name| name.map(str::to_owned)).collect()
}

fn columns(report: &mut Report, fields: &mut Fields<'_, '_>) -> Columns {
    if !fields.has("serial") && !fields.has("user") {
        report.add(
            Diagnostic::error(
                &codes::MISSING_KEY,
                format!("{} has neither `serial` nor `user`", fields.what()),
            )
            .at(report.span(fields.anchor()), "one of the two is needed")
            .help(
                "add `serial:` with the column of serial numbers, or `user:` with that of user ids",
            ),
        );
    }
    let mut column =
        |key| fields.optional(report, key).and_then(|field| value::owned_text(report, field));
    Columns {
        serial: column("serial"),
        user: column("user"),
        email: column("email"),
        managed_apple_id: column("managedAppleId"),
    }
}

/// Where values stand that may be a secret or a password, so that nothing ever prints them.
pub(super) fn secrets(report: &Report, entries: &[Entry<'_>], spans: &mut Vec<Span>) {
    for entry in entries {
        let Value::Mapping(inner) = &entry.value.value else { continue };
        for key in ["token", "secret", "key"] {
            secret::hide_behind(report, key, inner, spans);
        }
        let address = inner.iter().filter(|entry| entry.key == "url" || entry.key == "endpoint");
        let with_user = address.filter(|entry| entry.value.scalar().is_some_and(address::has_user));
        spans.extend(with_user.map(|entry| report.span(entry.value.place)));
    }
}
