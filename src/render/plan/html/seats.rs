//! Seats of subscriptions on the page.

use super::model::{ROWS, SeatLineView, SeatStockView, SeatsView};
use super::view::{first, shown};
use crate::plan::SeatRow;
use crate::render::number::grouped;
use crate::render::plan::{Sections, seat_state};

pub(super) fn seats(links: Option<&str>, sections: &Sections<'_>) -> Option<SeatsView> {
    let section = &sections.seats;
    if section.is_empty() {
        return None;
    }
    let moves = section.moves.iter().map(|one| SeatLineView {
        people: grouped(one.people),
        loud: one.takes,
        what: one.what.clone(),
        name: shown(one.name),
        why: shown(&one.why),
        place: first(links, std::iter::once(&one.place)),
    });
    let left = section.left.iter().map(|one| SeatLineView {
        people: grouped(one.people),
        loud: one.is_loud(),
        what: one.said().to_owned(),
        name: shown(one.name),
        why: String::new(),
        place: first(links, std::iter::once(&one.place)),
    });
    let lines: Vec<SeatLineView> = moves.chain(left).collect();
    Some(SeatsView {
        facts: section.facts(),
        enabled: section.enabled.iter().take(ROWS).map(|name| shown(name)).collect(),
        all: lines.len(),
        lines: lines.into_iter().take(ROWS).collect(),
        stock: section
            .rows
            .iter()
            .take(ROWS)
            .map(|(location, row)| stock_of(location, row))
            .collect(),
    })
}

fn stock_of(location: &str, row: &SeatRow) -> SeatStockView {
    let number = |number: Option<u64>| number.map(grouped).unwrap_or_default();
    SeatStockView {
        name: shown(&row.name),
        location: shown(location),
        total: number(row.counts.map(|counts| counts.total.sum())),
        free: number(row.counts.map(|counts| counts.available.sum())),
        after: number(row.counts.map(|_| row.free_after.sum())),
        ends: shown(row.period_end.as_deref().unwrap_or_default()),
        state: seat_state(row),
    }
}
