//! The seats and administrators of one location's plan, and what has become of each.

use std::collections::{BTreeMap, BTreeSet};

use super::outcome::{AdministratorReport, SeatChangeReport, SeatOutcome, SeatStep, SeatsReport};
use crate::apply::outcome::{Failure, StepOutcome};
use crate::apply::report;
use crate::apply::work::Reason;
use crate::license::{AdamId, ClientUserId};
use crate::plan::{AdministratorChange, LocationPlan, SeatChange};

/// A subscription and a person.
pub(super) type Pair = (AdamId, ClientUserId);

/// What became of the people of one change. Each is in exactly one of `open`, `applied`,
/// `already`, `failed`, `withheld` and `waits`.
#[derive(Debug, Default)]
struct Fates {
    /// Not tried yet, or to be tried again.
    open: BTreeSet<ClientUserId>,
    /// Everyone in a request that Apple took, or may have taken.
    sent: BTreeSet<ClientUserId>,
    /// What was last heard of open people who were tried.
    tried: BTreeMap<ClientUserId, Reason>,
    applied: BTreeSet<ClientUserId>,
    already: BTreeSet<ClientUserId>,
    failed: BTreeMap<Reason, BTreeSet<ClientUserId>>,
    withheld: BTreeMap<Reason, BTreeSet<ClientUserId>>,
    waits: BTreeSet<ClientUserId>,
}

/// One change of the plan.
#[derive(Debug)]
struct Item<'p> {
    change: Change<'p>,
    step: SeatStep,
    adam_id: AdamId,
    fates: Fates,
}

#[derive(Debug, Clone, Copy)]
enum Change<'p> {
    Seats(&'p SeatChange),
    Administrators(&'p AdministratorChange),
}

/// Everything about subscriptions that the plan would do in a location.
#[derive(Debug, Default)]
pub(in crate::apply) struct SeatWork<'p> {
    pub(super) enabled: Option<StepOutcome>,
    items: Vec<Item<'p>>,
    /// Whether the plan speaks of subscriptions at all.
    any: bool,
}

impl<'p> SeatWork<'p> {
    /// All of it open.
    pub(in crate::apply) fn of(location: &'p LocationPlan) -> Self {
        let Some(plan) = &location.subscriptions else { return Self::default() };
        let item = |change, step, adam_id, users: &[ClientUserId]| Item {
            change,
            step,
            adam_id,
            fates: Fates { open: users.iter().cloned().collect(), ..Fates::default() },
        };
        let seats = plan.changes.iter().map(|change| {
            let step = SeatStep::of(change.action);
            item(Change::Seats(change), step, change.adam_id, &change.users)
        });
        let administrators = plan.administrators.iter().map(|change| {
            let step = SeatStep::of_administrators(change.action);
            item(Change::Administrators(change), step, change.adam_id, &change.users)
        });
        Self {
            enabled: plan.enable.then_some(StepOutcome::NotTried),
            items: seats.chain(administrators).collect(),
            any: true,
        }
    }

    /// Whether nothing is left to try.
    pub(in crate::apply) fn is_through(&self) -> bool {
        self.enabled != Some(StepOutcome::NotTried)
            && self.items.iter().all(|item| item.fates.open.is_empty())
    }

    /// For the report; nothing where the plan speaks of no subscriptions.
    pub(in crate::apply) fn report(&self) -> Option<SeatsReport> {
        let mut report = SeatsReport { enabled: self.enabled.clone(), ..SeatsReport::default() };
        for Item { change, fates, .. } in &self.items {
            let outcome = fates.outcome();
            match change {
                Change::Seats(change) => report.changes.push(SeatChangeReport {
                    adam_id: change.adam_id,
                    name: change.name.clone(),
                    action: change.action,
                    cause: change.cause.clone(),
                    outcome,
                }),
                Change::Administrators(change) => {
                    report.administrators.push(AdministratorReport {
                        adam_id: change.adam_id,
                        name: change.name.clone(),
                        action: change.action,
                        outcome,
                    });
                }
            }
        }
        self.any.then_some(report)
    }

    /// The open pairs of a step, or `only` these of them.
    pub(super) fn open(&self, step: SeatStep, only: Option<&BTreeSet<Pair>>) -> BTreeSet<Pair> {
        let of_it = self.items.iter().filter(|item| item.step == step);
        let pairs =
            of_it.flat_map(|item| item.fates.open.iter().map(|user| (item.adam_id, user.clone())));
        pairs.filter(|pair| only.is_none_or(|only| only.contains(pair))).collect()
    }

    fn with(&mut self, step: SeatStep, pair: &Pair, change: impl FnOnce(&mut Fates)) {
        let item = self.items.iter_mut().find(|item| {
            item.step == step && item.adam_id == pair.0 && item.fates.open.contains(&pair.1)
        });
        if let Some(item) = item {
            change(&mut item.fates);
        }
    }

    /// Takes note of pairs in a request that Apple took, or may have taken.
    pub(super) fn sent(&mut self, step: SeatStep, pairs: &BTreeSet<Pair>) {
        for pair in pairs {
            self.with(step, pair, |fates| {
                fates.sent.insert(pair.1.clone());
            });
        }
    }

    /// Takes note of what was heard of an open pair that stays open.
    pub(super) fn tried(&mut self, step: SeatStep, pair: &Pair, reason: Reason) {
        self.with(step, pair, |fates| {
            fates.tried.insert(pair.1.clone(), reason);
        });
    }

    /// An open pair reads back as wanted: applied where this run sent it, else so before.
    pub(super) fn done(&mut self, step: SeatStep, pair: &Pair) {
        self.with(step, pair, |fates| {
            fates.open.remove(&pair.1);
            let to =
                if fates.sent.contains(&pair.1) { &mut fates.applied } else { &mut fates.already };
            to.insert(pair.1.clone());
        });
    }

    /// It was so before, says Apple.
    pub(super) fn already(&mut self, step: SeatStep, pair: &Pair) {
        self.with(step, pair, |fates| {
            fates.open.remove(&pair.1);
            fates.already.insert(pair.1.clone());
        });
    }

    /// Apple has taken it for the end of the period.
    pub(super) fn waits(&mut self, step: SeatStep, pair: &Pair) {
        self.with(step, pair, |fates| {
            fates.open.remove(&pair.1);
            fates.waits.insert(pair.1.clone());
        });
    }

    pub(super) fn failed(&mut self, step: SeatStep, pair: &Pair, reason: Reason) {
        self.with(step, pair, |fates| {
            fates.open.remove(&pair.1);
            fates.failed.entry(reason).or_default().insert(pair.1.clone());
        });
    }

    /// Deliberately not tried.
    pub(super) fn withhold(&mut self, step: SeatStep, pair: &Pair, reason: Reason) {
        self.with(step, pair, |fates| {
            fates.open.remove(&pair.1);
            fates.withheld.entry(reason).or_default().insert(pair.1.clone());
        });
    }

    /// Marks what was tried and is still open as failed. Returns the reasons.
    pub(super) fn give_up(&mut self, step: SeatStep) -> Vec<Reason> {
        let mut reasons = vec![];
        for item in self.items.iter_mut().filter(|item| item.step == step) {
            for (user, reason) in std::mem::take(&mut item.fates.tried) {
                if item.fates.open.remove(&user) {
                    reasons.push(reason.clone());
                    item.fates.failed.entry(reason).or_default().insert(user);
                }
            }
        }
        reasons
    }

    /// Why one of these pairs failed, if one did.
    pub(super) fn failure_among(&self, step: SeatStep, pairs: &BTreeSet<Pair>) -> Option<Reason> {
        let of_it = self.items.iter().filter(|item| item.step == step);
        of_it.flat_map(|item| item.fates.failed.iter().map(move |failed| (item, failed))).find_map(
            |(item, (reason, users))| {
                let hit = users.iter().any(|user| pairs.contains(&(item.adam_id, user.clone())));
                hit.then(|| reason.clone())
            },
        )
    }
}

impl Fates {
    fn outcome(&self) -> SeatOutcome {
        let failures = |fates: &BTreeMap<Reason, BTreeSet<ClientUserId>>| -> Vec<Failure> {
            fates
                .iter()
                .map(|(reason, who)| {
                    report::failure(reason, who.iter().map(ToString::to_string).collect())
                })
                .collect()
        };
        let withheld: usize = self.withheld.values().map(BTreeSet::len).sum();
        SeatOutcome {
            applied: report::length(self.applied.len()),
            already: report::length(self.already.len()),
            failed: failures(&self.failed),
            not_tried: report::length(self.open.len() + withheld),
            withheld: failures(&self.withheld),
            waits: report::length(self.waits.len()),
        }
    }
}
