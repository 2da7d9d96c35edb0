use std::collections::BTreeMap;

use super::{Guard, Trip, View};
use crate::desired::WantedAsset;
use crate::diagnostic::{Code, Span};
use crate::plan::SeatAction;
use crate::plan::numbers::counted;
use crate::plan::survey::Placed;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G105",
        title: "empty group",
        explain: "A group that an entry, an `except` or a `protect` uses resolves to nobody. That \
                  is rarely meant: an export that failed, a renamed column, a typing mistake in a \
                  condition. Everybody who has a license because of it would lose it, and who is \
                  excepted by it would get one. Mend the group or its inventory, or take it out \
                  of the manifests that use it.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    // Where each group that resolves to nobody is used.
    let mut empty: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    let nobody = |group: &str| {
        survey.desired.groups.get(group).is_some_and(|group| group.members.is_empty())
    };
    for asset in &survey.desired.assets {
        for entry in asset.entries.iter().filter(|entry| entry.named == 0) {
            empty.entry(&entry.group).or_default().push(entry.span);
        }
        for (group, span, _) in asset.except_lines.iter().filter(|(group, ..)| nobody(group)) {
            empty.entry(group).or_default().push(*span);
        }
    }
    for one in &survey.desired.subscriptions {
        for entry in one.entries.iter().filter(|entry| entry.named == 0) {
            empty.entry(&entry.group).or_default().push(entry.span);
        }
        let administrators = one.administrators.iter().flatten();
        let lines = one.except_lines.iter().chain(administrators);
        for (group, span, _) in lines.filter(|(group, ..)| nobody(group)) {
            empty.entry(group).or_default().push(*span);
        }
    }
    for rule in survey.protected.iter().map(|protected| protected.rule) {
        if let Some(group) = rule.group.as_ref().filter(|group| nobody(&group.value)) {
            empty.entry(&group.value).or_default().push(group.span);
        }
    }
    let trips = empty.into_iter().map(|(group, uses)| {
        let resolved = survey.desired.groups.get(group);
        let why = match resolved {
            Some(resolved) if !resolved.members.is_empty() => {
                "has members, but none of the kind the license goes to"
            }
            Some(_) | None => "resolves to nobody",
        };
        let places: Vec<String> = uses
            .iter()
            .take(3)
            .map(|span| format!("{}:{}", survey.manifests.sources.path(*span), span.line))
            .collect();
        let more = if uses.len() > places.len() { ", …" } else { "" };
        let message = format!(
            "group `{group}` {why}, and is used in {} ({}{more})",
            counted(super::super::numbers::count(uses.len()), "place"),
            places.join(", ")
        );
        let trip = Trip::block(message)
            .subject(group)
            .reclaims(at_risk(view, group))
            .help("check the group's condition and that its inventory was exported whole");
        match resolved.map(|resolved| resolved.span).or(uses.first().copied()) {
            Some(span) => trip.at(span),
            None => trip,
        }
    });
    trips.collect()
}

/// Whether an entry of the asset names the group.
fn names(asset: &WantedAsset, group: &str) -> bool {
    asset.entries.iter().any(|entry| entry.group == group)
}

/// Licenses and seats this plan takes back of what has an entry for the group.
pub(super) fn at_risk(view: &View<'_>, group: &str) -> u64 {
    let placed = view.survey.placed.iter().filter(|placed| names(placed.wanted, group));
    let seated = view.survey.seated.iter().filter(|one| super::seats::names(one, group));
    let seats = seated.map(|one| one.count(SeatAction::is_reclaim));
    placed.map(Placed::reclaims).chain(seats).sum()
}

#[cfg(test)]
mod tests {
    use crate::manifest::kind::ReclaimMode;
    use crate::plan::world::{World, blocked, devices};

    #[test]
    fn a_group_that_resolves_to_nobody_blocks_where_it_is_used() {
        let plan = World::new()
            .group("year-7", vec![])
            .app("notability")
            .to("year-7")
            .reclaim(ReclaimMode::Release)
            .held_by(devices(1..=3))
            .owns(3)
            .plan();
        assert_eq!(blocked(&plan), ["VPP-G105"]);
        let guard = &plan.guards[0];
        assert!(guard.message.contains("resolves to nobody"), "{}", guard.message);
        assert!(guard.help.iter().any(|line| line.contains("reclaimUpTo: 3")), "{:?}", guard.help);
        assert_eq!(guard.file.as_deref(), Some("groups.yaml"));
    }

    #[test]
    fn an_empty_except_blocks_and_an_unused_empty_group_does_not() {
        let world = World::new()
            .group("year-7", devices(1..=3))
            .group("nobody", vec![])
            .app("notability")
            .to("year-7")
            .owns(3);
        assert!(blocked(&world.clone().plan()).is_empty());
        assert_eq!(blocked(&world.except("nobody").plan()), ["VPP-G105"]);
    }
}
