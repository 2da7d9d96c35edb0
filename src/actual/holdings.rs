use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::people::is_active;
use super::walk::{Sink, TakeError};
use super::{OwnedAsset, UserRecord};
use crate::apple::{AssignmentRecord, Assignments, RecordError};
use crate::license::{Asset, ClientUserId, HolderId, HolderRef, HolderSet, Roster, SerialNumber};

/// Who holds what, with what retired people hold kept apart.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Holdings {
    pub(super) active: BTreeMap<Asset, HolderSet>,
    pub(super) retired: BTreeMap<Asset, HolderSet>,
}

impl Holdings {
    /// How many active and how many retired holders an asset has.
    pub(super) fn count(&self, asset: Asset) -> (u64, u64) {
        let count = |map: &BTreeMap<Asset, HolderSet>| map.get(&asset).map_or(0, HolderSet::len);
        (count(&self.active), count(&self.retired))
    }

    /// How many assignments it holds.
    pub(super) fn len(&self) -> u64 {
        self.active.values().chain(self.retired.values()).map(HolderSet::len).sum()
    }

    /// Puts what `other` says of an asset in the place of what is known of it.
    pub(super) fn replace(&mut self, asset: Asset, other: &Self) {
        for (mine, theirs) in
            [(&mut self.active, &other.active), (&mut self.retired, &other.retired)]
        {
            match theirs.get(&asset) {
                Some(holders) => mine.insert(asset, holders.clone()),
                None => mine.remove(&asset),
            };
        }
    }

    /// Adds what `other` says of an asset.
    pub(super) fn add(&mut self, asset: Asset, other: &Self) {
        for (mine, theirs) in
            [(&mut self.active, &other.active), (&mut self.retired, &other.retired)]
        {
            if let Some(holders) = theirs.get(&asset) {
                *mine.entry(asset).or_default() |= holders;
            }
        }
    }

    /// Every asset it knows holders of, some of them twice.
    pub(super) fn assets(&self) -> impl Iterator<Item = Asset> {
        self.active.keys().chain(self.retired.keys()).copied()
    }

    /// Whether the holder is known to hold the asset, active or retired.
    pub(super) fn has(&self, asset: Asset, holder: HolderId) -> bool {
        let in_one = |map: &BTreeMap<Asset, HolderSet>| {
            map.get(&asset).is_some_and(|holders| holders.contains(holder))
        };
        in_one(&self.active) || in_one(&self.retired)
    }

    pub(super) fn forget(&mut self, asset: Asset) {
        self.active.remove(&asset);
        self.retired.remove(&asset);
    }

    /// One set per asset. What a retired person holds is out of reach where it cannot be taken
    /// back, so it is left out; else it is a license that can still come back.
    pub(super) fn into_held(
        self,
        owned: &BTreeMap<Asset, OwnedAsset>,
    ) -> BTreeMap<Asset, HolderSet> {
        let mut held = self.active;
        for (asset, holders) in self.retired {
            if owned.get(&asset).is_some_and(|owned| owned.revocable == Some(true)) {
                *held.entry(asset).or_default() |= &holders;
            }
        }
        held.retain(|_, holders| !holders.is_empty());
        held
    }
}

/// Puts pages of assignments into sets.
pub(super) struct HoldingsSink<'a> {
    roster: &'a Mutex<Roster>,
    people: &'a BTreeMap<ClientUserId, UserRecord>,
    /// Assets whose holders must all be legible.
    wanted: &'a BTreeSet<Asset>,
    /// Only this asset, where it was asked for: a server may ignore a filter.
    only: Option<Asset>,
    found: Holdings,
    /// The asset of the last records, and whether retired people hold it: lists go by assets.
    current: (Option<Asset>, bool),
    /// Holders of it that are not among those found yet.
    waiting: Vec<HolderId>,
    /// The holder of the last record.
    last: Option<HolderId>,
}

/// So many holders go into a set together.
const TOGETHER: usize = 1024;

impl Sink<Assignments> for HoldingsSink<'_> {
    fn take(&mut self, record: &AssignmentRecord<'_>, _: bool) -> Result<(), TakeError> {
        let asset = record.asset()?;
        if self.only.is_some_and(|only| only != asset) {
            return Ok(());
        }
        // Locked for a record at a time: nobody waits while a page is parsed.
        let mut roster = self.roster.lock().unwrap_or_else(PoisonError::into_inner);
        let (id, retired) = match record.holder()? {
            HolderRef::Device(serial) => {
                let serial = match normal(serial) {
                    Some(serial) => serial,
                    // Somebody's typing mistake: it harms nothing that is not managed.
                    None if !self.wanted.contains(&asset) => Cow::Borrowed(serial),
                    None => return Err(RecordError::Serial(asset, serial.to_owned()).into()),
                };
                (roster.number_after(self.last, HolderRef::Device(&serial))?, false)
            }
            HolderRef::User(user) => {
                let user = user.trim();
                let id = roster.number_after(self.last, HolderRef::User(user))?;
                (id, self.is_retired(record, user))
            }
        };
        drop(roster);
        self.last = Some(id);
        if self.current != (Some(asset), retired) || self.waiting.len() >= TOGETHER {
            self.settle();
            self.current = (Some(asset), retired);
        }
        self.waiting.push(id);
        Ok(())
    }
}

impl<'a> HoldingsSink<'a> {
    /// Takes everything in, or only one asset.
    pub(super) fn new(
        roster: &'a Mutex<Roster>,
        people: &'a BTreeMap<ClientUserId, UserRecord>,
        wanted: &'a BTreeSet<Asset>,
        only: Option<Asset>,
    ) -> Self {
        let found = Holdings::default();
        let (current, waiting) = ((None, false), vec![]);
        Self { roster, people, wanted, only, found, current, waiting, last: None }
    }

    /// Who was found to hold what.
    pub(super) fn into_found(mut self) -> Holdings {
        self.settle();
        self.found
    }

    fn settle(&mut self) {
        if let (Some(asset), retired) = self.current {
            let sets = if retired { &mut self.found.retired } else { &mut self.found.active };
            sets.entry(asset).or_default().extend(self.waiting.drain(..));
        }
    }

    fn is_retired(&self, record: &AssignmentRecord<'_>, user: &str) -> bool {
        if record.user_status.is_some() {
            return record.is_of_retired_user();
        }
        ClientUserId::new(user)
            .and_then(|id| self.people.get(&id))
            .is_some_and(|user| !is_active(user.status))
    }
}

/// A serial number as the roster wants it, without a copy where Apple writes it so already.
fn normal(serial: &str) -> Option<Cow<'_, str>> {
    let plain = (1..=64).contains(&serial.len())
        && serial.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if plain {
        return Some(Cow::Borrowed(serial));
    }
    let serial: SerialNumber = serial.parse().ok()?;
    Some(Cow::Owned(serial.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_the_same_however_apple_writes_them() {
        assert!(matches!(normal("DMPXK1A2HJ0M"), Some(Cow::Borrowed(_))));
        assert_eq!(normal(" dmpxk1a2hj0m ").unwrap(), "DMPXK1A2HJ0M");
        assert_eq!(normal("A-1"), None);
        assert_eq!(normal(&"A".repeat(65)), None);
    }
}
