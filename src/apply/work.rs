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

/// One change of the plan. Each of its holders is in exactly one of `open`, `applied`, `already`,
/// `failed` and `withheld`.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) change: &'a Change,
    /// Not tried yet, or to be tried again.
    pub(super) open: HolderSet,
    /// Everyone in a request that Apple took, or may have taken.
    pub(super) sent: HolderSet,
    /// What was last heard of those that were tried; nobody is in two of them.
    pub(super) tried: Vec<Fate>,
    /// Read back as wanted after this run wrote it.
    pub(super) applied: HolderSet,
    /// Was as wanted without this run.
    pub(super) already: HolderSet,
    /// Tried, and not so.
    pub(super) failed: Vec<Fate>,
    /// Deliberately not tried.
    pub(super) withheld: Vec<Fate>,
    /// Of a reclaim by uninstall: whose app is proven gone. Nothing is sent for anybody else.
    proven: HolderSet,
    /// Whether it waits for licenses that reclaims of this plan free.
    pub(super) later: bool,
    /// Of these, those for whom no license is free yet.
    pub(super) parked: HolderSet,
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
        let now = plan.changes.iter().map(|change| (change, false));
        let items = now
            .chain(plan.later.iter().map(|change| (change, true)))
            .filter(|(change, _)| change.location == location)
            .map(|(change, later)| {
                let open = holders(change)
                    .map(|holder| roster.number(holder.as_ref()))
                    .collect::<Result<HolderSet, _>>()?;
                Ok(Item {
                    change,
                    open,
                    sent: HolderSet::new(),
                    tried: vec![],
                    applied: HolderSet::new(),
                    already: HolderSet::new(),
                    failed: vec![],
                    withheld: vec![],
                    proven: HolderSet::new(),
                    later,
                    parked: HolderSet::new(),
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { roster, items })
    }

    /// Whether nothing is left to try: no pair is open but those that wait for devices.
    pub(super) fn is_through(&self) -> bool {
        let mut items = self.items.iter();
        items.all(|item| item.later || item.sendable().is_empty())
    }

    /// The open pairs of an action.
    pub(super) fn open(&self, action: Action) -> Pairs {
        let mut pairs = Pairs::new();
        for item in self.of_action(action) {
            let open = item.sendable();
            if !open.is_empty() {
                *pairs.entry(item.change.asset).or_default() |= &open;
            }
        }
        pairs
    }

    /// Takes note of pairs whose app is proven gone: their licenses may be released.
    pub(super) fn prove(&mut self, pairs: &Pairs) {
        self.with(Action::Uninstall, pairs, |item, holders| item.proven |= holders);
    }

    /// Opens what waits for licenses again. True where there is something.
    pub(super) fn reopen_later(&mut self) -> bool {
        let mut any = false;
        for item in &mut self.items {
            let parked = std::mem::take(&mut item.parked);
            any |= !parked.is_empty();
            item.open |= &parked;
        }
        any
    }

    /// The pairs of an action that are as wanted, whoever made them so.
    pub(super) fn through(&self, action: Action) -> Pairs {
        self.collect(action, |item| &item.applied | &item.already)
    }

    /// All pairs of an action, whatever became of them.
    pub(super) fn all_of(&self, action: Action) -> Pairs {
        self.collect(action, |item| {
            holders(item.change).filter_map(|holder| self.roster.find(holder.as_ref())).collect()
        })
    }

    /// The pairs of an action that Apple took, or may have taken.
    pub(super) fn sent_of(&self, action: Action) -> Pairs {
        self.collect(action, |item| item.sent.clone())
    }

    fn collect(&self, action: Action, of: impl Fn(&Item<'a>) -> HolderSet) -> Pairs {
        let mut pairs = Pairs::new();
        for item in self.of_action(action) {
            *pairs.entry(item.change.asset).or_default() |= &of(item);
        }
        pairs
    }

    /// The open pairs of an action, or `only` these of them.
    pub(super) fn open_of(&self, action: Action, only: Option<&Pairs>) -> Pairs {
        let open = self.open(action);
        only.map_or_else(|| open.clone(), |only| both(&open, only))
    }

    /// The requests that cover exactly these open pairs. Pairs of `again` are done; they are sent
    /// once more where that saves a request, as a hole in a rectangle can cost several.
    pub(super) fn requests(
        &self,
        action: Action,
        pairs: &Pairs,
        again: &Pairs,
        limits: &Limits,
    ) -> Vec<Rectangle> {
        let cover = |again: &Pairs| {
            let changes: Vec<Change> = self
                .of_action(action)
                .filter_map(|item| {
                    let of = |pairs: &Pairs, set: &HolderSet| {
                        pairs.get(&item.change.asset).map(|holders| set & holders)
                    };
                    let mut holders = of(pairs, &item.open).unwrap_or_default();
                    holders |= &of(again, &item.applied).unwrap_or_default();
                    (!holders.is_empty()).then(|| self.narrowed(item.change, &holders))
                })
                .collect();
            cover::rectangles(changes.iter(), limits)
        };
        let exact = cover(&Pairs::new());
        if again.is_empty() || exact.len() < 2 {
            return exact;
        }
        let wider = cover(again);
        if wider.len() < exact.len() { wider } else { exact }
    }

    /// The pairs a request carries.
    pub(super) fn pairs_of(&self, request: &Rectangle) -> Pairs {
        let devices = request.devices.iter().cloned().map(Holder::Device);
        let users = request.users.iter().cloned().map(Holder::User);
        let holders: HolderSet =
            devices.chain(users).filter_map(|holder| self.roster.find(holder.as_ref())).collect();
        request.assets.iter().map(|&asset| (asset, holders.clone())).collect()
    }

    /// Takes note of pairs that a request carries.
    pub(super) fn sent(&mut self, action: Action, pairs: &Pairs) {
        self.with(action, pairs, |item, holders| item.sent |= &(&item.open & holders));
    }

    /// Takes note of what was heard of open pairs that stay open.
    pub(super) fn tried(&mut self, action: Action, pairs: &Pairs, reason: &Reason) {
        self.with(action, pairs, |item, holders| {
            let open = &item.open & holders;
            for fate in &mut item.tried {
                fate.holders -= &open;
            }
            add(&mut item.tried, reason, open);
        });
    }

    /// Marks open pairs that read back as wanted: as applied where this run sent them, else as so
    /// already.
    pub(super) fn done(&mut self, action: Action, pairs: &Pairs) {
        self.take(action, pairs, |item, holders| {
            item.applied |= &(&holders & &item.sent);
            item.already |= &(&holders - &item.sent);
        });
    }

    /// Marks open pairs as wanted before this run.
    pub(super) fn already(&mut self, action: Action, pairs: &Pairs) {
        self.take(action, pairs, |item, holders| item.already |= &holders);
    }

    /// Marks everything that was tried and is still open as failed, with what was last heard of
    /// it. Returns how many of each kind.
    pub(super) fn give_up(&mut self, action: Action) -> BTreeMap<ErrorKind, u64> {
        let mut kinds = BTreeMap::new();
        for item in self.items.iter_mut().filter(|item| item.change.action == action) {
            for Fate { reason, holders } in std::mem::take(&mut item.tried) {
                let left = &holders & &item.open;
                if !left.is_empty() {
                    *kinds.entry(reason.number).or_default() += left.len();
                    item.open -= &left;
                    add(&mut item.failed, &reason, left);
                }
            }
        }
        kinds
    }

    /// The pairs of an action that this run has done.
    pub(super) fn applied(&self, action: Action) -> Pairs {
        let mut pairs = Pairs::new();
        for item in self.of_action(action).filter(|item| !item.applied.is_empty()) {
            *pairs.entry(item.change.asset).or_default() |= &item.applied;
        }
        pairs
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
    /// first, and within a cause later holders.
    pub(super) fn fit(&mut self, asset: Asset, free: u64, reason: &Reason) {
        let mut left = free;
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
            left = 0;
            item.open = kept;
            if item.later {
                item.parked |= &rest;
            } else {
                add(&mut item.withheld, reason, rest);
            }
        }
    }

    fn of_action(&self, action: Action) -> impl Iterator<Item = &Item<'a>> {
        self.items.iter().filter(move |item| item.change.action == action)
    }

    fn with(
        &mut self,
        action: Action,
        pairs: &Pairs,
        mut note: impl FnMut(&mut Item<'a>, &HolderSet),
    ) {
        for item in self.items.iter_mut().filter(|item| item.change.action == action) {
            if let Some(holders) = pairs.get(&item.change.asset) {
                note(item, holders);
            }
        }
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

impl Item<'_> {
    /// The open pairs that may be sent: of a reclaim by uninstall, those whose app is proven gone.
    fn sendable(&self) -> HolderSet {
        match self.change.action {
            Action::Uninstall => &self.open & &self.proven,
            Action::Release | Action::Assign => self.open.clone(),
        }
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

/// The pairs that are as an action wants them, given those that are held.
pub(super) fn as_wanted(action: Action, pairs: &Pairs, held: &Pairs) -> Pairs {
    match action {
        Action::Assign => both(pairs, held),
        Action::Release | Action::Uninstall => without(pairs, held),
    }
}

fn add(fates: &mut Vec<Fate>, reason: &Reason, holders: HolderSet) {
    if holders.is_empty() {
        return;
    }
    match fates.iter_mut().find(|fate| fate.reason == *reason) {
        Some(fate) => fate.holders |= &holders,
        None => fates.push(Fate { reason: reason.clone(), holders }),
    }
}
