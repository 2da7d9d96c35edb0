use crate::license::{HolderId, HolderRef, HolderSet, Roster};
use crate::plan::Cause;

/// Wanted holders for whom no license is left, by entry.
#[derive(Default)]
pub(in super::super) struct Shortage {
    /// Which of the asset's places answers for them.
    pub(in super::super) home: usize,
    pub(in super::super) entries: Vec<ShortEntry>,
}

/// One entry's holders without a license.
pub(in super::super) struct ShortEntry {
    pub(in super::super) cause: Cause,
    /// Those an uninstall of this plan will free a license for, once it is proven.
    pub(in super::super) waits: HolderSet,
    /// Those nothing will free a license for.
    pub(in super::super) without: HolderSet,
}

impl Shortage {
    pub(super) fn add(&mut self, cause: Cause, waits: HolderSet, without: HolderSet) {
        if !waits.is_empty() || !without.is_empty() {
            self.entries.push(ShortEntry { cause, waits, without });
        }
    }

    /// How many get a license only after an uninstall is proven.
    pub(in super::super) fn waits(&self) -> u64 {
        self.entries.iter().map(|entry| entry.waits.len()).sum()
    }

    /// How many get none.
    pub(in super::super) fn without(&self) -> u64 {
        self.entries.iter().map(|entry| entry.without.len()).sum()
    }

    /// How many get none now.
    pub(in super::super) fn len(&self) -> u64 {
        self.waits() + self.without()
    }
}

/// The first `number` holders of the set in the order people see.
pub(in super::super) fn first_in_order(roster: &Roster, set: &HolderSet, number: u64) -> HolderSet {
    if number >= set.len() {
        return set.clone();
    }
    let Ok(number) = usize::try_from(number) else { return set.clone() };
    let Some(last) = number.checked_sub(1) else { return HolderSet::new() };
    let mut holders: Vec<(HolderRef<'_>, HolderId)> =
        set.iter().filter_map(|id| Some((roster.get(id)?, id))).collect();
    if last < holders.len() {
        holders.select_nth_unstable(last);
    }
    holders.into_iter().take(number).map(|(_, id)| id).collect()
}
