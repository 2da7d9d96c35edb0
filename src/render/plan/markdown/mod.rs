mod carried;
mod changes;
mod closing;
mod fit;
mod guards;
mod moved;
mod opening;
mod page;
mod seats;
mod served;
mod stock;

use std::io::{self, Write};

use self::page::Page;
use super::Sections;
use crate::plan::Plan;

/// No more characters than this: GitHub takes 65,536, and a pipeline may add a line of its own.
const MOST: usize = 60_000;

/// What a comment may say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Markdown<'a> {
    /// Whether serial numbers and user ids may be named: comments are mailed and indexed, so they
    /// are left out unless somebody asks.
    pub show_holders: bool,
    /// Address of the folder of the manifests in a web view of the repository; places link there.
    pub links: Option<&'a str>,
}

/// Writes the plan as a comment on a pull request: the verdict first, then guards, causes,
/// reclaims, assigns, what is left alone, licenses and the fingerprint.
///
/// At most 60,000 characters, whatever the plan: what has no room is counted, and tables are cut
/// at whole rows. The first line is a hidden mark by which a pipeline finds its comment again.
///
/// # Errors
/// Those of `out`.
pub fn markdown(out: &mut dyn Write, options: Markdown<'_>, plan: &Plan) -> io::Result<()> {
    let page = Page { plan, sections: &Sections::of(plan), options };
    let mut sections = vec![];
    sections.extend(opening::opening(&page));
    sections.extend(opening::failures(&page));
    sections.extend(opening::claims(&page));
    sections.extend(guards::guards(&page));
    sections.extend(guards::notices(&page));
    sections.extend(opening::locations(&page));
    sections.extend(changes::causes(&page));
    sections.extend(changes::drift(&page));
    sections.extend(changes::reclaims(&page));
    sections.extend(carried::carried(&page));
    sections.extend(changes::assigns(&page));
    sections.extend(moved::moved(&page));
    sections.extend(seats::seats(&page));
    sections.extend(served::served(&page));
    sections.extend(closing::users(&page));
    sections.extend(closing::left(&page));
    sections.extend(stock::licenses(&page));
    sections.extend(seats::stock(&page));
    sections.extend(closing::closing(&page));
    out.write_all(fit::fit(&sections, MOST).as_bytes())
}
