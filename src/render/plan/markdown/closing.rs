use super::fit::Section;
use super::page::{Page, holders, name, plus, row, titles};
use crate::license::ClientUserId;
use crate::render::number::{count, counted, grouped, seconds};
use crate::render::plan::{LeftRow, installs};
use crate::render::{escape, fingerprint};

/// People to register, update and retire, and those who cannot install yet.
pub(super) fn users<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let totals = &page.sections.totals;
    let lists = || page.plan.locations.iter().map(|location| &location.users);
    let create = lists().flat_map(|users| users.create.iter().map(|user| &user.client_user_id));
    let update = lists().flat_map(|users| users.update.iter().map(|user| &user.client_user_id));
    let retire = lists().flat_map(|users| users.retire.iter());
    let rows = [
        (totals.create, "to register", create.take(3).collect::<Vec<_>>()),
        (totals.update, "to update (e-mail address)", update.take(3).collect()),
        (totals.retire, "to retire", retire.take(3).collect()),
        (totals.waiting, "without accepted terms, cannot install yet", vec![]),
    ];
    let mut parts = vec![];
    for (number, what, examples) in rows {
        if number == 0 {
            continue;
        }
        let mut part = format!("{} {what}", grouped(number));
        if page.options.show_holders && !examples.is_empty() {
            let rest = plus(number.saturating_sub(count(examples.len())));
            let names = examples.into_iter().map(ClientUserId::as_str);
            part = format!("{part} ({}{rest})", holders(names));
        }
        parts.push(part);
    }
    if parts.is_empty() {
        return None;
    }
    Some(Section::text(format!("**Users**: {}\n\n", parts.join(" · "))))
}

/// What is deliberately not done, and why.
pub(super) fn left<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let (left, totals) = (&page.sections.left, &page.sections.totals);
    if left.is_empty() && totals.unmanaged == 0 {
        return None;
    }
    let mut text = "**Left alone**\n\n".to_owned();
    text.push_str(&titles([">licenses", "why", "which", "where"]));
    for one in left {
        text.push_str(&left_row(page, one));
    }
    if totals.unmanaged > 0 {
        let assets = counted(totals.unmanaged_assets, "asset", "assets");
        let why = format!("of {assets} that no manifest manages: never touched");
        text.push_str(&row([&grouped(totals.unmanaged), &why, "", ""]));
    }
    text.push('\n');
    Some(Section::text(text))
}

fn left_row(page: &Page<'_>, one: &LeftRow<'_>) -> String {
    let names = one.assets.iter().take(3).map(|(app, n)| format!("{} {}", name(app), grouped(*n)));
    let names = names.collect::<Vec<_>>().join(", ");
    let rest = plus(count(one.assets.len().saturating_sub(3)));
    let sign = if one.is_loud() { "⚠️ " } else { "" };
    row([
        &grouped(one.pairs),
        &format!("{sign}{}", one.said()),
        &format!("{names}{rest}"),
        &page.places(one.places.iter()),
    ])
}

/// The cost, the fingerprint and what to rely on.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of a row of sections, others of which may be absent"
)]
pub(super) fn closing<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let (plan, cost) = (page.plan, page.sections.cost);
    let mut items = vec![
        escape::markdown(&plan.tool, 100),
        format!(
            "fingerprint {}",
            escape::markdown_code(&fingerprint::short(&plan.fingerprint), 100)
        ),
    ];
    items.extend(installs(plan));
    if cost.write_requests > 0 {
        items.push(format!(
            "apply takes at least {}, about {} to {}",
            counted(cost.write_requests, "request", "requests"),
            seconds(cost.least_seconds),
            seconds(cost.likely_seconds)
        ));
    }
    if cost.waits > 0 {
        let waits = counted(cost.waits, "reclaim waits", "reclaims wait");
        items.push(format!("{waits} for devices beyond that"));
    }
    items.push(
        "apply refuses this plan once the manifests or these assignments have changed".to_owned(),
    );
    if !page.options.show_holders && !plan.changes.is_empty() {
        items.push("devices and people are named in the plan file only".to_owned());
    }
    Some(Section::text(format!("<sub>{}</sub>\n", items.join(" · "))))
}
