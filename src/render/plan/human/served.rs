use super::page::Page;
use crate::render::served::{self, Row};
use crate::render::text::Line;

/// Locations whose server owns the token: what it would be told, and what it waits for.
pub(super) fn served(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let plans = &page.content.plan.mdm_locations;
    if plans.is_empty() {
        return vec![];
    }
    let all: Vec<Row> = plans.iter().flat_map(served::plan).collect();
    let mut lines = page.heading("At servers that own the token", "");
    lines.extend(served::lines(page, &all, rows));
    lines
}
