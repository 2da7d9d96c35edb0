use std::collections::BTreeSet;

use super::page::Page;
use crate::render::cause;
use crate::render::number::{count, counted, grouped, share, sum};
use crate::render::plan::{AssignRow, CauseRow, ReclaimRow};
use crate::render::table::{Column, Table, number_cell};
use crate::render::text::Line;

/// Why it changes: one row per reason, numbered, with the sums.
pub(super) fn causes(page: &Page<'_>, rows: usize) -> Vec<Line> {
    reasons(page, rows, false, page.heading("Why it changes", ""))
}

/// What was out of place before this change of the manifests, in the same way.
pub(super) fn drift(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let title = page.heading("Drift", "out of place before this change, put right all the same");
    reasons(page, rows, true, title)
}

fn reasons(page: &Page<'_>, rows: usize, drift: bool, title: Vec<Line>) -> Vec<Line> {
    let styles = page.styles;
    let all = page.content.sections.causes.iter().enumerate();
    let of_it: Vec<(usize, &CauseRow<'_>)> = all.filter(|(_, row)| row.drift == drift).collect();
    let causes: Vec<&CauseRow<'_>> = of_it.iter().map(|(_, row)| *row).collect();
    if causes.is_empty() {
        return vec![];
    }
    let mut table = Table::new([
        Column::numbers(""),
        Column::words("cause").shrinks_to(20),
        Column::words("where").shrinks_to(16).keeps_end().leaves(0),
        Column::numbers("assign"),
        Column::numbers("reclaim"),
        Column::numbers("apps"),
    ]);
    let number = |style, value: u64| {
        number_cell(page.shape, if value == 0 { styles.dim } else { style }, value)
    };
    for (at, row) in of_it.iter().take(rows) {
        table.row([
            number(styles.heading, count(at + 1)),
            cause::line(styles, page.shape.ascii, row.kind),
            page.place(row.places.iter()),
            number(styles.assign, row.assign),
            number(styles.reclaim, row.reclaim),
            number(styles.text, count(row.assets.len())),
        ]);
    }
    let rest = causes.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let assets: BTreeSet<_> = rest.iter().flat_map(|row| &row.assets).collect();
        let more = counted(count(rest.len()), "cause more", "causes more");
        table.row([
            page.line(),
            page.styled(styles.dim, &more),
            page.line(),
            number(styles.assign, sum(rest.iter().map(|row| row.assign))),
            number(styles.reclaim, sum(rest.iter().map(|row| row.reclaim))),
            number(styles.text, count(assets.len())),
        ]);
    }
    if causes.len() > 1 {
        let all = |of: fn(&CauseRow<'_>) -> u64| sum(causes.iter().map(|row| of(row)));
        // No sum of apps: one app can have several causes.
        table.row([
            page.line(),
            page.styled(styles.heading, "in all"),
            page.line(),
            number(styles.heading, all(|row| row.assign)),
            number(styles.heading, all(|row| row.reclaim)),
        ]);
    }
    titled(page, title, &table)
}

fn titled(page: &Page<'_>, mut lines: Vec<Line>, table: &Table) -> Vec<Line> {
    let laid = table.lay_out(page.styles, page.shape);
    lines.extend(laid.titles);
    lines.extend(laid.rows);
    lines
}

fn numbers(causes: &BTreeSet<usize>) -> String {
    match causes.len() {
        0..=4 => causes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        many => {
            let first = causes.first().map(ToString::to_string).unwrap_or_default();
            format!("{first} +{}", many - 1)
        }
    }
}

/// Licenses taken back: never folded below the app, with what is lost and what remains.
pub(super) fn reclaims(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, reclaims) = (page.styles, &page.content.sections.reclaims);
    if reclaims.is_empty() {
        return vec![];
    }
    let swaps = reclaims.iter().any(|row| row.assign > 0);
    let mut columns = vec![Column::words("app").shrinks_to(12)];
    if page.several() {
        columns.push(Column::words("location").shrinks_to(8));
    }
    columns.extend([Column::numbers("holders"), Column::numbers("reclaim")]);
    if swaps {
        columns.push(Column::numbers("assign"));
    }
    columns.extend([
        Column::numbers("after"),
        Column::numbers("share").leaves(4),
        Column::words("how").leaves(3),
        Column::numbers("cause").leaves(2),
        Column::words("where").shrinks_to(14).keeps_end().leaves(1),
    ]);
    let mut table = Table::new(columns);
    let number = |style, value: u64| {
        number_cell(page.shape, if value == 0 { styles.dim } else { style }, value)
    };
    for row in reclaims.iter().take(rows) {
        let mut cells = vec![page.styled(styles.name, row.name)];
        if page.several() {
            cells.push(page.text(row.location));
        }
        cells.extend([number(styles.text, row.holders), number(styles.reclaim, row.reclaim())]);
        if swaps {
            cells.push(number(styles.assign, row.assign));
        }
        cells.extend([
            number(if row.after() == 0 { styles.warn } else { styles.text }, row.after()),
            page.text(&share(row.reclaim(), row.holders)),
            how(page, row),
            page.text(&numbers(&row.causes)),
            page.place(row.places.iter()),
        ]);
        table.row(cells);
    }
    let rest = reclaims.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let holders = sum(rest.iter().map(|row| row.holders));
        let reclaim = sum(rest.iter().map(ReclaimRow::reclaim));
        let more = grouped(count(rest.len()));
        let mut cells = vec![page.styled(styles.dim, &format!("{more} more"))];
        if page.several() {
            cells.push(page.line());
        }
        cells.extend([number(styles.text, holders), number(styles.reclaim, reclaim)]);
        if swaps {
            cells.push(number(styles.assign, sum(rest.iter().map(|row| row.assign))));
        }
        cells.extend([
            number(styles.text, sum(rest.iter().map(ReclaimRow::after))),
            page.text(&share(reclaim, holders)),
        ]);
        table.row(cells);
    }
    let laid = table.lay_out(styles, page.shape);
    let totals = &page.content.sections.totals;
    let assets: BTreeSet<_> = reclaims.iter().map(|row| row.asset).collect();
    let mut said = format!(
        ": {} of {}",
        counted(totals.reclaim(), "license", "licenses"),
        page.assets(count(assets.len())),
    );
    if page.several() {
        let locations: BTreeSet<_> = reclaims.iter().map(|row| row.location).collect();
        said.push_str(" at ");
        said.push_str(&counted(count(locations.len()), "location", "locations"));
    }
    let mut lines = page.heading("Reclaims", &said);
    lines.extend(laid.titles);
    for (line, row) in laid.rows.into_iter().zip(reclaims.iter().take(rows).map(Some).chain([None]))
    {
        lines.push(line);
        lines.extend(row.and_then(|row| examples(page, row)));
    }
    lines.extend(meaning(page));
    lines
}

fn how(page: &Page<'_>, row: &ReclaimRow<'_>) -> Line {
    match (row.uninstall, row.release) {
        (0, _) => page.text("release"),
        (_, 0) => page.text("uninstall"),
        (uninstall, release) => {
            page.text(&format!("{} uninstall, {} release", grouped(uninstall), grouped(release)))
        }
    }
}

fn examples(page: &Page<'_>, row: &ReclaimRow<'_>) -> Option<Line> {
    let rest = row.reclaim().saturating_sub(count(row.examples.len()));
    let mut text = row.examples.join(" ");
    if rest > 0 {
        text.push_str(&page.plus(rest));
    }
    let line = page.line().gap(6).put(page.styles.dim, &text);
    (!row.examples.is_empty()).then(|| line.clip(page.width(), page.symbols().more))
}

/// What taking back means for the people who hold the devices.
fn meaning(page: &Page<'_>) -> Vec<Line> {
    let (styles, totals) = (page.styles, &page.content.sections.totals);
    let mut lines = vec![];
    let mut say = |number: u64, word: &str, said: &str| {
        if number > 0 {
            let line = page.line().gap(2).put(styles.warn, &format!("{} {word}", grouped(number)));
            lines.extend(page.wrap(line.put(styles.text, said), 4, 3));
        }
    };
    say(
        totals.uninstall,
        "by uninstall",
        ": the app and its data are deleted from the device; the license is back once the device \
         has proven it, which can take days",
    );
    say(
        totals.release,
        "by release",
        ": the license is back at once; the app stays on the device for up to 30 days",
    );
    lines
}

/// Licenses given, apps with the same causes folded.
pub(super) fn assigns(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, assigns) = (page.styles, &page.content.sections.assigns);
    if assigns.is_empty() {
        return vec![];
    }
    let mut table = Table::new([
        Column::numbers("apps"),
        Column::numbers("each"),
        Column::numbers("assign"),
        Column::numbers("cause"),
    ]);
    let number = |style, value: u64| number_cell(page.shape, style, value);
    for row in assigns.iter().take(rows) {
        let each = row.each().filter(|_| row.assets.len() > 1);
        table.row([
            number(styles.text, count(row.assets.len())),
            each.map_or_else(
                || page.line(),
                |each| page.text(&format!("{} {}", page.symbols().times, grouped(each))),
            ),
            number(styles.assign, row.total()),
            page.text(&numbers(&row.causes)),
        ]);
    }
    let rest = assigns.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let assets = sum(rest.iter().map(|row| count(row.assets.len())));
        table.row([
            number(styles.text, assets),
            page.line(),
            number(styles.assign, sum(rest.iter().map(AssignRow::total))),
        ]);
    }
    let apps = sum(assigns.iter().map(|row| count(row.assets.len())));
    let said = format!(
        ": {} of {}",
        counted(page.content.sections.totals.assign, "license", "licenses"),
        page.assets(apps),
    );
    let mut lines = page.heading("Assignments", &said);
    let laid = table.lay_out(styles, page.shape);
    lines.extend(laid.titles);
    // The names take what the numbers leave of the line, all of them where everything is shown.
    let rows = assigns.iter().take(rows).map(Some).chain([None]);
    for (line, row) in laid.rows.into_iter().zip(rows) {
        let Some(row) = row else {
            lines.push(line.gap(2).put(styles.dim, "more"));
            continue;
        };
        let indent = line.width() + 2;
        let names = names(page, row, page.width().saturating_sub(indent));
        lines.extend(page.wrap(line.gap(2).put(styles.text, &names), indent, 1));
    }
    lines
}

fn names(page: &Page<'_>, row: &AssignRow<'_>, columns: usize) -> String {
    let same = row.each().is_some();
    let names: Vec<String> = row
        .assets
        .iter()
        .map(
            |(name, pairs)| {
                if same { (*name).to_owned() } else { format!("{name} {}", grouped(*pairs)) }
            },
        )
        .collect();
    if page.shape.detail { names.join(", ") } else { page.some_of(&names, columns, ", ") }
}
