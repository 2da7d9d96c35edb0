mod carried;
mod changes;
mod closing;
mod detail;
mod guards;
mod moved;
mod opening;
mod page;
mod seats;
mod served;
mod stock;

use std::io::{self, Write};

use self::page::{Content, Page};
use super::Sections;
use crate::plan::Plan;
use crate::render::page::{LINES, Part};
use crate::render::{Shape, Styles};

/// Writes the plan for people: the verdict first, then guards, causes, reclaims, assigns, what is
/// left alone, licenses, cost and what to type next.
///
/// At most 80 lines; what has no room is counted. With `shape.detail` nothing is left out and
/// every holder of every change is listed.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut dyn Write, styles: &Styles, shape: &Shape, plan: &Plan) -> io::Result<()> {
    let content = Content { plan, sections: Sections::of(plan) };
    let mut page = Page::new(content, styles, shape);
    let mut parts = [
        Part::new(opening::header, 0, 0),
        Part::new(opening::verdict, 0, 0),
        Part::new(opening::failures, 10, 1),
        Part::new(opening::claims, 5, 1),
        Part::new(opening::totals, 0, 0),
        Part::new(opening::locations, 12, 2),
        Part::new(guards::guards, 8, 1),
        Part::new(guards::notices, 3, 0),
        Part::new(opening::base, 0, 0),
        Part::new(changes::causes, 12, 2),
        Part::new(changes::drift, 6, 1),
        Part::new(moved::moved, 5, 0),
        Part::new(changes::reclaims, 15, 2),
        Part::new(carried::carried, 6, 1),
        Part::new(changes::assigns, 12, 2),
        Part::new(seats::seats, 6, 1),
        Part::new(served::served, 24, 4),
        Part::new(closing::users, 0, 0),
        Part::new(closing::left, 8, 2),
        Part::new(stock::licenses, 6, 1),
        Part::new(closing::closing, 0, 0),
    ];
    for line in page.draw(&mut parts, LINES) {
        line.write(out)?;
    }
    if shape.detail { detail::holders(out, &page) } else { Ok(()) }
}
