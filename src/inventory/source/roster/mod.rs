//! Rosters: CSV sets of people, classes and schools, in a folder or a zip. They name people; another
//! inventory says who has which device.
//!
//! The files of a set are held against each other: an enrollment of somebody who is not among the
//! people means that a file was cut off, and that is an error.

mod apple_school;
mod files;
mod one_roster;

use std::collections::HashMap;

use camino::Utf8Path;

use super::sheet::{Picked, Sheet};
use super::{Freshness, Source};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::inventory::codes;
use crate::inventory::shown::{MOST_EXAMPLES, examples, printable, shown};
use crate::inventory::table::{Rows, Table};
use crate::manifest::kind::{self, DeviceMap, Picks, RosterForm};
use files::Files;

/// A roster, and the table that says who has which device.
pub(in crate::inventory) struct Roster<'m> {
    pub(in crate::inventory) folder: &'m Utf8Path,
    pub(in crate::inventory) asked: &'m kind::Roster,
    /// The rows of the inventory named under `devices`; `None` where it could not be read.
    pub(in crate::inventory) devices: Option<&'m Table>,
    /// Where the manifest names it.
    pub(in crate::inventory) span: Span,
}

/// What is wrong with a set.
struct Fault {
    code: &'static Code,
    message: String,
    help: Option<String>,
}

impl Fault {
    fn of_set(message: impl Into<String>) -> Self {
        let help = "export the whole set again (`bulk`)".to_owned();
        Self { code: &codes::ROSTER, message: message.into(), help: Some(help) }
    }
}

impl Source for Roster<'_> {
    fn origin(&self) -> String {
        printable(self.asked.path.as_str())
    }

    fn read(&self, rows: &mut Rows<'_>) -> Result<Freshness, Vec<Diagnostic>> {
        let read = || {
            let mut files = Files::open(self.folder, &self.asked.path)?;
            let sheet = match self.asked.form {
                RosterForm::OneRoster => one_roster::read(&mut files, self.asked)?,
                RosterForm::AppleSchool => apple_school::read(&mut files, self.asked)?,
            };
            Ok((sheet, files.written()))
        };
        let (sheet, written) = read().map_err(|Fault { code, message, help }| {
            let message = format!("{}: {message}", self.origin());
            let found = Diagnostic::error(code, message).at(self.span, "read from here");
            vec![match help {
                Some(help) => found.help(help),
                None => found,
            }]
        })?;
        let given = match &self.asked.devices {
            None => sheet.give(rows),
            Some(map) => self.join(sheet, map, rows)?,
        };
        given.map_err(|full| {
            let message = format!("{}: {full}", self.origin());
            vec![Diagnostic::error(&codes::UNREADABLE, message).at(self.span, "read from here")]
        })?;
        Ok(Freshness::AsOf(written))
    }
}

impl Roster<'_> {
    /// Gives a row for each device of each person.
    fn join(
        &self,
        sheet: Sheet,
        map: &DeviceMap,
        rows: &mut Rows<'_>,
    ) -> Result<Result<(), crate::inventory::table::TableFull>, Vec<Diagnostic>> {
        let error = |message: String, help: String| {
            let found = Diagnostic::error(&codes::ROSTER, message);
            vec![found.at(map.from.span, "says who has which device").help(help)]
        };
        let Some(table) = self.devices else {
            let message = format!(
                "{}: inventory {} could not be read",
                self.origin(),
                shown(&map.from.value)
            );
            return Err(error(message, "what is wrong with it is reported by itself".to_owned()));
        };
        let column = map.person.as_ref().map(|person| person.value.as_str());
        let no_column = |name: &str| {
            let near =
                table.nearest_column(name).map(|near| format!("did you mean {}?", shown(near)));
            let message = format!("{} has no column {}", table.origin(), shown(name));
            error(message, near.unwrap_or_else(|| "name its column of people".to_owned()))
        };
        if let Some(name) = column.filter(|name| !table.header().iter().any(|known| known == name))
        {
            return Err(no_column(name));
        }
        let person = |row: usize| match column {
            Some(name) => table.value(row, name).filter(|value| !value.is_empty()),
            None => table.users()?.get(row),
        };
        let serial = |row: usize| table.serials()?.get(row);
        // Addresses and account names are the same in any case; ids are not.
        let folds = !["sourcedId", "identifier", "person_id", "person_number"]
            .contains(&map.by.value.as_str());
        let key = |text: &str| if folds { text.to_lowercase() } else { text.to_owned() };
        let mut devices: HashMap<String, Vec<&str>> = HashMap::new();
        for row in 0..table.rows() {
            if let (Some(person), Some(serial)) = (person(row), serial(row)) {
                let devices = devices.entry(key(person)).or_default();
                if !devices.contains(&serial) {
                    devices.push(serial);
                }
            }
        }
        let (mut given, mut without, mut several) = (vec![], vec![], vec![]);
        let people = sheet.values(&map.by.value);
        for (row, name) in people.into_iter().flatten().enumerate() {
            let owned = devices.get(&key(name)).map_or(&[][..], Vec::as_slice);
            match owned.len() {
                0 => without.push(name.to_owned()),
                1 => {}
                _ => several.push(name.to_owned()),
            }
            given.extend(owned.iter().map(|&serial| (row, serial)));
        }
        rows.warn(self.warning(
            &codes::NO_DEVICE,
            &without,
            table,
            ["person of the roster has no device", "people of the roster have no device"],
        ));
        rows.warn(self.warning(
            &codes::TWO_DEVICES,
            &several,
            table,
            [
                "person of the roster has more than one device",
                "people of the roster have more than one device",
            ],
        ));
        Ok(sheet.give_with(rows, Some("serial"), &given))
    }

    fn warning(
        &self,
        code: &'static Code,
        people: &[String],
        table: &Table,
        [one, many]: [&str; 2],
    ) -> Option<Diagnostic> {
        let count = u64::try_from(people.len()).unwrap_or(u64::MAX);
        let what = match count {
            0 => return None,
            1 => one,
            _ => many,
        };
        let first: Vec<String> =
            people.iter().take(MOST_EXAMPLES).map(|name| shown(name)).collect();
        let message = format!(
            "{}: {count} {what} in {}: {}",
            self.origin(),
            table.origin(),
            examples(&first, count)
        );
        Some(Diagnostic::warning(code, message).at(self.span, "read from here"))
    }
}

/// The sets the manifest picks, by the id the roster has for each. One that is not there is an error
/// and never an empty set.
fn picked(
    sheet: &mut Sheet,
    picks: &Picks,
    file: &str,
    known: &HashMap<String, String>,
) -> Result<HashMap<String, Vec<Picked>>, Fault> {
    let mut found: HashMap<String, Vec<Picked>> = HashMap::new();
    for (column, id) in picks {
        if sheet.values(column).is_some() {
            return Err(Fault {
                code: &codes::ROSTER,
                message: format!("it has a column {} of its own", shown(column)),
                help: Some("choose another name in the manifest".to_owned()),
            });
        }
        if !known.contains_key(&id.value) {
            let near = nearest(&id.value, known.keys().map(String::as_str));
            return Err(Fault {
                code: &codes::ROSTER,
                message: format!("{file} has nothing with the id {}", shown(&id.value)),
                help: near.map(|near| format!("did you mean {}?", shown(near))),
            });
        }
        found.entry(id.value.clone()).or_default().push(sheet.pick(column));
    }
    Ok(found)
}
