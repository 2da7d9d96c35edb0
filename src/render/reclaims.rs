//! Reclaims by uninstall that are not through: a table for people, rows for spreadsheets.

use std::io::{self, Write};

use jiff::Timestamp;

use super::location::heading;
use super::number::counted;
use super::table::{Column, Table, number_cell};
use super::text::Line;
use super::{Shape, Styles, escape};
use crate::reclaim::{Phase, Stage};
use crate::status::{AppReclaims, DeviceReclaim, HolderReclaim, ReclaimStatus};

/// For people: where reclaims are and what they wait for, app by app; one by one where the status
/// has them so.
///
/// # Errors
/// Where it cannot be written.
pub fn human(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    status: &ReclaimStatus,
    now: Timestamp,
) -> io::Result<()> {
    for (index, location) in status.locations.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let name = (&*location.name, location.description.as_deref(), location.uid.as_deref());
        heading(out, styles, shape, name)?;
        let say = |out: &mut dyn Write, style, text: &str| {
            let lines = Line::new(shape.ascii).gap(2).put(style, text).wrap(shape.columns(), 4);
            lines.into_iter().try_for_each(|line| line.write(out))
        };
        match &location.failed {
            Some(reason) => say(out, styles.warn, reason)?,
            None if location.open == 0 => say(out, styles.text, "no reclaim is under way")?,
            None => {
                let open = counted(location.open, "license is", "licenses are");
                say(out, styles.text, &format!("{open} on the way back by uninstalling"))?;
                writeln!(out)?;
                apps(out, styles, shape, &location.apps, now)?;
                holders(out, styles, shape, &location.apps)?;
            }
        }
    }
    Ok(())
}

/// A row for each app and phase; below it what is waited for, whole.
fn apps(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    apps: &[AppReclaims],
    now: Timestamp,
) -> io::Result<()> {
    let mut table = Table::new([
        Column::words("app").shrinks_to(12),
        Column::words("phase"),
        Column::numbers("count"),
        Column::words("since"),
        Column::words("unknown after"),
    ]);
    let cell = |style, text: &str| Line::new(shape.ascii).put(style, text);
    for app in apps {
        for (index, stage) in app.stages.iter().enumerate() {
            let Stage { phase, why: _, count, since, deadline } = stage;
            let late = if *deadline <= now { styles.warn } else { styles.text };
            table.row([
                if index == 0 { cell(styles.name, &app.name) } else { cell(styles.text, "") },
                cell(style(styles, *phase), &phase.to_string()),
                number_cell(shape, styles.text, *count),
                cell(styles.text, &minute(*since)),
                cell(late, &minute(*deadline)),
            ]);
        }
    }
    let laid = table.lay_out(styles, shape);
    if let Some(titles) = laid.titles {
        titles.write(out)?;
    }
    let stages = apps.iter().flat_map(|app| &app.stages);
    for (row, stage) in laid.rows.into_iter().zip(stages) {
        row.write(out)?;
        let why = Line::new(shape.ascii).gap(6).put(styles.dim, &stage.why);
        for line in why.wrap(shape.columns(), 6) {
            line.write(out)?;
        }
    }
    Ok(())
}

fn holders(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    apps: &[AppReclaims],
) -> io::Result<()> {
    let mut table = Table::new([
        Column::words("app").shrinks_to(10),
        Column::words("holder"),
        Column::words("phase"),
        Column::words("since"),
        Column::words("moved").leaves(1),
        Column::words("devices").shrinks_to(12).leaves(0),
        Column::words("waits for").shrinks_to(20),
    ]);
    let cell = |style, text: &str| Line::new(shape.ascii).put(style, text);
    for app in apps {
        for one in app.holders.iter().flatten() {
            // Of a device's own license the holder says which device it is.
            let devices = if one.kind == "user" { devices(&one.devices) } else { String::new() };
            table.row([
                cell(styles.name, &app.name),
                cell(styles.text, &one.holder),
                cell(style(styles, one.phase), &one.phase.to_string()),
                cell(styles.text, &minute(one.since)),
                cell(styles.text, &minute(one.moved)),
                cell(styles.text, &devices),
                cell(styles.dim, &one.why),
            ]);
        }
    }
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    table.write(out, styles, shape)
}

fn devices(devices: &[DeviceReclaim]) -> String {
    let each = devices.iter().map(|device| format!("{} {}", device.serial, device.phase));
    each.collect::<Vec<_>>().join(", ")
}

fn style(styles: &Styles, phase: Phase) -> anstyle::Style {
    match phase {
        Phase::Blocked => styles.error,
        Phase::Unknown | Phase::Gone => styles.warn,
        Phase::Wanted
        | Phase::UninstallSent
        | Phase::Acknowledged
        | Phase::ProvenAbsent
        | Phase::Disassociated
        | Phase::Verified
        | Phase::Cancelled => styles.text,
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// For spreadsheets: a row per app, phase and what is waited for; or, where the status has reclaims
/// one by one, a row for each.
///
/// # Errors
/// Where it cannot be written.
pub fn csv(out: &mut dyn Write, status: &ReclaimStatus, one_by_one: bool) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(if one_by_one { &HOLDERS[..] } else { &STAGES[..] })?;
    for location in &status.locations {
        let name = escape::csv_cell(&location.name);
        let uid = escape::csv_cell(location.uid.as_deref().unwrap_or_default());
        if let Some(reason) = &location.failed {
            let mut row = vec![name.as_ref(), uid.as_ref()];
            row.resize(if one_by_one { HOLDERS.len() } else { STAGES.len() } - 1, "");
            let reason = escape::csv_cell(reason);
            row.push(&reason);
            rows.write_record(row)?;
        }
        for app in &location.apps {
            let called = escape::csv_cell(&app.name);
            let (number, price) = (app.asset.adam_id.to_string(), app.asset.pricing_param.as_str());
            let head = [name.as_ref(), uid.as_ref(), called.as_ref(), &number, price];
            let Some(holders) = &app.holders else {
                for stage in &app.stages {
                    let Stage { phase, why, count, since, deadline } = stage;
                    let (count, since) = (count.to_string(), since.to_string());
                    let (why, deadline) = (escape::csv_cell(why), deadline.to_string());
                    let rest = [phase.word(), &count, &since, &deadline, &why, ""];
                    rows.write_record(head.iter().copied().chain(rest))?;
                }
                continue;
            };
            for one in holders {
                let HolderReclaim { kind, holder, phase, why, since, moved, deadline, .. } = one;
                let (holder, why) = (escape::csv_cell(holder), escape::csv_cell(why));
                let devices = devices(&one.devices);
                let times = [since, moved, deadline].map(ToString::to_string);
                let [since, moved, deadline] = times.each_ref().map(String::as_str);
                let devices = escape::csv_cell(&devices);
                let rest =
                    [kind, &*holder, phase.word(), since, moved, deadline, &*devices, &*why, ""];
                rows.write_record(head.iter().copied().chain(rest))?;
            }
        }
    }
    rows.flush()
}

const STAGES: [&str; 11] = [
    "location",
    "uid",
    "name",
    "adam_id",
    "pricing",
    "phase",
    "count",
    "since",
    "deadline",
    "waits_for",
    "error",
];

const HOLDERS: [&str; 14] = [
    "location",
    "uid",
    "name",
    "adam_id",
    "pricing",
    "holder_kind",
    "holder",
    "phase",
    "since",
    "moved",
    "deadline",
    "devices",
    "waits_for",
    "error",
];
