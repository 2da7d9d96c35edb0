//! Rosters: CSV sets of people, classes and schools.

use super::fields::{Field, Fields};
use super::report::Report;
use super::source::{columns, picks, word};
use super::value;
use crate::diagnostic::At;
use crate::manifest::kind::{Columns, DeviceMap, InventorySource, Roster, RosterForm, RowsAre};
use crate::yaml::Place;

/// What a form calls the columns that name people and their addresses.
struct Words {
    people: &'static [&'static str],
    addresses: &'static [&'static str],
    /// Columns the reader of rosters adds.
    taken: &'static [&'static str],
}

const ONE_ROSTER: Words = Words {
    people: &["sourcedId", "username", "identifier", "email"],
    addresses: &["email", "username"],
    taken: &["serial", "role", "school", "sourcedId", "username", "identifier", "email", "grades"],
};

const APPLE_SCHOOL: Words = Words {
    people: &["person_id", "person_number", "sis_username", "email_address"],
    addresses: &["email_address"],
    taken: &[
        "serial",
        "role",
        "school",
        "person_id",
        "person_number",
        "sis_username",
        "email_address",
        "grade_level",
    ],
};

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    form: RosterForm,
    key_place: Place,
) -> (Option<InventorySource>, Columns) {
    let Words { people, addresses, taken } = match form {
        RosterForm::OneRoster => ONE_ROSTER,
        RosterForm::AppleSchool => APPLE_SCHOOL,
    };
    let first = people.first().copied().unwrap_or_default();
    let path = fields.required(report, "path", "rosters/roster.zip");
    let path = path.and_then(|field| value::text(report, field));
    let classes = picks(report, fields, "classes", taken);
    let taken: Vec<&str> =
        taken.iter().copied().chain(classes.keys().map(String::as_str)).collect();
    let schools = picks(report, fields, "schools", &taken);
    let user = word(report, fields, "user", people);
    let email = word(report, fields, "email", addresses);
    let managed_apple_id = word(report, fields, "managedAppleId", addresses);
    let user = user.unwrap_or_else(|| report.at(first.to_owned(), key_place));
    let field = fields.optional(report, "devices");
    let rows = if field.is_some() { RowsAre::Devices } else { RowsAre::People };
    let devices = field.map(|field| devices(report, field, people));
    let columns = columns(report, rows, key_place, [Some(user), email, managed_apple_id], first);
    let source = || {
        let devices = match devices {
            Some(devices) => Some(devices?),
            None => None,
        };
        let roster = Roster { form, path: path?.into(), classes, schools, devices };
        Some(InventorySource::Roster(roster))
    };
    (source(), columns)
}

fn devices(
    report: &mut Report,
    field: Field<'_, '_>,
    people: &[&'static str],
) -> Option<DeviceMap> {
    let mut fields = Fields::of(report, "`devices`", field)?;
    let from = fields.required(report, "from", "carts");
    let from = from.and_then(|field| value::owned_text(report, field));
    let person = fields.optional(report, "person");
    let person = person.map(|field| value::owned_text(report, field));
    let by = word(report, &mut fields, "by", people);
    let first = people.first().copied().unwrap_or_default();
    let by = by.unwrap_or_else(|| At::new(first.to_owned(), report.span(field.key_place)));
    fields.finish(report, &[]);
    let person = match person {
        Some(person) => Some(person?),
        None => None,
    };
    Some(DeviceMap { from: from?, person, by })
}
