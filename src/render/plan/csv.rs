use std::io::{self, Write};

use hashbrown::HashMap;

use crate::intune::Target;
use crate::license::{AdamId, AssetKind, ClientUserId, SerialNumber};
use crate::plan::served::{MdmLocationPlan, MdmSide};
use crate::plan::{Change, LocationPlan, Origin, Plan};
use crate::render::{cause, escape};

/// The names of the columns.
const COLUMNS: [&str; 18] = [
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
    "from",
    "to",
    "devices",
    "licenses",
];

/// Writes what would move, one row per license, then one per assignment of a server that owns its
/// location's token (its holder is the group, by the server's id): a row at a time, so that a million are no burden.
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
    for location in &plan.locations {
        of_subscriptions(&mut rows, location)?;
    }
    for location in &plan.mdm_locations {
        of_server(&mut rows, location)?;
    }
    rows.flush()
}

/// Seats and administrators, in the same columns.
fn of_subscriptions<W: Write>(
    rows: &mut csv::Writer<W>,
    location: &LocationPlan,
) -> io::Result<()> {
    let Some(seats) = &location.subscriptions else { return Ok(()) };
    let name = escape::csv_cell(&location.name);
    let uid = escape::csv_cell(location.uid.as_deref().unwrap_or_default());
    let mut write =
        |action: &str, of: (AdamId, &str), why: (&str, u32, &str, &str), who: &[ClientUserId]| {
            let (adam_id, line) = (of.0.to_string(), why.1.to_string());
            let (of, file, text) =
                (escape::csv_cell(of.1), escape::csv_cell(why.0), escape::csv_cell(why.2));
            let origin = why.3;
            who.iter().try_for_each(|user| {
                let user = escape::csv_cell(user.as_str());
                rows.write_record([
                    &*name,
                    &*uid,
                    action,
                    &adam_id,
                    "",
                    &*of,
                    "Subscription",
                    "user",
                    &*user,
                    &*file,
                    &line,
                    &*text,
                    "",
                    origin,
                    "",
                    "",
                    "",
                    "",
                ])
            })
        };
    for change in &seats.changes {
        let why = cause::text(&change.cause.kind);
        let origin = said(change.origin);
        let why = (change.cause.file.as_str(), change.cause.line, why.as_str(), origin);
        write(change.action.as_str(), (change.adam_id, &change.name), why, &change.users)?;
    }
    for change in &seats.administrators {
        let action = if change.is_add() { "add_administrator" } else { "remove_administrator" };
        let why = (change.file.as_str(), change.line, "administrators", "");
        write(action, (change.adam_id, &change.name), why, &change.users)?;
    }
    Ok(())
}

fn said(origin: Option<Origin>) -> &'static str {
    match origin {
        Some(Origin::Intended) => "intended",
        Some(Origin::Drift) => "drift",
        None => "",
    }
}

/// Assignments at a server, in the same columns and some of their own.
fn of_server<W: Write>(rows: &mut csv::Writer<W>, plan: &MdmLocationPlan) -> io::Result<()> {
    let name = escape::csv_cell(&plan.name);
    let side = |side: &Option<MdmSide>| side.as_ref().map(MdmSide::to_string).unwrap_or_default();
    for (app, step) in
        plan.apps.iter().flat_map(|app| app.steps.iter().map(move |step| (app, step)))
    {
        let (kind, holder) = match &step.target {
            Target::Group(id) => ("group", id.as_str()),
            Target::Exclude(id, _) => ("excluded group", id.as_str()),
            Target::AllDevices => ("all devices", ""),
            Target::AllUsers => ("all users", ""),
            Target::Other(what) => (what.as_str(), ""),
        };
        let why = cause::text(&step.cause.kind);
        rows.write_record([
            &*name,
            "",
            step.action.as_str(),
            &app.asset.adam_id.to_string(),
            app.asset.pricing_param.as_str(),
            &*escape::csv_cell(&app.name),
            "App",
            &*escape::csv_cell(kind),
            &*escape::csv_cell(holder),
            &*escape::csv_cell(&step.cause.file),
            &step.cause.line.to_string(),
            &*escape::csv_cell(&why),
            &*escape::csv_cell(app.bundle_id.as_deref().unwrap_or_default()),
            "",
            &*escape::csv_cell(&side(&step.from)),
            &*escape::csv_cell(&side(&step.to)),
            &step.devices.to_string(),
            &step.licenses.to_string(),
        ])?;
    }
    Ok(())
}

fn of_change<W: Write>(rows: &mut csv::Writer<W>, change: &Change, uid: &str) -> io::Result<()> {
    let Change {
        location,
        asset,
        kind,
        name,
        bundle_id,
        install: _,
        action,
        cause,
        devices,
        users,
        origin,
    } = change;
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
        said(*origin).into(),
        "".into(),
        "".into(),
        "".into(),
        "".into(),
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
