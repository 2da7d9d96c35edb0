use std::collections::BTreeSet;

use super::fit::{Section, shown};
use super::opening::ended;
use super::page::{Page, holders, name, plus, row, titles};
use crate::render::cause;
use crate::render::escape;
use crate::render::number::{count, counted, grouped, share, sum};
use crate::render::plan::{AssignRow, CauseRow, ReclaimRow};

/// Why it changes: one row per reason, numbered, with the sums.
pub(super) fn causes<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    reasons(page, false, "**Why it changes**")
}

/// What was out of place before this change of the manifests, in the same way.
pub(super) fn drift<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    reasons(page, true, "**Drift**: out of place before this change, put right all the same")
}

fn reasons<'p>(page: &Page<'p>, drift: bool, title: &str) -> Option<Section<'p>> {
    let all = page.sections.causes.iter().enumerate();
    let causes: Vec<(usize, &CauseRow<'_>)> = all.filter(|(_, row)| row.drift == drift).collect();
    if causes.is_empty() {
        return None;
    }
    let of = |of: fn(&CauseRow<'_>) -> u64| grouped(sum(causes.iter().map(|(_, row)| of(row))));
    let (assign, reclaim) = (of(|row| row.assign), of(|row| row.reclaim));
    let several = causes.len() > 1;
    let head =
        format!("{title}\n\n") + &titles([">#", "cause", "where", ">assign", ">reclaim", ">apps"]);
    let cells = |(at, one): &(usize, &CauseRow<'_>)| {
        let (before, group, after) = cause::parts(one.kind);
        let group = group.map(|group| format!("**{}**", name(group))).unwrap_or_default();
        row([
            &(at + 1).to_string(),
            &format!("{before}{group}{after}"),
            &page.places(one.places.iter()),
            &grouped(one.assign),
            &grouped(one.reclaim),
            &grouped(count(one.assets.len())),
        ])
    };
    let rest = {
        let causes = causes.clone();
        move |at| {
            let rest = causes.get(at..).unwrap_or_default();
            let assets: BTreeSet<_> = rest.iter().flat_map(|(_, row)| &row.assets).collect();
            row([
                "",
                &format!("*{}*", shown(at, causes.len())),
                "",
                &grouped(sum(rest.iter().map(|(_, row)| row.assign))),
                &grouped(sum(rest.iter().map(|(_, row)| row.reclaim))),
                &grouped(count(assets.len())),
            ])
        }
    };
    let mut section = Section::rows(head, &causes, 2, |(_, one)| cells(one), rest);
    if several {
        // No sum of apps: one app can have several causes.
        let cells = ["", "**in all**", "", &format!("**{assign}**"), &format!("**{reclaim}**"), ""];
        section.foot.push_str(&row(cells));
    }
    Some(ended(section))
}

fn numbers(causes: &BTreeSet<usize>) -> String {
    let shown: Vec<String> = causes.iter().take(4).map(ToString::to_string).collect();
    format!("{}{}", shown.join(" "), plus(count(causes.len().saturating_sub(4))))
}

/// Licenses taken back: never folded below the app, with what is lost and what remains.
pub(super) fn reclaims<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let (reclaims, totals) = (&page.sections.reclaims, &page.sections.totals);
    if reclaims.is_empty() {
        return None;
    }
    let mut meaning = vec![];
    if totals.uninstall > 0 {
        meaning.push(format!(
            "{} by uninstall: the app and its data are deleted from the device, the license is \
             back once the device has proven it",
            grouped(totals.uninstall)
        ));
    }
    if totals.release > 0 {
        meaning.push(format!(
            "{} by release: the license is back at once, the app stays on the device for up to 30 \
             days",
            grouped(totals.release)
        ));
    }
    let head = format!(
        "**Reclaims: {}** ({})\n\n",
        counted(totals.reclaim(), "license", "licenses"),
        meaning.join("; ")
    );
    let title = if page.several() { "app, location" } else { "app" };
    let titles = titles([
        title, ">holders", ">reclaim", ">assign", ">after", ">share", "how", ">cause", "where",
    ]);
    Some(ended(Section::rows(
        head + &titles,
        reclaims,
        3,
        |(_, one)| reclaim(page, one),
        move |at| {
            let rest = reclaims.get(at..).unwrap_or_default();
            let held = sum(rest.iter().map(|row| row.holders));
            let back = sum(rest.iter().map(ReclaimRow::reclaim));
            row([
                &format!("*{}*", shown(at, reclaims.len())),
                &grouped(held),
                &grouped(back),
                &grouped(sum(rest.iter().map(|row| row.assign))),
                &grouped(sum(rest.iter().map(ReclaimRow::after))),
                &share(back, held),
                "",
                "",
                "",
            ])
        },
    )))
}

fn reclaim(page: &Page<'_>, one: &ReclaimRow<'_>) -> String {
    let mut app = format!("**{}**", name(one.name));
    if page.several() {
        app = format!("{app}, {}", name(one.location));
    }
    if page.options.show_holders && !one.examples.is_empty() {
        let rest = plus(one.reclaim().saturating_sub(count(one.examples.len())));
        app = format!("{app}<br>{}{rest}", holders(one.examples.iter().copied()));
    }
    let how = match (one.uninstall, one.release) {
        (0, _) => "release".to_owned(),
        (_, 0) => "uninstall".to_owned(),
        (uninstall, release) => {
            format!("{} uninstall, {} release", grouped(uninstall), grouped(release))
        }
    };
    row([
        &app,
        &grouped(one.holders),
        &grouped(one.reclaim()),
        &grouped(one.assign),
        &grouped(one.after()),
        &share(one.reclaim(), one.holders),
        &how,
        &numbers(&one.causes),
        &page.places(one.places.iter()),
    ])
}

/// Licenses given, apps with the same causes folded.
pub(super) fn assigns<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let assigns = &page.sections.assigns;
    if assigns.is_empty() {
        return None;
    }
    let apps = sum(assigns.iter().map(|row| count(row.assets.len())));
    let head = format!(
        "<details><summary>Assignments: {} of {}</summary>\n\n",
        counted(page.sections.totals.assign, "license", "licenses"),
        page.sections.assets(apps)
    );
    let mut section = Section::rows(
        head + &titles([">apps", ">each", ">assign", ">cause", "which"]),
        assigns,
        1,
        |(_, one)| {
            let each = one.each().filter(|_| one.assets.len() > 1);
            row([
                &grouped(count(one.assets.len())),
                &each.map(|each| format!("× {}", grouped(each))).unwrap_or_default(),
                &grouped(one.total()),
                &numbers(&one.causes),
                &names(one),
            ])
        },
        move |at| {
            let rest = assigns.get(at..).unwrap_or_default();
            row([
                &grouped(sum(rest.iter().map(|row| count(row.assets.len())))),
                "",
                &grouped(sum(rest.iter().map(AssignRow::total))),
                "",
                &format!("*{}*", shown(at, assigns.len())),
            ])
        },
    );
    section.foot.push_str("\n</details>\n\n");
    Some(section)
}

/// The names of the apps, as many as a cell may hold, and the number of the others.
fn names(one: &AssignRow<'_>) -> String {
    let same = one.each().is_some();
    let mut text = String::new();
    for (at, (name, pairs)) in one.assets.iter().enumerate() {
        let name = escape::markdown(name, 160);
        let item = if same { name } else { format!("{name} {}", grouped(*pairs)) };
        if at > 0 && text.len() + item.len() > 600 {
            return format!("{text}{}", plus(count(one.assets.len() - at)));
        }
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&item);
    }
    text
}
