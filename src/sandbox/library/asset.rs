use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::super::world::{Pricing, ProductType, SupportedPlatform, Total};
use crate::sandbox::wire::{Asset, AssetRow, UnlimitedAssetRow};

/// What Apple writes for the total of an unlimited asset when nobody asked to tell them apart.
pub(crate) const UNLIMITED: u64 = 2_147_483_647;

/// An asset with its licenses. Holders are numbers of the location's dictionary.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnedAsset {
    pub(crate) adam_id: String,
    pub(crate) pricing: Pricing,
    pub(crate) kind: ProductType,
    pub(crate) name: Option<String>,
    pub(crate) bundle_id: Option<String>,
    pub(crate) total: Total,
    pub(crate) device_assignable: bool,
    pub(crate) revocable: bool,
    pub(crate) platforms: Vec<SupportedPlatform>,
    /// Everybody who holds a license, retired people included.
    #[serde(with = "super::saved::ranges")]
    pub(crate) held: RoaringBitmap,
    /// Retired people who still hold a license that cannot be taken back.
    #[serde(with = "super::saved::ranges")]
    pub(crate) retired: RoaringBitmap,
}

impl OwnedAsset {
    pub(crate) fn assigned_count(&self) -> u64 {
        self.held.len().saturating_sub(self.retired.len())
    }

    pub(crate) fn retired_count(&self) -> u64 {
        self.retired.len()
    }

    /// Licenses nobody holds; Apple's sentinel where there is no end of them.
    pub(crate) fn available_count(&self) -> u64 {
        match self.total {
            Total::Fixed(total) => u64::from(total).saturating_sub(self.held.len()),
            Total::Unlimited => UNLIMITED,
        }
    }

    pub(crate) fn total_count(&self) -> u64 {
        match self.total {
            Total::Fixed(total) => u64::from(total),
            Total::Unlimited => UNLIMITED,
        }
    }

    pub(crate) fn is_unlimited(&self) -> bool {
        self.total == Total::Unlimited
    }

    pub(crate) fn key(&self) -> Asset {
        Asset { adam_id: self.adam_id.clone(), pricing_param: self.pricing.as_str().into() }
    }

    pub(crate) fn row(&self) -> AssetRow<'_> {
        AssetRow {
            adam_id: &self.adam_id,
            pricing_param: self.pricing.as_str(),
            product_type: self.kind,
            assigned_count: self.assigned_count(),
            available_count: self.available_count(),
            retired_count: self.retired_count(),
            total_count: self.total_count(),
            device_assignable: self.device_assignable,
            revocable: self.revocable,
            supported_platforms: &self.platforms,
        }
    }

    pub(crate) fn unlimited_row(&self) -> UnlimitedAssetRow<'_> {
        UnlimitedAssetRow {
            adam_id: &self.adam_id,
            pricing_param: self.pricing.as_str(),
            product_type: self.kind,
            assigned_count: self.assigned_count(),
            device_assignable: self.device_assignable,
            revocable: self.revocable,
            supported_platforms: &self.platforms,
        }
    }
}
