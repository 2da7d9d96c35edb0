use super::fit::{Section, shown};
use super::page::{Page, name, row, titles};
use crate::actual::Stock;
use crate::plan::LicenseRow;
use crate::render::number::{counted, grouped};
use crate::render::plan::LicenseState;

/// Licenses after apply: a row for each app that has none free, a count of the others.
pub(super) fn licenses<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let licenses = &page.sections.licenses;
    if licenses.rows.is_empty() {
        return None;
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
    let summary = format!("Licenses after apply: {}", parts.join(", "));
    let told: Vec<_> =
        licenses.rows.iter().filter(|(_, _, state)| *state != LicenseState::Fine).collect();
    if told.is_empty() {
        return Some(Section::text(format!("{summary}\n\n")));
    }
    let title = if page.several() { "app, location" } else { "app" };
    let titles = titles([
        title,
        ">total",
        ">free now",
        ">assign",
        ">release",
        ">free after",
        ">uninstall",
        "",
    ]);
    let all = told.len();
    let mut section = Section::rows(
        format!("<details><summary>{summary}</summary>\n\n{titles}"),
        &told,
        1,
        |(_, (location, one, state))| license(page, location, one, *state),
        move |at| row([&format!("*{}*", shown(at, all)), "", "", "", "", "", "", ""]),
    );
    section.foot.push_str("\n</details>\n\n");
    Some(section)
}

fn license(page: &Page<'_>, location: &str, one: &LicenseRow, state: LicenseState) -> String {
    let (total, free) = match one.stock {
        Some(Stock::Limited { total, available, retired: _ }) => {
            (grouped(total), grouped(available))
        }
        Some(Stock::Unlimited) => ("unlimited".to_owned(), String::new()),
        None => (String::new(), String::new()),
    };
    let mut app = name(&one.name);
    if page.several() {
        app = format!("{app}, {}", name(location));
    }
    let state = match state {
        LicenseState::NotOwned => "❌ not owned here".to_owned(),
        LicenseState::Short => format!("❌ short by {}", grouped(one.short)),
        LicenseState::NoneLeft => "⚠️ none left".to_owned(),
        LicenseState::Fine => String::new(),
    };
    let after = one.free_after.map(grouped).unwrap_or_default();
    let (assign, release) = (grouped(one.assign), grouped(one.release));
    row([&app, &total, &free, &assign, &release, &after, &grouped(one.uninstall), &state])
}
