use super::page::Page;
use crate::actual::Stock;
use crate::render::number::{counted, grouped};
use crate::render::plan::LicenseState;
use crate::render::table::{Column, Table, number_cell};
use crate::render::text::Line;

/// Licenses after apply: a row for each app that has none free, a count of the others.
pub(super) fn licenses(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, licenses) = (page.styles, &page.content.sections.licenses);
    if licenses.rows.is_empty() {
        return vec![];
    }
    let told: Vec<_> = licenses
        .rows
        .iter()
        .filter(|(_, _, state)| page.shape.detail || *state != LicenseState::Fine)
        .take(rows)
        .collect();
    let later = told.iter().any(|(_, row, _)| row.uninstall > 0);
    let mut columns = vec![Column::words("app").shrinks_to(12)];
    if page.several() {
        columns.push(Column::words("location").shrinks_to(8));
    }
    columns.extend([
        Column::numbers("total").leaves(0),
        Column::numbers("free now"),
        Column::numbers("assign").leaves(3),
        Column::numbers("release").leaves(2),
        Column::numbers("free after"),
    ]);
    if later {
        columns.push(Column::numbers("uninstall").leaves(1));
    }
    columns.push(Column::words("").shrinks_to(10));
    let mut table = Table::new(columns);
    let number = |value: u64| {
        number_cell(page.shape, if value == 0 { styles.dim } else { styles.text }, value)
    };
    for (location, row, state) in told {
        let (total, free) = match row.stock {
            Some(Stock::Limited { total, available, retired: _ }) => {
                (number(total), number(available))
            }
            Some(Stock::Unlimited) => (page.text("unlimited"), page.line()),
            None => (page.line(), page.line()),
        };
        let mut cells = vec![page.styled(styles.name, &row.name)];
        if page.several() {
            cells.push(page.text(location));
        }
        cells.extend([total, free, number(row.assign), number(row.release)]);
        cells.push(row.free_after.map_or_else(|| page.line(), number));
        if later {
            cells.push(number(row.uninstall));
        }
        cells.push(match state {
            LicenseState::NotOwned => page.styled(styles.error, "not owned here"),
            LicenseState::Short => {
                page.styled(styles.error, &format!("short by {}", grouped(row.short)))
            }
            LicenseState::NoneLeft => page.styled(styles.warn, "none left"),
            LicenseState::Fine => page.line(),
        });
        table.row(cells);
    }
    let mut parts = vec![];
    let mut part = |state, one: &str, many: &str| match licenses.count(state) {
        0 => {}
        number => parts.push(counted(number, one, many)),
    };
    part(LicenseState::NotOwned, "not owned", "not owned");
    part(LicenseState::Short, "short", "short");
    part(LicenseState::NoneLeft, "with none left", "with none left");
    part(LicenseState::Fine, "fine", "fine");
    let mut lines = page.heading("Licenses after apply", &format!(": {}", parts.join(", ")));
    if !table.is_empty() {
        let laid = table.lay_out(styles, page.shape);
        lines.extend(laid.titles);
        lines.extend(laid.rows);
    }
    lines
}
