use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Sub, SubAssign};

use roaring::RoaringBitmap;

use super::HolderId;

/// A set of holders: a compressed bitmap over a [`super::Roster`]'s numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HolderSet(pub(super) RoaringBitmap);

impl HolderSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a holder; false where it was in the set already.
    pub fn insert(&mut self, id: HolderId) -> bool {
        self.0.insert(id.0)
    }

    /// Takes a holder out; false where it was not in the set.
    pub fn remove(&mut self, id: HolderId) -> bool {
        self.0.remove(id.0)
    }

    /// Whether the holder is in the set.
    pub fn contains(&self, id: HolderId) -> bool {
        self.0.contains(id.0)
    }

    /// How many holders.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether nobody is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every holder here is in `other` too.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// How many holders are in both.
    pub fn intersection_len(&self, other: &Self) -> u64 {
        self.0.intersection_len(&other.0)
    }

    /// The holders' numbers, ascending: the order of numbering, which is no order a user sees.
    pub fn iter(&self) -> impl Iterator<Item = HolderId> + '_ {
        self.0.iter().map(HolderId)
    }
}

impl FromIterator<HolderId> for HolderSet {
    fn from_iter<T: IntoIterator<Item = HolderId>>(ids: T) -> Self {
        Self(ids.into_iter().map(|id| id.0).collect())
    }
}

impl Extend<HolderId> for HolderSet {
    fn extend<T: IntoIterator<Item = HolderId>>(&mut self, ids: T) {
        self.0.extend(ids.into_iter().map(|id| id.0));
    }
}

impl BitOr for &HolderSet {
    type Output = HolderSet;

    fn bitor(self, other: Self) -> HolderSet {
        HolderSet(&self.0 | &other.0)
    }
}

impl BitAnd for &HolderSet {
    type Output = HolderSet;

    fn bitand(self, other: Self) -> HolderSet {
        HolderSet(&self.0 & &other.0)
    }
}

impl Sub for &HolderSet {
    type Output = HolderSet;

    fn sub(self, other: Self) -> HolderSet {
        HolderSet(&self.0 - &other.0)
    }
}

impl BitOrAssign<&Self> for HolderSet {
    fn bitor_assign(&mut self, other: &Self) {
        self.0 |= &other.0;
    }
}

impl BitAndAssign<&Self> for HolderSet {
    fn bitand_assign(&mut self, other: &Self) {
        self.0 &= &other.0;
    }
}

impl SubAssign<&Self> for HolderSet {
    fn sub_assign(&mut self, other: &Self) {
        self.0 -= &other.0;
    }
}
