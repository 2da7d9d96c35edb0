use super::fit::{Section, shown};
use super::page::{Page, holders, name, row, titles};
use crate::plan::Drift;
use crate::render::number::{grouped, sum};

/// What other hands moved since the last apply.
pub(super) fn moved<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let moved = &page.sections.moved;
    if moved.rows.is_empty() {
        return None;
    }
    let summary = format!(
        "Drift since {}: {} added and {} taken away by other hands",
        moved.since(),
        grouped(moved.gained()),
        grouped(moved.lost())
    );
    let title = if page.several() { "app, location" } else { "app" };
    let titles = titles([title, ">added", ">taken away", ""]);
    let all = &moved.rows;
    let mut section = Section::rows(
        format!("<details><summary>{summary}</summary>\n\n{titles}"),
        all,
        1,
        |(_, one)| cells(page, one),
        move |at| {
            let rest = all.get(at..).unwrap_or_default();
            row([
                &format!("*{}*", shown(at, all.len())),
                &grouped(sum(rest.iter().map(|row| row.gained))),
                &grouped(sum(rest.iter().map(|row| row.lost))),
                "",
            ])
        },
    );
    section.foot.push_str("\n</details>\n\n");
    Some(section)
}

fn cells(page: &Page<'_>, one: &Drift) -> String {
    let mut app = name(&one.name);
    if page.several() {
        app = format!("{app}, {}", name(&one.location));
    }
    let mut examples = String::new();
    if page.options.show_holders {
        let all = one.gained_examples.iter().chain(&one.lost_examples);
        examples = holders(all.map(String::as_str));
    }
    row([&app, &grouped(one.gained), &grouped(one.lost), &examples])
}
