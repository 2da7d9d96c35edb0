//! What changed between two plans, for people.

use std::io::{self, Write};

use crate::plan::{Action, PlanDiff, PlanDiffRow, short};
use crate::render::number::{count, counted, grouped};
use crate::render::table::{Column, Table, number_cell};
use crate::render::text::Line;
use crate::render::{Shape, Styles};

/// Writes what changed, by location, app and action; with `shape.detail` every holder.
///
/// # Errors
/// Those of `out`.
pub fn diff(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    diff: &PlanDiff,
) -> io::Result<()> {
    let line = || Line::new(shape.ascii);
    let PlanDiff { old, new, rows, newly_blocked, no_longer_blocked } = diff;
    let arrow = if shape.ascii { " -> " } else { " → " };
    line()
        .put(styles.heading, "plans compared  ")
        .put(styles.dim, &short(old))
        .put(styles.text, arrow)
        .put(styles.dim, &short(new))
        .write(out)?;
    let guards = [
        (styles.error, "now blocked", newly_blocked),
        (styles.ok, "no longer blocked", no_longer_blocked),
    ];
    for (style, word, messages) in guards {
        for message in messages {
            let text = line().gap(2).put(style, word).put(styles.text, ": ");
            for line in text.put(styles.text, message).wrap(shape.columns(), 4) {
                line.write(out)?;
            }
        }
    }
    if diff.is_empty() {
        return line().gap(2).put(styles.ok, "Both plans do the same.").write(out);
    }
    if rows.is_empty() {
        let said = "The same licenses move; people or claims differ.";
        return line().gap(2).put(styles.text, said).write(out);
    }
    let mut table = Table::new([
        Column::words("app").shrinks_to(12),
        Column::words("location").shrinks_to(8).leaves(1),
        Column::words("what"),
        Column::numbers("in both"),
        Column::numbers("only new"),
        Column::numbers("only old"),
    ]);
    for PlanDiffRow { location, asset: _, name, action, both, added, dropped } in rows {
        let style = if action.is_reclaim() { styles.reclaim } else { styles.assign };
        table.row([
            line().put(styles.name, name),
            line().put(styles.text, location),
            line().put(style, &action.to_string()),
            number_cell(shape, styles.dim, *both),
            number_cell(shape, styles.text, count(added.len())),
            number_cell(shape, styles.text, count(dropped.len())),
        ]);
    }
    writeln!(out)?;
    table.write(out, styles, shape)?;
    writeln!(out)?;
    totals(styles, shape, rows).write(out)?;
    if shape.detail {
        for row in rows {
            let sides = [("+", styles.assign, &row.added), ("-", styles.reclaim, &row.dropped)];
            writeln!(out)?;
            let title = format!(" {} at {}", row.action, row.location);
            line().put(styles.name, &row.name).put(styles.text, &title).write(out)?;
            for (sign, style, holders) in sides {
                for holder in holders {
                    line()
                        .gap(2)
                        .put(style, sign)
                        .put(styles.text, " ")
                        .put(style, holder)
                        .write(out)?;
                }
            }
        }
    }
    Ok(())
}

fn totals(styles: &Styles, shape: &Shape, rows: &[PlanDiffRow]) -> Line {
    let sum = |reclaim: bool, of: fn(&PlanDiffRow) -> &Vec<String>| -> u64 {
        let of_it = rows.iter().filter(|row| (row.action != Action::Assign) == reclaim);
        of_it.map(|row| count(of(row).len())).sum()
    };
    let text = format!(
        "{}: assigns +{} -{}, reclaims +{} -{}",
        counted(count(rows.len()), "difference", "differences"),
        grouped(sum(false, |row| &row.added)),
        grouped(sum(false, |row| &row.dropped)),
        grouped(sum(true, |row| &row.added)),
        grouped(sum(true, |row| &row.dropped)),
    );
    Line::new(shape.ascii).gap(2).put(styles.text, &text)
}
