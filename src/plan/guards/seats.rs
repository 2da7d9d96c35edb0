//! What guards of licenses say of seats: the same rules, one subscription at a time.

use super::limits::Bound;
use super::{Trip, View};
use crate::license::HolderSet;
use crate::manifest::kind::WhenShort;
use crate::plan::examples::examples;
use crate::plan::numbers::{counted, grouped};
use crate::plan::seats::Seated;
use crate::plan::survey::Survey;
use crate::plan::{SeatAction, SeatInactionKind};

/// Seats of one subscription that a bound for an app does not allow.
pub(super) fn limit(survey: &Survey<'_>, bound: &Bound) -> Vec<Trip> {
    let mut trips = vec![];
    for one in survey.seated.iter().filter(|one| one.open) {
        let (name, holders) = (&one.wanted.name, one.held.len());
        let who = one.whom(|action| moves(bound, action));
        let Some(broken) = bound.broken(who.len(), holders) else { continue };
        let trip = Trip::block(format!(
            "{name}: {} {} of {} seats ({broken})",
            bound.verb(),
            grouped(who.len()),
            grouped(holders)
        ));
        let trip = if bound.reclaim { trip.reclaims(who.len()) } else { trip.assigns(who.len()) };
        let limit = survey.manifests.sources.path(bound.span);
        trips.push(
            trip.subject(name)
                .at(one.wanted.assign_span)
                .examples(examples(survey.roster, &who))
                .help(format!("the limit stands in {limit}:{}", bound.span.line)),
        );
    }
    trips
}

fn moves(bound: &Bound, action: SeatAction) -> bool {
    if bound.reclaim { action.is_reclaim() } else { action.is_assign() }
}

/// Seats that move and that are held at one location, or by these people.
pub(super) fn moved(
    survey: &Survey<'_>,
    bound: &Bound,
    of: impl Fn(&Seated<'_>) -> bool,
    people: Option<&HolderSet>,
) -> (u64, u64) {
    let among = |set: &HolderSet| people.map_or(set.len(), |people| set.intersection_len(people));
    let (mut moved, mut present) = (0, 0);
    for one in survey.seated.iter().filter(|one| one.open && of(one)) {
        moved += among(&one.whom(|action| moves(bound, action)));
        present += among(&one.held);
    }
    (moved, present)
}

/// More people are wanted than there are seats.
pub(super) fn short(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for one in &survey.seated {
        let without = one.without();
        if without == 0 || one.owned.is_none() || one.wanted.when_short == WhenShort::Fill {
            continue;
        }
        let (name, gets) = (&one.wanted.name, one.count(SeatAction::is_assign));
        let mut who = HolderSet::new();
        one.short.iter().for_each(|(_, people)| who |= people);
        let mut trip = Trip::block(format!(
            "{name}: {} to have a seat, seats for {}; {} would go without",
            people(one.pending),
            grouped(gets),
            grouped(without)
        ))
        .help(format!("buy {}, or narrow the entries", counted(without, "seat")))
        .help("or write `whenShort: fill` to give as many as there are, in order");
        for entry in &one.wanted.entries {
            let gets = one.whom(SeatAction::is_assign).intersection_len(&entry.holders);
            let lacks = who.intersection_len(&entry.holders);
            if gets + lacks > 0 {
                trip = trip.help(format!(
                    "entry `{}`: {} get one, {} go without",
                    entry.group,
                    grouped(gets),
                    grouped(lacks)
                ));
            }
        }
        trips.push(
            trip.subject(name)
                .location(survey.site_name(one.site))
                .at(one.wanted.span)
                .examples(examples(survey.roster, &who))
                .assigns(gets),
        );
    }
    trips
}

/// `assign: []`, and somebody holds a seat.
pub(super) fn nobody(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let emptied = survey
        .seated
        .iter()
        .filter(|one| one.open && one.wanted.entries.is_empty() && !one.held.is_empty());
    let trips = emptied.map(|one| {
        let reclaims = one.count(SeatAction::is_reclaim);
        Trip::block(format!(
            "{}: `assign: []`, and {} a seat; {} would be taken back",
            one.wanted.name,
            if one.held.len() == 1 {
                "1 person holds".to_owned()
            } else {
                format!("{} people hold", grouped(one.held.len()))
            },
            grouped(reclaims)
        ))
        .subject(&one.wanted.name)
        .at(one.wanted.assign_span)
        .reclaims(reclaims)
        .examples(examples(survey.roster, &one.held))
        .help("name who should have a seat, or delete the manifest to leave its holders alone")
    });
    trips.collect()
}

/// Seats that a policy keeps.
pub(super) fn protected(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for one in &survey.seated {
        let mut safe = HolderSet::new();
        let stays = one.stays.iter().filter(|(kind, ..)| *kind == SeatInactionKind::Protected);
        stays.for_each(|(.., who)| safe |= who);
        let name = &one.wanted.name;
        let rule = survey
            .protected
            .iter()
            .find(|rule| rule.covers_named(name, one.wanted.adam_id) && !rule.of(&safe).is_empty());
        let Some(rule) = rule else { continue };
        let reason = rule.rule.reason.as_ref();
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        trips.push(
            Trip::warn(format!(
                "{name}: {} protected and not taken back{reason}",
                counted(safe.len(), "seat")
            ))
            .subject(name)
            .at(rule.rule.span)
            .examples(examples(survey.roster, &safe))
            .help("to take them back, take the item out of `protect`"),
        );
    }
    trips
}

/// The location has no seat of it. Where it has none of anything, nobody could buy any before
/// `apply` has said that subscriptions are handled, so that blocks nothing.
pub(super) fn not_owned(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for one in survey.seated.iter().filter(|one| one.open && one.owned.is_none()) {
        let (name, site) = (&one.wanted.name, survey.site_name(one.site));
        let seats = survey.site(one.site).and_then(|site| site.actual()?.seats.as_ref());
        let some = seats.is_some_and(|seats| !seats.subscriptions.is_empty());
        let wants = one.without();
        let what = format!("{name}: {site} has no seat of subscription {}", one.wanted.adam_id);
        let trip = if some && wants > 0 {
            Trip::block(format!("{what}, and {} should have one", people(wants)))
        } else {
            Trip::warn(what)
        };
        trips.push(
            trip.subject(name)
                .location(site)
                .at(one.wanted.span)
                .help("check its adamId, or buy seats for this location"),
        );
    }
    trips
}

/// Whether an entry of the subscription names the group.
pub(super) fn names(one: &Seated<'_>, group: &str) -> bool {
    one.wanted.entries.iter().any(|entry| entry.group == group)
}

fn people(number: u64) -> String {
    if number == 1 { "1 person".to_owned() } else { format!("{} people", grouped(number)) }
}
