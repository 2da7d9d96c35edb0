use std::collections::{BTreeMap, BTreeSet};

use super::Lint;
use crate::license::{AdamId, ClientUserId};
use crate::plan::{LocationPlan, SeatAction, SubscriptionPlan, numbers::count};

fn plans(locations: &[LocationPlan]) -> impl Iterator<Item = (&LocationPlan, &SubscriptionPlan)> {
    locations.iter().filter_map(|location| Some((location, location.subscriptions.as_ref()?)))
}

pub(super) const PEOPLE: Lint = Lint {
    name: "seats-once",
    about: "A change of seats has people, ascending and once, and nobody is in two of one \
            subscription.",
    check: |plan, say| {
        for (location, subscriptions) in plans(&plan.locations) {
            let mut seen: BTreeSet<(AdamId, &ClientUserId)> = BTreeSet::new();
            for change in &subscriptions.changes {
                let what = format!("{} of {} at {}", change.action, change.name, location.name);
                if change.users.is_empty() || !change.users.is_sorted_by(|a, b| a < b) {
                    say.push(format!("{what} has nobody, or people out of order or twice"));
                }
                let again = change.users.iter().find(|user| !seen.insert((change.adam_id, user)));
                if let Some(user) = again {
                    say.push(format!("{what} has {user} once more"));
                }
            }
            let key = |one: &crate::plan::SeatChange| {
                (one.adam_id, one.action, one.cause.clone(), one.origin)
            };
            if !subscriptions.changes.is_sorted_by(|a, b| key(a) < key(b)) {
                say.push(format!("{}: changes of seats out of order or twice", location.name));
            }
            let mut seen: BTreeSet<(AdamId, &ClientUserId)> = BTreeSet::new();
            for change in &subscriptions.administrators {
                let once = change.users.iter().all(|user| seen.insert((change.adam_id, user)));
                if !once || change.users.is_empty() {
                    let what = format!("{} of {}", change.action, change.name);
                    say.push(format!("{what} at {} has nobody, or somebody twice", location.name));
                }
            }
            let retired: BTreeSet<&ClientUserId> = location.users.retire.iter().collect();
            let gets = |change: &&crate::plan::SeatChange| change.action != SeatAction::Release;
            for user in subscriptions.changes.iter().filter(gets).flat_map(|one| &one.users) {
                if retired.contains(user) {
                    say.push(format!("{}: {user} is retired and holds a seat", location.name));
                }
            }
        }
    },
};

pub(super) const ROWS: Lint = Lint {
    name: "seats-add-up",
    about: "Each row of seats says what its changes say, and what is wanted is there, given, \
            changed, short or waiting.",
    check: |plan, say| {
        for (location, subscriptions) in plans(&plan.locations) {
            let mut sums: BTreeMap<(AdamId, SeatAction), u64> = BTreeMap::new();
            for change in &subscriptions.changes {
                *sums.entry((change.adam_id, change.action)).or_default() +=
                    count(change.users.len());
            }
            let mut kept = 0;
            for row in &subscriptions.seats {
                let mut sum = |actions: &[SeatAction]| -> u64 {
                    let of = |action: &SeatAction| sums.remove(&(row.adam_id, *action));
                    actions.iter().filter_map(of).sum()
                };
                let summed = [
                    sum(&[SeatAction::AssignExpiring, SeatAction::AssignRenewing]),
                    sum(&[SeatAction::Expire, SeatAction::Renew]),
                    sum(&[SeatAction::Release]),
                    sum(&[SeatAction::ReleaseLater]),
                ];
                let said = [row.assign, row.change, row.release, row.release_later];
                if said != summed {
                    say.push(format!(
                        "{} at {}: the row says {said:?} and the changes {summed:?} (assign, \
                         change, release, release later)",
                        row.name, location.name
                    ));
                }
                let parts = row.kept + row.assign + row.change + row.short + row.waiting;
                if row.desired != parts {
                    say.push(format!(
                        "{} at {}: {} are wanted and {parts} accounted for",
                        row.name, location.name, row.desired
                    ));
                }
                kept += row.kept;
            }
            if !sums.is_empty() {
                say.push(format!("{}: seats change that have no row", location.name));
            }
            if kept != subscriptions.unchanged {
                say.push(format!(
                    "{}: {} seats unchanged, but the rows say {kept}",
                    location.name, subscriptions.unchanged
                ));
            }
        }
    },
};

pub(super) const ENOUGH: Lint = Lint {
    name: "seats-suffice",
    about: "Never more seats are given than are free, counting only what this plan releases at \
            once, and only where there are some.",
    check: |plan, say| {
        for (location, subscriptions) in plans(&plan.locations) {
            for row in &subscriptions.seats {
                let free = row.counts.map_or(0, |counts| counts.available.sum());
                if row.assign > free.saturating_add(row.release) {
                    say.push(format!(
                        "{} at {}: {} seats to assign and {free} free",
                        row.name, location.name, row.assign
                    ));
                }
            }
            let enabled = subscriptions.seats.iter().any(|row| row.counts.is_some());
            if location.uid.is_none() || (subscriptions.enable && enabled) {
                say.push(format!("{}: enables what it holds or was not read", location.name));
            }
        }
    },
};
