//! A plan held against a base: what this change of the manifests intends, and what would have
//! moved without it.
//!
//! The base's own plan, made from the base's manifests and the same reading of Apple, says what
//! was out of place before. What both plans move is drift; the rest is intended, and its causes
//! are narrowed to the lines that changed between the two.

mod attribute;
mod seats;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Change, Origin, Plan, fingerprint, numbers};
use crate::desired::Desired;
use crate::license::{Asset, Holder, HolderId, HolderSet, Roster};
use crate::manifest::Manifests;

/// What a plan was held against, and how its pairs divide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaseSummary {
    /// The revision or plan file, as the user named it.
    pub label: String,
    /// Fingerprint of the base's plan.
    pub fingerprint: String,
    /// Licenses given by this change.
    pub intended_assign: u64,
    /// Licenses taken back by this change.
    pub intended_reclaim: u64,
    /// Licenses that would be given without it too.
    pub drift_assign: u64,
    /// Licenses that would be taken back without it too.
    pub drift_reclaim: u64,
    /// Pairs the base would move and this plan leaves alone.
    pub no_longer: u64,
    /// Seats of subscriptions that this change gives, changes or takes back.
    #[serde(default)]
    pub intended_seats: u64,
    /// Seats that would be without it too.
    #[serde(default)]
    pub drift_seats: u64,
    /// Seats the base would move and this plan leaves alone.
    #[serde(default)]
    pub seats_no_longer: u64,
}

/// Manifests before the change.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// The documents.
    pub manifests: &'a Manifests,
    /// What they ask for, numbered by the same roster as what the new ones ask for.
    pub desired: &'a Desired,
}

/// Manifests after the change.
#[derive(Debug, Clone, Copy)]
pub struct After<'a> {
    /// The documents.
    pub manifests: &'a Manifests,
    /// What they ask for.
    pub desired: &'a Desired,
}

type Moved = BTreeMap<(String, Asset, Action), HolderSet>;

/// The same plan with every change marked as intended or drift. With the manifests before and
/// after, causes are narrowed to the lines that changed. The effect, and so the fingerprint, stays.
pub fn hold_against(
    mut plan: Plan,
    label: &str,
    base: &Plan,
    manifests: Option<(Before<'_>, After<'_>)>,
    roster: &mut Roster,
) -> Plan {
    let before = moved(&base.changes, roster);
    let now = moved(&plan.changes, roster);
    let mut changes = Vec::with_capacity(plan.changes.len());
    for change in &plan.changes {
        let holders = numbered(change, roster);
        let key = (change.location.clone(), change.asset, change.action);
        let drift = before.get(&key).map_or_else(HolderSet::new, |moved| &holders & moved);
        let intended = &holders - &drift;
        let mut parts = BTreeMap::from([((change.cause.clone(), Origin::Drift), drift)]);
        let causes = match manifests {
            Some((before, after)) => attribute::narrow(change, &intended, before, after),
            None => vec![(change.cause.clone(), intended)],
        };
        for (cause, part) in causes {
            *parts.entry((cause, Origin::Intended)).or_default() |= &part;
        }
        for ((cause, origin), part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
            changes.push(part_of(change, &part, roster, cause, Some(origin)));
        }
    }
    changes.sort_by(|a, b| {
        let order = |change: &Change| (change.asset, change.action);
        let place = |change: &Change| {
            plan.locations.iter().position(|location| location.name == change.location)
        };
        let key = |change: &Change| (place(change), order(change));
        key(a).cmp(&key(b)).then_with(|| (&a.cause, a.origin).cmp(&(&b.cause, b.origin)))
    });
    let count = |origin: Origin, reclaim: bool| {
        let of_it = changes.iter().filter(|change: &&Change| {
            change.origin == Some(origin) && change.action.is_reclaim() == reclaim
        });
        of_it.map(|change| numbers::count(change.pairs())).sum()
    };
    let no_longer = before
        .iter()
        .map(|(key, moved)| moved.len() - now.get(key).map_or(0, |now| moved.intersection_len(now)))
        .sum();
    let seats = seats::divide(&mut plan.locations, &base.locations);
    plan.base = Some(BaseSummary {
        label: label.to_owned(),
        fingerprint: fingerprint(base),
        intended_assign: count(Origin::Intended, false),
        intended_reclaim: count(Origin::Intended, true),
        drift_assign: count(Origin::Drift, false),
        drift_reclaim: count(Origin::Drift, true),
        no_longer,
        intended_seats: seats.intended,
        drift_seats: seats.drift,
        seats_no_longer: seats.no_longer,
    });
    plan.changes = changes;
    plan
}

fn moved(changes: &[Change], roster: &mut Roster) -> Moved {
    let mut moved = Moved::new();
    for change in changes {
        let holders = numbered(change, roster);
        let key = (change.location.clone(), change.asset, change.action);
        *moved.entry(key).or_default() |= &holders;
    }
    moved
}

fn numbered(change: &Change, roster: &mut Roster) -> HolderSet {
    let devices = change.devices.iter().cloned().map(Holder::Device);
    let holders = devices.chain(change.users.iter().cloned().map(Holder::User));
    // A roster that is full has numbered everybody of this plan before.
    holders.filter_map(|holder| roster.number(holder.as_ref()).ok()).collect()
}

fn part_of(
    change: &Change,
    part: &HolderSet,
    roster: &Roster,
    cause: super::Cause,
    origin: Option<Origin>,
) -> Change {
    let holds = |holder: Holder| {
        let id: Option<HolderId> = roster.find(holder.as_ref());
        id.is_some_and(|id| part.contains(id))
    };
    let devices = change.devices.iter().filter(|&device| holds(Holder::Device(device.clone())));
    let users = change.users.iter().filter(|&user| holds(Holder::User(user.clone())));
    Change {
        cause,
        origin,
        devices: devices.cloned().collect(),
        users: users.cloned().collect(),
        ..change.clone()
    }
}
