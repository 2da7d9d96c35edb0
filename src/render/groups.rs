//! Groups: a table for people, rows for spreadsheets.

use std::io::{self, Write};

use super::number::{counted, grouped};
use super::table::{Column, Table};
use super::text::Line;
use super::{Shape, Styles, escape};
use crate::desired::overview::{GroupSummary, Member, Place, Reason};

/// All groups, for people.
///
/// # Errors
/// Where it cannot be written.
pub fn human(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    groups: &[GroupSummary],
) -> io::Result<()> {
    let mut table = Table::new([
        Column::words("group").shrinks_to(12),
        Column::numbers("devices"),
        Column::numbers("people"),
        Column::numbers("minimum").leaves(2),
        Column::numbers("used").leaves(1),
        Column::words("members from").shrinks_to(20),
        Column::words("as of").leaves(3),
        Column::words("where").shrinks_to(12).keeps_end().leaves(4),
    ]);
    for group in groups {
        let cell = |text: &str| Line::new(shape.ascii).put(styles.text, text);
        let members = group.devices + group.people;
        let short = group.minimum.is_some_and(|minimum| members < minimum);
        let minimum = group.minimum.map(grouped).unwrap_or_default();
        let style = if short { styles.error } else { styles.text };
        let as_of = group.from.as_ref().map_or("", |from| from.as_of.as_str());
        table.row([
            Line::new(shape.ascii).put(styles.name, &group.name),
            cell(&grouped(group.devices)),
            cell(&grouped(group.people)),
            Line::new(shape.ascii).put(style, &minimum),
            cell(&grouped(u64::try_from(group.used).unwrap_or(u64::MAX))),
            cell(&made_of(group)),
            Line::new(shape.ascii).put(styles.dim, as_of),
            Line::new(shape.ascii).put(styles.path, &place(&group.place)),
        ]);
    }
    if table.is_empty() {
        return Line::new(shape.ascii).put(styles.text, "no groups").write(out);
    }
    table.write(out, styles, shape)
}

/// What a group is made of, in a few words.
fn made_of(group: &GroupSummary) -> String {
    let mut parts = vec![];
    if group.listed > 0 {
        parts.push(format!("{} listed", grouped(u64::try_from(group.listed).unwrap_or(u64::MAX))));
    }
    if let Some(from) = &group.from {
        parts.push(format!("{} ({})", from.inventory, from.origin));
    }
    if !group.include.is_empty() {
        parts.push(format!("includes {}", group.include.join(", ")));
    }
    parts.join(" + ")
}

fn place(Place { file, line }: &Place) -> String {
    format!("{file}:{line}")
}

/// All groups, for spreadsheets.
///
/// # Errors
/// Where it cannot be written.
pub fn csv(out: &mut dyn Write, groups: &[GroupSummary]) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record([
        "group",
        "devices",
        "people",
        "minimum",
        "used",
        "listed",
        "inventory",
        "origin",
        "rows",
        "as_of",
        "where",
        "include",
        "file",
        "line",
    ])?;
    for group in groups {
        let from = group.from.as_ref();
        rows.write_record([
            escape::csv_cell(&group.name).as_ref(),
            &group.devices.to_string(),
            &group.people.to_string(),
            &group.minimum.map(|minimum| minimum.to_string()).unwrap_or_default(),
            &group.used.to_string(),
            &group.listed.to_string(),
            &escape::csv_cell(from.map_or("", |from| &from.inventory)),
            &escape::csv_cell(from.map_or("", |from| &from.origin)),
            &from.map(|from| from.rows.to_string()).unwrap_or_default(),
            from.map_or("", |from| &from.as_of),
            &escape::csv_cell(from.and_then(|from| from.filter.as_deref()).unwrap_or_default()),
            &escape::csv_cell(&group.include.join(" ")),
            &escape::csv_cell(&group.place.file),
            &group.place.line.to_string(),
        ])?;
    }
    rows.flush()
}

/// One group and its members, for people.
///
/// # Errors
/// Where it cannot be written.
pub fn human_members(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    group: &GroupSummary,
    members: &[Member],
) -> io::Result<()> {
    let devices = counted(group.devices, "device", "devices");
    let people = counted(group.people, "person", "people");
    let dot = shape.symbols().dot;
    Line::new(shape.ascii)
        .put(styles.heading, &group.name)
        .put(styles.text, &format!(" {dot} {devices}, {people} {dot} "))
        .put(styles.path, &place(&group.place))
        .write(out)?;
    if members.is_empty() {
        return Line::new(shape.ascii).gap(2).put(styles.text, "no members").write(out);
    }
    let mut table = Table::new([
        Column::words("member").shrinks_to(12),
        Column::words("because").shrinks_to(20),
    ]);
    for member in members {
        let reasons: Vec<_> = member.because.iter().map(told).collect();
        table.row([
            Line::new(shape.ascii).put(styles.name, &member.id),
            Line::new(shape.ascii).put(styles.text, &reasons.join("; ")),
        ]);
    }
    table.write(out, styles, shape)
}

fn told(reason: &Reason) -> String {
    match reason {
        Reason::Listed(at) => format!("listed at {}", place(at)),
        Reason::Row { row, chosen_by } => format!("row {row}, chosen by {}", place(chosen_by)),
        Reason::Included { group, included_by } => {
            format!("in {group}, included by {}", place(included_by))
        }
    }
}

/// One group's members, for spreadsheets: a row per member and reason.
///
/// # Errors
/// Where it cannot be written.
pub fn csv_members(out: &mut dyn Write, members: &[Member]) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(["member", "kind", "because"])?;
    for member in members {
        for reason in &member.because {
            let kind = if member.person { "person" } else { "device" };
            rows.write_record([
                escape::csv_cell(&member.id).as_ref(),
                kind,
                &escape::csv_cell(&told(reason)),
            ])?;
        }
    }
    rows.flush()
}
