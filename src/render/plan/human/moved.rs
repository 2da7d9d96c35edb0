use super::page::Page;
use crate::plan::Drift;
use crate::render::number::{count, grouped, sum};
use crate::render::table::{Column, Table, number_cell};
use crate::render::text::Line;

/// What other hands moved since the last apply.
pub(super) fn moved(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, moved) = (page.styles, &page.content.sections.moved);
    if moved.rows.is_empty() {
        return vec![];
    }
    let mut columns = vec![Column::words("app").shrinks_to(12)];
    if page.several() {
        columns.push(Column::words("location").shrinks_to(8));
    }
    columns.extend([
        Column::numbers("added"),
        Column::numbers("taken away"),
        Column::words("examples").shrinks_to(12).leaves(0),
    ]);
    let number = |value: u64| {
        number_cell(page.shape, if value == 0 { styles.dim } else { styles.text }, value)
    };
    let mut table = Table::new(columns);
    for row in moved.rows.iter().take(rows) {
        let mut cells = vec![page.styled(styles.name, &row.name)];
        if page.several() {
            cells.push(page.text(&row.location));
        }
        cells.extend([number(row.gained), number(row.lost)]);
        cells.push(page.styled(styles.dim, &examples(row)));
        table.row(cells);
    }
    let rest = moved.rows.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let more = format!("{} more", grouped(count(rest.len())));
        let mut cells = vec![page.styled(styles.dim, &more)];
        if page.several() {
            cells.push(page.line());
        }
        cells.push(number(sum(rest.iter().map(|row| row.gained))));
        cells.push(number(sum(rest.iter().map(|row| row.lost))));
        table.row(cells);
    }
    let said = format!(
        " since {}: {} added and {} taken away by other hands",
        moved.since(),
        grouped(moved.gained()),
        grouped(moved.lost())
    );
    let mut lines = page.heading("Drift", &said);
    if rows == 0 {
        return lines;
    }
    let laid = table.lay_out(styles, page.shape);
    lines.extend(laid.titles);
    lines.extend(laid.rows);
    lines
}

/// A few of those who came, then of those who went.
fn examples(row: &Drift) -> String {
    let came = row.gained_examples.iter().map(|name| format!("+{name}"));
    let went = row.lost_examples.iter().map(|name| format!("-{name}"));
    came.chain(went).collect::<Vec<_>>().join(" ")
}
