use super::fit::{Section, shown};
use super::page::{Page, holders, name, plus, row, titles};
use crate::render::number::{count, grouped, sum};
use crate::render::plan::{SeatLeft, SeatMove, seat_state};

/// Subscriptions: what moves, and who waits.
pub(super) fn seats<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let section = &page.sections.seats;
    if section.is_empty() {
        return None;
    }
    let facts = section.facts().join(" · ");
    let mut head = format!("**Subscriptions**, seats: {facts}\n\n");
    for location in &section.enabled {
        head.push_str(&format!(
            "⚠️ apply tells Apple that subscriptions are handled at **{}**: nobody can buy any \
             there before\n\n",
            name(location)
        ));
    }
    let total = section.moves.len() + section.left.len();
    if total == 0 {
        return Some(Section::text(head));
    }
    head.push_str(&titles([">people", "what", "subscription", "cause", "where"]));
    let rows: Vec<(u64, String)> = section
        .moves
        .iter()
        .map(|one| (one.people, moved(page, one)))
        .chain(section.left.iter().map(|one| (one.people, left(page, one))))
        .collect();
    let people: Vec<u64> = rows.iter().map(|(people, _)| *people).collect();
    let mut built = Section::rows(
        head,
        &rows,
        2,
        |(_, (_, text))| text.clone(),
        move |at| {
            let rest = people.get(at..).unwrap_or_default();
            let said = format!("*{}*", shown(at, people.len()));
            row([&grouped(sum(rest.iter().copied())), &said, "", "", ""])
        },
    );
    built.foot.push('\n');
    Some(built)
}

/// Seats after apply, folded away.
pub(super) fn stock<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let rows = &page.sections.seats.rows;
    if rows.is_empty() {
        return None;
    }
    let titles = titles(["subscription", ">seats", ">free now", ">free after", "period ends", ""]);
    let all = rows.len();
    let mut section = Section::rows(
        format!("<details><summary>Seats after apply</summary>\n\n{titles}"),
        rows,
        1,
        |(_, (location, one))| {
            let mut what = name(&one.name);
            if page.several() {
                what = format!("{what}, {}", name(location));
            }
            let number = |number: Option<u64>| number.map(grouped).unwrap_or_default();
            row([
                &what,
                &number(one.counts.map(|counts| counts.total.sum())),
                &number(one.counts.map(|counts| counts.available.sum())),
                &number(one.counts.map(|_| one.free_after.sum())),
                &name(one.period_end.as_deref().unwrap_or_default()),
                seat_state(one),
            ])
        },
        move |at| row([&format!("*{}*", shown(at, all)), "", "", "", "", ""]),
    );
    section.foot.push_str("\n</details>\n\n");
    Some(section)
}

fn moved(page: &Page<'_>, one: &SeatMove<'_>) -> String {
    let mut which = format!("**{}**", name(one.name));
    if page.several() {
        which = format!("{which}, {}", name(one.location));
    }
    if page.options.show_holders {
        let rest = plus(one.people.saturating_sub(count(one.examples.len())));
        which = format!("{which}<br>{}{rest}", holders(one.examples.iter().copied()));
    }
    let why = name(&one.why);
    let place = page.places(std::iter::once(&one.place));
    row([&grouped(one.people), &one.what, &which, &why, &place])
}

fn left(page: &Page<'_>, one: &SeatLeft<'_>) -> String {
    let sign = if one.is_loud() { "⚠️ " } else { "" };
    let mut which = name(one.name);
    if page.options.show_holders && !one.examples.is_empty() {
        which = format!("{which}<br>{}", holders(one.examples.iter().map(String::as_str)));
    }
    let what = format!("{sign}{}", one.said());
    row([&grouped(one.people), &what, &which, "", &page.places(std::iter::once(&one.place))])
}
