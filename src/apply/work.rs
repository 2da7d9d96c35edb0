//! The pairs of one location's plan, and what has become of each.

use std::collections::BTreeMap;

use crate::actual::Limits;
use crate::license::{Asset, Holder, HolderSet, Roster, RosterFull};
use crate::plan::cover::{self, Rectangle};
use crate::plan::{Action, Change, Plan};

use super::breaker::ErrorKind;

/// Why pairs are not done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reason {
    /// Apple's number, where Apple gave one.
    pub(super) number: ErrorKind,
    /// Apple's text, or ours.
    pub(super) message: String,
}

/// Pairs with the same fate.
#[derive(Debug, Clone)]
pub(super) struct Fate {
    pub(super) reason: Reason,
    pub(super) holders: HolderSet,
}

/// One change of the plan. Its holders are in exactly one of the sets.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) change: &'a Change,
    /// Not tried yet, or to be tried again.
    pub(super) open: HolderSet,
    /// Read back as wanted after this run wrote it.
    pub(super) applied: HolderSet,
    /// Was as wanted without this run.
    pub(super) already: HolderSet,
    /// Tried, and not so.
    pub(super) failed: Vec<Fate>,
    /// Deliberately not tried.
    pub(super) withheld: Vec<Fate>,
}

/// The pairs of one location's plan, and what has become of each.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) roster: Roster,
    pub(super) items: Vec<Item<'a>>,
}

/// Pairs of one request or round: per asset a set of holders.
pub(super) type Pairs = BTreeMap<Asset, HolderSet>;

impl<'a> Work<'a> {
    /// Everything the plan would do in a location, all of it open.
    pub(super) fn of(plan: &'a Plan, location: &str) -> Result<Self, RosterFull> {
        let mut roster = Roster::new();
        let items = plan
            .changes
            .iter()
            .filter(|change| change.location == location)
            .map(|change| {
                let open = holders(change)
                    .map(|holder| roster.number(holder.as_ref()))
                    .collect::<Result<HolderSet, _>>()?;
                Ok(Item {
                    change,
                    open,
                    applied: HolderSet::new(),
                    already: HolderSet::new(),
                    failed: vec![],
                    withheld: vec![],
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { roster, items })
    }

    /// The open pairs of an action.
    pub(super) fn open(&self, action: Action) -> Pairs {
        let mut pairs = Pairs::new();
        for item in self.of_action(action) {
            if !item.open.is_empty() {
                *pairs.entry(item.change.asset).or_default() |= &item.open;
            }
        }
        pairs
    }

    /// The requests that cover exactly these pairs.
    pub(super) fn requests(
        &self,
        action: Action,
        pairs: &Pairs,
        limits: &Limits,
    ) -> Vec<Rectangle> {
        let changes: Vec<Change> = self
            .of_action(action)
            .filter_map(|item| {
                let holders = &item.open & pairs.get(&item.change.asset)?;
                (!holders.is_empty()).then(|| self.narrowed(item.change, &holders))
            })
            .collect();
        cover::rectangles(changes.iter(), limits)
    }

    /// The pairs a request carries.
    pub(super) fn pairs_of(&self, request: &Rectangle) -> Pairs {
        let devices = request.devices.iter().cloned().map(Holder::Device);
        let users = request.users.iter().cloned().map(Holder::User);
        let holders: HolderSet =
            devices.chain(users).filter_map(|holder| self.roster.find(holder.as_ref())).collect();
        request.assets.iter().map(|&asset| (asset, holders.clone())).collect()
    }

    /// Marks open pairs as applied.
    pub(super) fn applied(&mut self, action: Action, pairs: &Pairs) {
        self.take(action, pairs, |item, holders| item.applied |= &holders);
    }

    /// Marks open pairs as failed.
    pub(super) fn failed(&mut self, action: Action, pairs: &Pairs, reason: &Reason) {
        self.take(action, pairs, |item, holders| add(&mut item.failed, reason, holders));
    }

    /// Marks open pairs as deliberately not tried.
    pub(super) fn withheld(&mut self, action: Action, pairs: &Pairs, reason: &Reason) {
        self.take(action, pairs, |item, holders| add(&mut item.withheld, reason, holders));
    }

    /// Why one of these pairs failed, if one did.
    pub(super) fn failure_among(&self, action: Action, pairs: &Pairs) -> Option<Reason> {
        self.of_action(action).find_map(|item| {
            let holders = pairs.get(&item.change.asset)?;
            let fate =
                item.failed.iter().find(|fate| fate.holders.intersection_len(holders) > 0)?;
            Some(fate.reason.clone())
        })
    }

    /// Keeps only as many open assigns of an asset as there are licenses: later causes give way
    /// first, and within a cause later holders. Returns how many gave way.
    pub(super) fn fit(&mut self, asset: Asset, free: u64, reason: &Reason) -> u64 {
        let mut left = free;
        let mut given_way = 0;
        for item in &mut self.items {
            if item.change.asset != asset || item.change.action != Action::Assign {
                continue;
            }
            let wanted = item.open.len();
            if wanted <= left {
                left -= wanted;
                continue;
            }
            let keep = usize::try_from(left).unwrap_or(usize::MAX);
            let kept: HolderSet = holders(item.change)
                .filter_map(|holder| self.roster.find(holder.as_ref()))
                .filter(|&id| item.open.contains(id))
                .take(keep)
                .collect();
            let rest = &item.open - &kept;
            given_way += rest.len();
            left = 0;
            item.open = kept;
            add(&mut item.withheld, reason, rest);
        }
        given_way
    }

    fn of_action(&self, action: Action) -> impl Iterator<Item = &Item<'a>> {
        self.items.iter().filter(move |item| item.change.action == action)
    }

    fn take(
        &mut self,
        action: Action,
        pairs: &Pairs,
        mut into: impl FnMut(&mut Item<'a>, HolderSet),
    ) {
        for item in self.items.iter_mut().filter(|item| item.change.action == action) {
            let Some(holders) = pairs.get(&item.change.asset) else { continue };
            let moved = &item.open & holders;
            if !moved.is_empty() {
                item.open -= &moved;
                into(item, moved);
            }
        }
    }

    fn narrowed(&self, change: &Change, to: &HolderSet) -> Change {
        let stays =
            |holder: &Holder| self.roster.find(holder.as_ref()).is_some_and(|id| to.contains(id));
        let mut narrowed = Change { devices: vec![], users: vec![], ..change.clone() };
        for holder in holders(change).filter(stays) {
            match holder {
                Holder::Device(serial) => narrowed.devices.push(serial),
                Holder::User(user) => narrowed.users.push(user),
            }
        }
        narrowed
    }
}

/// A change's holders in the order people see.
pub(super) fn holders(change: &Change) -> impl Iterator<Item = Holder> + '_ {
    let devices = change.devices.iter().cloned().map(Holder::Device);
    devices.chain(change.users.iter().cloned().map(Holder::User))
}

/// How many pairs.
pub(super) fn count(pairs: &Pairs) -> u64 {
    pairs.values().map(HolderSet::len).sum()
}

/// The pairs of `all` without those of `part`.
pub(super) fn without(all: &Pairs, part: &Pairs) -> Pairs {
    let rest = all.iter().map(|(asset, holders)| {
        (*asset, part.get(asset).map_or_else(|| holders.clone(), |taken| holders - taken))
    });
    rest.filter(|(_, holders)| !holders.is_empty()).collect()
}

/// The pairs in both.
pub(super) fn both(a: &Pairs, b: &Pairs) -> Pairs {
    let common = a.iter().filter_map(|(asset, holders)| Some((*asset, holders & b.get(asset)?)));
    common.filter(|(_, holders)| !holders.is_empty()).collect()
}

fn add(fates: &mut Vec<Fate>, reason: &Reason, holders: HolderSet) {
    match fates.iter_mut().find(|fate| fate.reason == *reason) {
        Some(fate) => fate.holders |= &holders,
        None => fates.push(Fate { reason: reason.clone(), holders }),
    }
}
