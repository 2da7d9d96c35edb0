use super::fit::{Section, shown};
use super::page::{Page, name, row, sentence, titles};
use crate::plan::Carried;
use crate::render::number::{counted, grouped, sum};
use crate::render::plan::{minute, phases, remarks};

/// Reclaims by uninstall that earlier runs began.
pub(super) fn carried<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let under_way = &page.sections.under_way;
    if under_way.rows.is_empty() {
        return None;
    }
    let mut summary = format!(
        "Under way: {} of earlier runs, since {}",
        counted(under_way.count(), "reclaim", "reclaims"),
        under_way.since()
    );
    if under_way.ended() > 0 {
        summary = format!("{summary}; this plan ends {}", grouped(under_way.ended()));
    }
    let title = if page.several() { "app, location" } else { "app" };
    let titles = titles([title, ">reclaims", "since", "where they are", ""]);
    let all = &under_way.rows;
    let mut section = Section::rows(
        format!("<details><summary>{summary}</summary>\n\n{titles}"),
        all,
        1,
        |(_, one)| cells(page, one),
        move |at| {
            let rest = all.get(at..).unwrap_or_default();
            let reclaims = grouped(sum(rest.iter().map(|row| row.count)));
            row([&format!("*{}*", shown(at, all.len())), &reclaims, "", "", ""])
        },
    );
    section.foot.push_str("\n</details>\n\n");
    Some(section)
}

fn cells(page: &Page<'_>, one: &Carried) -> String {
    let mut app = name(&one.name);
    if page.several() {
        app = format!("{app}, {}", name(&one.location));
    }
    let remarks: Vec<String> = remarks(one)
        .into_iter()
        .map(|remark| {
            let text = sentence(&remark.text);
            if remark.loud { format!("⚠️ {text}") } else { text }
        })
        .collect();
    row([&app, &grouped(one.count), &minute(one.since), &phases(one), &remarks.join("<br>")])
}
