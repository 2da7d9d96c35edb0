use super::leave::{Reclaim, Stay, leaving};
use super::short::{Shortage, first_in_order};
use super::{SiteState, Survey};
use crate::actual::{OwnedAsset, Stock};
use crate::desired::{WantedAsset, WantedEntry};
use crate::license::{AssetKind, HolderSet};
use crate::manifest::kind::Intent;
use crate::plan::{Action, Cause, CauseKind, InactionKind};

/// One app or book over all its locations.
pub(in super::super) struct Placed<'a> {
    pub(in super::super) wanted: &'a WantedAsset,
    /// A book where the manifest or Apple says so.
    pub(in super::super) kind: AssetKind,
    /// Where it may be licensed and what was read there, most preferred first.
    pub(in super::super) at: Vec<PlacedAt<'a>>,
    /// Candidate locations that were not read.
    pub(in super::super) unread: Vec<usize>,
    /// Wanted holders without a license that nothing stands in the way of, before licenses are
    /// counted.
    pub(in super::super) pending: u64,
    /// Those for whom no license is left.
    pub(in super::super) short: Shortage,
}

/// One app or book at one location that was read.
pub(in super::super) struct PlacedAt<'a> {
    /// Which location.
    pub(in super::super) site: usize,
    /// Whether it may be changed.
    pub(in super::super) open: bool,
    /// Apple's counts; `None` where the location does not own it.
    pub(in super::super) owned: Option<&'a OwnedAsset>,
    /// Everybody who holds it here.
    pub(in super::super) held: HolderSet,
    /// Those who are wanted and keep it here.
    pub(in super::super) kept: HolderSet,
    /// Those who get it here, by entry.
    pub(in super::super) assigns: Vec<(Cause, HolderSet)>,
    /// Those who get it here once an uninstall of this plan has freed a license, by entry.
    pub(in super::super) later: Vec<(Cause, HolderSet)>,
    /// Those it is taken back from.
    pub(in super::super) reclaims: Vec<Reclaim>,
    /// Those nothing is done about.
    pub(in super::super) stays: Vec<Stay>,
}

impl PlacedAt<'_> {
    /// How many get it here.
    pub(in super::super) fn assigned(&self) -> u64 {
        self.assigns.iter().map(|(_, holders)| holders.len()).sum()
    }

    /// How many get it here, now or later.
    pub(in super::super) fn asked(&self) -> u64 {
        let later: u64 = self.later.iter().map(|(_, holders)| holders.len()).sum();
        self.assigned() + later
    }

    /// How many it is taken back from in this way.
    pub(in super::super) fn reclaimed(&self, action: Action) -> u64 {
        let of_it = self.reclaims.iter().filter(|reclaim| reclaim.action == action);
        of_it.map(|reclaim| reclaim.holders.len()).sum()
    }

    /// Everybody it is taken back from.
    pub(in super::super) fn leaving(&self) -> HolderSet {
        let mut all = HolderSet::new();
        self.reclaims.iter().for_each(|reclaim| all |= &reclaim.holders);
        all
    }

    /// How many nothing is done about for this reason.
    pub(in super::super) fn staying(&self, kind: InactionKind) -> u64 {
        let of_it = self.stays.iter().filter(|stay| stay.kind == kind);
        of_it.map(|stay| stay.holders.len()).sum()
    }

    /// Licenses to give before anything is proven uninstalled; `None` where unlimited.
    fn free(&self) -> Option<u64> {
        if !self.open {
            return Some(0);
        }
        match self.owned.map(|owned| owned.stock) {
            None => Some(0),
            Some(Stock::Unlimited) => None,
            Some(Stock::Limited { available, .. }) => {
                Some(available.saturating_add(self.reclaimed(Action::Release)))
            }
        }
    }
}

impl Placed<'_> {
    /// How many licenses are taken back, wherever.
    pub(in super::super) fn reclaims(&self) -> u64 {
        self.at.iter().flat_map(|at| &at.reclaims).map(|reclaim| reclaim.holders.len()).sum()
    }

    /// How many licenses are given, wherever.
    pub(in super::super) fn assigns(&self) -> u64 {
        self.at.iter().map(PlacedAt::assigned).sum()
    }

    /// How many licenses are given, wherever, now or later.
    pub(in super::super) fn asked(&self) -> u64 {
        self.at.iter().map(PlacedAt::asked).sum()
    }

    /// How many hold it at its open locations.
    pub(in super::super) fn holders(&self) -> u64 {
        self.at.iter().filter(|at| at.open).map(|at| at.held.len()).sum()
    }

    /// Whether a license of it never comes back.
    pub(in super::super) fn irrevocable(&self) -> bool {
        let said = |at: &PlacedAt<'_>| at.owned.is_some_and(|owned| owned.revocable == Some(false));
        self.kind == AssetKind::Book || self.at.iter().any(said)
    }

    /// Whether a device can hold it, as far as Apple says.
    pub(in super::super) fn device_assignable(&self) -> bool {
        let refused = |at: &PlacedAt<'_>| {
            at.owned.is_some_and(|owned| owned.device_assignable == Some(false))
        };
        self.kind == AssetKind::App && !self.at.iter().any(refused)
    }
}

/// Who has the asset where, who gets it where, and who loses it.
///
/// A wanted holder who has it somewhere keeps it there; with several such places the most
/// preferred one counts, and the others are treated as if no entry named the holder. Everybody
/// else is pending and takes the first location in order that has a license, entries in order and
/// then holders in order. Where a candidate location was not read or is not ours, somebody may
/// have the asset there without our knowing or being able to change it: then nothing is given
/// anywhere.
pub(super) fn place<'a>(
    survey: &Survey<'a>,
    wanted: &'a WantedAsset,
    candidates: &[usize],
) -> Placed<'a> {
    let mut placed = Placed {
        wanted,
        kind: wanted.kind,
        at: vec![],
        unread: vec![],
        pending: 0,
        short: Shortage::default(),
    };
    let mut settled = HolderSet::new();
    let asked = asked(wanted);
    for &index in candidates {
        let Some(site) = survey.site(index) else { continue };
        let (actual, open) = match &site.state {
            SiteState::Open(actual) => (actual, true),
            SiteState::Closed(actual, _) => (actual, false),
            SiteState::Unread(_) => {
                placed.unread.push(index);
                continue;
            }
        };
        let owned = actual.assets.get(&wanted.asset);
        if owned.is_some_and(|owned| owned.kind == AssetKind::Book) {
            placed.kind = AssetKind::Book;
        }
        let held = actual.held.get(&wanted.asset).cloned().unwrap_or_default();
        let mut kept = &asked & &held;
        kept -= &settled;
        settled |= &kept;
        let (assigns, reclaims, stays) = (vec![], vec![], vec![]);
        placed.at.push(PlacedAt {
            site: index,
            open,
            owned,
            held,
            kept,
            assigns,
            later: vec![],
            reclaims,
            stays,
        });
    }
    let irrevocable = placed.irrevocable();
    for at in placed.at.iter_mut().filter(|at| at.open) {
        leaving(survey, wanted, irrevocable, at);
    }
    give(survey, &mut placed, &asked - &settled);
    placed
}

/// The entries that ask for a license.
fn giving(wanted: &WantedAsset) -> impl Iterator<Item = &WantedEntry> {
    wanted.entries.iter().filter(|entry| match entry.intent {
        Intent::Required | Intent::Available => true,
        Intent::Uninstall => false,
    })
}

fn asked(wanted: &WantedAsset) -> HolderSet {
    let mut all = HolderSet::new();
    giving(wanted).for_each(|entry| all |= &entry.holders);
    all
}

/// Gives those who are wanted and have nothing a license, as far as there are any.
fn give(survey: &Survey<'_>, placed: &mut Placed<'_>, mut pending: HolderSet) {
    let wanted = placed.wanted;
    let entry_cause = |entry: &WantedEntry| {
        let kind = CauseKind::Entry { group: entry.group.clone(), intent: entry.intent };
        survey.cause(entry.span, kind)
    };
    let hold_back = |at: &mut PlacedAt<'_>, kind: InactionKind, whom: &HolderSet| {
        for entry in giving(wanted) {
            let holders = &entry.holders & whom;
            if !holders.is_empty() {
                at.stays.push(Stay { kind, cause: entry_cause(entry), holders });
            }
        }
    };
    // The place that answers for what is given nowhere: the first that owns the asset.
    let home = placed.at.iter().position(|at| at.owned.is_some()).unwrap_or(0);
    if !placed.device_assignable() {
        let users = &pending & survey.roster.users();
        let devices = &pending - &users;
        pending = users;
        if let Some(at) = placed.at.get_mut(home) {
            hold_back(at, InactionKind::NotAssignable, &devices);
        }
    }
    if !placed.unread.is_empty() || placed.at.iter().any(|at| !at.open) {
        if let Some(at) = placed.at.get_mut(home) {
            hold_back(at, InactionKind::Withheld, &pending);
        }
        return;
    }
    placed.pending = pending.len();
    let mut free: Vec<Option<u64>> = placed.at.iter().map(PlacedAt::free).collect();
    let mut freed: Vec<u64> = placed.at.iter().map(|at| at.reclaimed(Action::Uninstall)).collect();
    for entry in giving(wanted) {
        let mut left = &entry.holders & &pending;
        for (at, free) in placed.at.iter_mut().zip(&mut free) {
            if left.is_empty() {
                break;
            }
            let taken = match free {
                None => std::mem::take(&mut left),
                Some(0) => continue,
                Some(free) => {
                    let taken = first_in_order(survey.roster, &left, *free);
                    *free = free.saturating_sub(taken.len());
                    left -= &taken;
                    taken
                }
            };
            at.assigns.push((entry_cause(entry), taken));
        }
        let mut waits = HolderSet::new();
        for (at, freed) in placed.at.iter_mut().zip(&mut freed) {
            let later = first_in_order(survey.roster, &left, *freed);
            if later.is_empty() {
                continue;
            }
            *freed = freed.saturating_sub(later.len());
            left -= &later;
            waits |= &later;
            at.later.push((entry_cause(entry), later));
        }
        placed.short.add(entry_cause(entry), waits, left);
    }
    placed.short.home = home;
}
