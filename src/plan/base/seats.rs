//! Seats of a plan held against a base: what this change intends, and what would have moved without it.

use std::collections::{BTreeMap, BTreeSet};

use crate::license::{AdamId, ClientUserId};
use crate::plan::numbers::count;
use crate::plan::{LocationPlan, Origin, SeatAction, SeatChange};

/// People by location, subscription and action.
type Moved<'p> = BTreeMap<(&'p str, AdamId, SeatAction), BTreeSet<&'p ClientUserId>>;

/// How the seats of a plan divide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Divided {
    /// Moved by this change.
    pub(super) intended: u64,
    /// Moved without it too.
    pub(super) drift: u64,
    /// Moved by the base and left alone by this plan.
    pub(super) no_longer: u64,
}

/// Marks every change of seats as intended or drift; one that is both becomes two.
pub(super) fn divide(locations: &mut [LocationPlan], base: &[LocationPlan]) -> Divided {
    let before = moved(base);
    let mut divided = Divided::default();
    {
        let now = moved(locations);
        let gone = before.iter().flat_map(|(key, users)| {
            let still = now.get(key);
            users.iter().filter(move |user| !still.is_some_and(|still| still.contains(*user)))
        });
        divided.no_longer = count(gone.count());
    }
    for location in locations {
        let Some(plan) = &mut location.subscriptions else { continue };
        let mut parts = Vec::with_capacity(plan.changes.len());
        for change in plan.changes.drain(..) {
            let key = (location.name.as_str(), change.adam_id, change.action);
            let drifts =
                |user: &ClientUserId| before.get(&key).is_some_and(|users| users.contains(user));
            let (drift, intended): (Vec<_>, Vec<_>) =
                change.users.iter().cloned().partition(drifts);
            divided.drift += count(drift.len());
            divided.intended += count(intended.len());
            for (users, origin) in [(intended, Origin::Intended), (drift, Origin::Drift)] {
                if !users.is_empty() {
                    parts.push(SeatChange { users, origin: Some(origin), ..change.clone() });
                }
            }
        }
        parts.sort_by(|a, b| key(a).cmp(&key(b)));
        plan.changes = parts;
    }
    divided
}

fn key(change: &SeatChange) -> (AdamId, SeatAction, &crate::plan::Cause, Option<Origin>) {
    (change.adam_id, change.action, &change.cause, change.origin)
}

fn moved(locations: &[LocationPlan]) -> Moved<'_> {
    let mut moved = Moved::new();
    for location in locations {
        let changes = location.subscriptions.iter().flat_map(|plan| &plan.changes);
        for change in changes {
            let key = (location.name.as_str(), change.adam_id, change.action);
            moved.entry(key).or_default().extend(&change.users);
        }
    }
    moved
}
