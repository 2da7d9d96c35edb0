use std::collections::BTreeMap;

use super::error::ReadError;
use super::read::{Progress, TRIES};
use super::walk::{Sink, TakeError, Walk};
use super::{OwnedAsset, Stock};
use crate::apple::{AssetFilter, AssetRecord, Assets, Reader};
use crate::license::Asset;

/// The assets of a location with Apple's counts.
#[derive(Debug, Default)]
pub(super) struct Owned {
    pub(super) assets: BTreeMap<Asset, OwnedAsset>,
    pub(super) version: Option<String>,
}

impl Sink<Assets> for Owned {
    fn take(&mut self, record: &AssetRecord<'_>, unlimited: bool) -> Result<(), TakeError> {
        self.assets.insert(record.asset()?, record.owned(unlimited));
        Ok(())
    }
}

impl Owned {
    /// Reads all assets.
    ///
    /// The list has no deltas. One that changed on the way is read again; where only counts go on
    /// changing, two walks that name the same assets are enough, for counts are checked later.
    pub(super) async fn read(reader: &Reader, progress: &Progress<'_>) -> Result<Self, ReadError> {
        let mut before: Option<Self> = None;
        for _ in 0..TRIES {
            let mut owned = Self::default();
            let filter = AssetFilter::default();
            let walk = Walk::whole::<Assets>(reader, &filter, &mut owned, progress).await?;
            owned.version = walk.version;
            let same = before.is_some_and(|before| before.assets.keys().eq(owned.assets.keys()));
            if !walk.moved || same {
                return Ok(owned);
            }
            before = Some(owned);
        }
        Err(ReadError::Unsettled { what: "the list of assets".to_owned(), tries: TRIES })
    }

    /// Reads one asset's counts again; `None` where it is no longer owned.
    pub(super) async fn read_one(
        reader: &Reader,
        asset: Asset,
        progress: &Progress<'_>,
    ) -> Result<Option<OwnedAsset>, ReadError> {
        let mut owned = Self::default();
        let filter = AssetFilter::of(asset);
        Walk::whole::<Assets>(reader, &filter, &mut owned, progress).await?;
        Ok(owned.assets.remove(&asset))
    }
}

/// Whether the holders that were listed are as many as Apple counts.
///
/// What retired people hold stands in the list but not in `assignedCount`, where Apple counts it
/// in `retiredCount`; where it does not count it there, it may be in `assignedCount`.
pub(super) fn agrees(owned: Option<&OwnedAsset>, active: u64, retired: u64) -> bool {
    let Some(owned) = owned else { return active == 0 };
    let counted_apart = match owned.stock {
        Stock::Limited { retired: counted, .. } => retired > 0 && counted == retired,
        Stock::Unlimited => false,
    };
    owned.assigned == active || (!counted_apart && owned.assigned == active + retired)
}

/// How many retired people Apple counts as holders, where it does.
pub(super) fn retired_count(owned: &OwnedAsset) -> Option<u64> {
    match owned.stock {
        Stock::Limited { retired, .. } => Some(retired),
        Stock::Unlimited => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::AssetKind;

    fn owned(assigned: u64, retired: u64) -> OwnedAsset {
        OwnedAsset {
            kind: AssetKind::Book,
            stock: Stock::Limited { total: 10, available: 0, retired },
            assigned,
            device_assignable: None,
            revocable: None,
            platforms: vec![],
        }
    }

    #[test]
    fn what_retired_people_hold_is_counted_apart() {
        assert!(agrees(Some(&owned(4, 2)), 4, 2));
        assert!(!agrees(Some(&owned(4, 2)), 2, 2), "two active holders are missing");
        assert!(agrees(Some(&owned(6, 0)), 4, 2), "Apple counts them as assigned here");
        assert!(!agrees(Some(&owned(5, 0)), 4, 0));
        assert!(agrees(None, 0, 3));
        assert!(!agrees(None, 1, 0));
    }
}
