use super::page::Page;
use crate::render::number::{count, counted, grouped};
use crate::render::plan::seat_state;
use crate::render::table::{Column, Table, number_cell};
use crate::render::text::Line;

/// Subscriptions: what moves, who waits, and the seats afterwards.
pub(super) fn seats(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let section = &page.content.sections.seats;
    if section.is_empty() {
        return vec![];
    }
    let styles = page.styles;
    let facts = section.facts().join(", ");
    let said = if facts.is_empty() { String::new() } else { format!(", seats: {facts}") };
    let mut lines = page.heading("Subscriptions", &said);
    for location in section.enabled.iter().take(3) {
        let line = page.line().gap(2).put(styles.warn, page.symbols().warn).gap(1);
        let line = line.put(styles.text, "apply tells Apple that subscriptions are handled at ");
        let line = line.put(styles.name, location);
        let said = ": nobody can buy any there before";
        lines.extend(page.wrap(line.put(styles.text, said), 4, 2));
    }
    lines.extend(moves(page, rows));
    for one in section.left.iter().take(rows) {
        let style = if one.is_loud() { styles.warn } else { styles.text };
        let mut line = page.line().gap(2).put(style, &grouped(one.people)).put(styles.text, " ");
        line.push(styles.text, one.said());
        line.push(styles.dim, &format!("   {} ", one.name));
        line.push(styles.dim, &one.examples.join(" "));
        let rest = one.people.saturating_sub(count(one.examples.len()));
        line.push(styles.dim, &format!("{}  ", page.plus(rest)));
        line.append(page.place(std::iter::once(&one.place)));
        lines.extend(page.wrap(line, 4, 2));
    }
    let more = count(section.left.len().saturating_sub(rows));
    if more > 0 {
        let text = format!("  {}: in the plan file", counted(more, "reason more", "reasons more"));
        lines.push(page.styled(styles.dim, &text));
    }
    lines.extend(stock(page, rows));
    lines
}

fn moves(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, moves) = (page.styles, &page.content.sections.seats.moves);
    let mut table = Table::new([
        Column::numbers("people"),
        Column::words("what"),
        Column::words("subscription").shrinks_to(12),
        Column::words("cause").shrinks_to(14).leaves(1),
        Column::words("where").shrinks_to(14).keeps_end().leaves(0),
    ]);
    for one in moves.iter().take(rows) {
        let style = if one.takes { styles.reclaim } else { styles.assign };
        table.row([
            number_cell(page.shape, style, one.people),
            page.styled(style, &one.what),
            page.styled(styles.name, one.name),
            page.text(&one.why),
            page.place(std::iter::once(&one.place)),
        ]);
    }
    let rest = moves.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let people = rest.iter().map(|one| one.people).sum();
        let more = format!("{} more", grouped(count(rest.len())));
        table.row([number_cell(page.shape, styles.text, people), page.styled(styles.dim, &more)]);
    }
    if table.is_empty() {
        return vec![];
    }
    let laid = table.lay_out(styles, page.shape);
    laid.titles.into_iter().chain(laid.rows).collect()
}

fn stock(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, all) = (page.styles, &page.content.sections.seats.rows);
    let mut columns = vec![Column::words("seats").shrinks_to(12)];
    if page.several() {
        columns.push(Column::words("location").shrinks_to(8));
    }
    columns.extend([
        Column::numbers("total"),
        Column::numbers("free now"),
        Column::numbers("free after"),
        Column::words("period ends").leaves(1),
        Column::words(""),
    ]);
    let mut table = Table::new(columns);
    let number = |value: u64| {
        number_cell(page.shape, if value == 0 { styles.dim } else { styles.text }, value)
    };
    for (location, row) in all.iter().take(rows) {
        let mut cells = vec![page.styled(styles.name, &row.name)];
        if page.several() {
            cells.push(page.text(location));
        }
        let counts = row.counts;
        let state = seat_state(row);
        cells.extend([
            counts.map_or_else(|| page.line(), |counts| number(counts.total.sum())),
            counts.map_or_else(|| page.line(), |counts| number(counts.available.sum())),
            counts.map_or_else(|| page.line(), |_| number(row.free_after.sum())),
            page.text(row.period_end.as_deref().unwrap_or_default()),
            page.styled(styles.warn, state),
        ]);
        table.row(cells);
    }
    if table.is_empty() {
        return vec![];
    }
    let laid = table.lay_out(styles, page.shape);
    let mut lines: Vec<Line> = laid.titles.into_iter().chain(laid.rows).collect();
    let rest = count(all.len().saturating_sub(rows));
    if rest > 0 {
        let text = format!("  {}", counted(rest, "subscription more", "subscriptions more"));
        lines.push(page.styled(styles.dim, &text));
    }
    lines
}
