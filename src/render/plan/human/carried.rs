use super::page::Page;
use crate::plan::Carried;
use crate::render::number::{count, counted, grouped, sum};
use crate::render::plan::{minute, phases, remarks};
use crate::render::table::{Column, Table, number_cell};
use crate::render::text::Line;

/// Remarks below one app at the most, where not everything is asked for.
const REMARKS: usize = 4;

/// Reclaims by uninstall that earlier runs began.
pub(super) fn carried(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, under_way) = (page.styles, &page.content.sections.under_way);
    if under_way.rows.is_empty() {
        return vec![];
    }
    let reclaims = counted(under_way.count(), "reclaim", "reclaims");
    let mut said = format!(": {reclaims} of earlier runs, since {}", under_way.since());
    if under_way.ended() > 0 {
        said = format!("{said}; this plan ends {}", grouped(under_way.ended()));
    }
    let mut lines = page.heading("Under way", &said);
    if rows == 0 {
        return lines;
    }
    let mut columns = vec![Column::words("app").shrinks_to(12)];
    if page.several() {
        columns.push(Column::words("location").shrinks_to(8));
    }
    columns.extend([
        Column::numbers("reclaims"),
        Column::words("since").leaves(0),
        Column::words("where they are").shrinks_to(24),
    ]);
    let mut table = Table::new(columns);
    let shown: Vec<&Carried> = under_way.rows.iter().copied().take(rows).collect();
    for row in &shown {
        let mut cells = vec![page.styled(styles.name, &row.name)];
        if page.several() {
            cells.push(page.text(&row.location));
        }
        cells.push(number_cell(page.shape, styles.text, row.count));
        cells.push(page.text(&minute(row.since)));
        cells.push(page.text(&phases(row)));
        table.row(cells);
    }
    let rest = under_way.rows.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let more = format!("{} more", grouped(count(rest.len())));
        let mut cells = vec![page.styled(styles.dim, &more)];
        if page.several() {
            cells.push(page.line());
        }
        let reclaims = sum(rest.iter().map(|row| row.count));
        cells.push(number_cell(page.shape, styles.text, reclaims));
        table.row(cells);
    }
    let laid = table.lay_out(styles, page.shape);
    lines.extend(laid.titles);
    let mut drawn = laid.rows.into_iter();
    for row in shown {
        lines.extend(drawn.next());
        let all = remarks(row);
        let most = if page.shape.detail { usize::MAX } else { REMARKS };
        for remark in all.iter().take(most) {
            let symbols = page.symbols();
            let (style, mark) =
                if remark.loud { (styles.warn, symbols.warn) } else { (styles.dim, symbols.dot) };
            let line = page.line().gap(6).put(style, mark).gap(1).put(styles.text, &remark.text);
            lines.extend(page.wrap(line, 8, 2));
        }
        let left = page.plus(count(all.len().saturating_sub(most)));
        if !left.is_empty() {
            lines.push(page.line().gap(6).put(styles.dim, left.trim_start()));
        }
    }
    lines.extend(drawn);
    lines
}
