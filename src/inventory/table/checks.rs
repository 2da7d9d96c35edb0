//! What is wrong with, or worth knowing of, the rows of one inventory as a whole.

use std::collections::HashMap;

use super::rows::{Counted, Rows};
use super::{KeyColumn, Table};
use crate::diagnostic::{At, Diagnostic, Span, nearest};
use crate::inventory::codes;
use crate::inventory::shown::{examples, shown};
use crate::manifest::kind::Inventory;

/// How many column names a message lists.
const MOST_COLUMNS: usize = 30;

/// Where the column that says who a row is stands in the manifest.
fn id_span(inventory: &Inventory) -> Span {
    let columns = &inventory.columns;
    columns.serial.as_ref().or(columns.user.as_ref()).map_or(inventory.source.span, |at| at.span)
}

pub(super) fn errors(rows: &Rows<'_>) -> Vec<Diagnostic> {
    let missing = missing_columns(rows);
    if !missing.is_empty() {
        return missing;
    }
    let (inventory, origin) = (rows.inventory, &rows.origin);
    let mut found = vec![];
    if rows.invalid.count > 0 {
        let (count, list) =
            (rows.invalid.count, examples(&rows.invalid.examples, rows.invalid.count));
        let message = format!("{origin}: {count} {} no serial number: {list}", is(count));
        let found_here = Diagnostic::error(&codes::INVALID_SERIAL, message)
            .at(id_span(inventory), "serial numbers come from this column")
            .help("serial numbers are letters and digits; a spreadsheet may have changed them: format the column as text and export again");
        found.push(found_here);
    } else if rows.len() == 0 {
        let message = if rows.skipped.count > 0 {
            let (name, lines) = (id_name(inventory), rows.skipped.count);
            format!(
                "{origin}: inventory {} resolves to nothing: {name} is empty in all {lines} rows",
                shown(&inventory.name.value)
            )
        } else {
            format!(
                "{origin}: inventory {} resolves to nothing: there are no rows",
                shown(&inventory.name.value)
            )
        };
        let empty = Diagnostic::error(&codes::NO_ROWS, message)
            .at(inventory.source.span, "read from here")
            .help("an empty inventory would take the licenses back from everyone in its groups; if nobody is meant, delete the inventory and the groups that use it");
        found.push(empty);
    }
    found
}

fn missing_columns(rows: &Rows<'_>) -> Vec<Diagnostic> {
    let header = rows.header();
    if header.is_empty() {
        return vec![]; // Nothing was read at all: "no rows" says it better.
    }
    let columns = &rows.inventory.columns;
    [&columns.serial, &columns.user, &columns.email, &columns.managed_apple_id]
        .into_iter()
        .flatten()
        .filter(|name| !header.contains(&name.value))
        .map(|name| missing_column(&rows.origin, header, name))
        .collect()
}

fn missing_column(origin: &str, header: &[String], name: &At<String>) -> Diagnostic {
    let message = format!("{origin}: there is no column {}", shown(&name.value));
    let mut found = Diagnostic::error(&codes::NO_COLUMN, message)
        .at(name.span, "not in the header of the source");
    if let Some(near) = nearest(&name.value, header.iter().map(String::as_str)) {
        found = found.help(format!("did you mean {}?", shown(near)));
    }
    let names: Vec<String> = header.iter().take(MOST_COLUMNS).map(|name| shown(name)).collect();
    let more = if header.len() > MOST_COLUMNS { ", …" } else { "" };
    found = found.help(format!("the columns of {origin} are {}{more}", names.join(", ")));
    if header.len() == 1 && header.iter().any(|name| name.contains([';', '\t'])) {
        found = found.help("the columns look separated by something else than commas: export the file as comma-separated");
    }
    found
}

pub(super) fn warnings(inventory: &Inventory, table: &Table, skipped: &Counted) -> Vec<Diagnostic> {
    let mut found = vec![];
    if skipped.count > 0 {
        let (count, name) = (skipped.count, id_name(inventory));
        let lines = examples(&skipped.examples, count);
        let rows = if count == 1 { "1 row was" } else { &format!("{count} rows were") };
        let line = if count == 1 { "line" } else { "lines" };
        let message =
            format!("{}: {rows} skipped: {name} is empty ({line} {lines})", table.origin());
        found.push(
            Diagnostic::warning(&codes::NO_ID, message)
                .at(id_span(inventory), "empty in those rows"),
        );
    }
    let Some(ids) = table.serials().or_else(|| table.users()) else { return found };
    let repeated = Repeated::find(table, ids);
    if repeated.count > 0 {
        let what = if table.serials().is_some() { "device" } else { "person" };
        let plural = if table.serials().is_some() { "devices" } else { "people" };
        let what = if repeated.count == 1 { what } else { plural };
        let message = format!(
            "{}: {} {what} named in more than one row: {}",
            table.origin(),
            repeated.count,
            examples(&repeated.examples, repeated.count)
        );
        found.push(
            Diagnostic::warning(&codes::DUPLICATE, message)
                .at(id_span(inventory), "repeated in those rows")
                .help("rows of one holder count as one; the holder is in a group when any of its rows is"),
        );
    }
    if let (Some(_), Some(users)) = (table.serials(), table.users()) {
        found.extend(two_users(inventory, table, users, &repeated));
    }
    found
}

/// Rows that name a holder an earlier row named.
struct Repeated {
    /// Pairs of the first row and a later one of the same holder, ascending by the later.
    pairs: Vec<(usize, usize)>,
    /// How many holders.
    count: u64,
    examples: Vec<String>,
}

impl Repeated {
    fn find(table: &Table, ids: KeyColumn<'_>) -> Self {
        let mut first_rows = vec![];
        let mut pairs = vec![];
        for row in 0..table.rows() {
            // Values are numbered in the order they appear: a known number is a repetition.
            match first_rows.get(ids.code(row)) {
                Some(&first) => pairs.push((first, row)),
                None => first_rows.push(row),
            }
        }
        let mut holders: Vec<usize> = pairs.iter().map(|&(first, _)| first).collect();
        holders.sort_unstable();
        holders.dedup();
        let examples = pairs
            .iter()
            .filter(|(first, _)| holders.binary_search(first).is_ok())
            .take(super::super::shown::MOST_EXAMPLES)
            .map(|&(first, row)| {
                let lines = [first, row].map(|row| table.lines.get(row).copied().unwrap_or(0));
                let id = shown(ids.get(row).unwrap_or_default());
                format!("{id} (lines {} and {})", lines[0], lines[1])
            })
            .collect();
        Self { pairs, count: u64::try_from(holders.len()).unwrap_or(u64::MAX), examples }
    }
}

fn two_users(
    inventory: &Inventory,
    table: &Table,
    users: KeyColumn<'_>,
    repeated: &Repeated,
) -> Option<Diagnostic> {
    let serials = table.serials()?;
    let mut named: HashMap<usize, usize> = HashMap::new();
    let mut found = Counted::default();
    for &(first, row) in &repeated.pairs {
        let Some(user) = users.get(row) else { continue };
        let before = *named
            .entry(first)
            .or_insert_with(|| if users.get(first).is_some() { first } else { row });
        if users.get(before) != Some(user) {
            found.add(|| {
                let (serial, other) = (serials.get(row), users.get(before));
                format!(
                    "{} belongs to {} ({}) and to {} ({})",
                    shown(serial.unwrap_or_default()),
                    shown(other.unwrap_or_default()),
                    table.place(before),
                    shown(user),
                    table.place(row),
                )
            });
        }
    }
    (found.count > 0).then(|| {
        let message = format!(
            "{}: rows of one device name different users: {}",
            table.origin(),
            examples(&found.examples, found.count)
        );
        let span = inventory.columns.user.as_ref().map_or(inventory.source.span, |at| at.span);
        Diagnostic::warning(&codes::TWO_USERS, message)
            .at(span, "users come from this column")
            .help("all of them count as users of the device; remove the rows that are out of date")
    })
}

fn id_name(inventory: &Inventory) -> String {
    let columns = &inventory.columns;
    let name = columns.serial.as_ref().or(columns.user.as_ref());
    shown(name.map_or("", |name| name.value.as_str()))
}

fn is(count: u64) -> &'static str {
    if count == 1 { "value is" } else { "values are" }
}
