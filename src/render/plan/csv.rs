use std::io::{self, Write};

use hashbrown::HashMap;

use crate::license::{AssetKind, ClientUserId, SerialNumber};
use crate::plan::{Change, Origin, Plan};
use crate::render::{cause, escape};

/// The names of the columns.
const COLUMNS: [&str; 14] = [
    "location",
    "uid",
    "action",
    "adam_id",
    "pricing",
    "name",
    "kind",
    "holder_kind",
    "holder",
    "cause_file",
    "cause_line",
    "cause",
    "bundle_id",
    "origin",
];

/// Writes what would move, one row per license: a row at a time, so that a million are no burden.
///
/// A spreadsheet computes nothing of it: a text that would start a formula has an apostrophe in
/// front, and what is hidden on a screen is spelled out.
///
/// # Errors
/// Those of `out`.
pub fn csv(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let mut rows = csv::WriterBuilder::new().from_writer(out);
    rows.write_record(COLUMNS)?;
    let uids: HashMap<&str, Option<&str>> = plan
        .locations
        .iter()
        .map(|location| (location.name.as_str(), location.uid.as_deref()))
        .collect();
    for change in &plan.changes {
        let uid = uids.get(change.location.as_str()).copied().flatten();
        of_change(&mut rows, change, uid.unwrap_or_default())?;
    }
    rows.flush()
}

fn of_change<W: Write>(rows: &mut csv::Writer<W>, change: &Change, uid: &str) -> io::Result<()> {
    let Change { location, asset, kind, name, bundle_id, action, cause, devices, users, origin } =
        change;
    let kind = match kind {
        AssetKind::App => "App",
        AssetKind::Book => "Book",
    };
    let before = [
        escape::csv_cell(location),
        escape::csv_cell(uid),
        action.to_string().into(),
        asset.adam_id.to_string().into(),
        asset.pricing_param.as_str().into(),
        escape::csv_cell(name),
        kind.into(),
    ];
    let why = cause::text(&cause.kind);
    let after = [
        escape::csv_cell(&cause.file),
        cause.line.to_string().into(),
        escape::csv_cell(&why),
        escape::csv_cell(bundle_id.as_deref().unwrap_or_default()),
        match origin {
            Some(Origin::Intended) => "intended",
            Some(Origin::Drift) => "drift",
            None => "",
        }
        .into(),
    ];
    let devices = devices.iter().map(|device| ("device", SerialNumber::as_str(device)));
    let users = users.iter().map(|user| ("user", ClientUserId::as_str(user)));
    for (holder_kind, holder) in devices.chain(users) {
        let holder = escape::csv_cell(holder);
        let middle = [holder_kind, &*holder];
        let cells = before.iter().map(AsRef::as_ref).chain(middle);
        rows.write_record(cells.chain(after.iter().map(AsRef::as_ref)))?;
    }
    Ok(())
}
