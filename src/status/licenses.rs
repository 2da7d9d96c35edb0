use schemars::JsonSchema;
use serde::Serialize;

use crate::actual::{Actual, Stock};
use crate::license::{Asset, AssetKind};
use crate::plan::{LicenseRow, LocationPlan};

/// The licenses of one asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenseStatus {
    /// What is licensed.
    #[serde(flatten)]
    pub asset: Asset,
    /// App or book.
    pub kind: AssetKind,
    /// Name of its manifest; `None` where none manages it.
    pub name: Option<String>,
    /// Whether there are as many as wanted; then `total`, `available` and `retired` are absent.
    pub unlimited: bool,
    /// All licenses.
    pub total: Option<u64>,
    /// Assigned, by Apple's count.
    pub assigned: u64,
    /// Free.
    pub available: Option<u64>,
    /// Held by retired people and not to be had back.
    pub retired: Option<u64>,
    /// Holders the manifests ask for; `None` where none manages it.
    pub desired: Option<u64>,
    /// Assigned once the plan is applied, reclaims by uninstall not counted as done.
    pub assigned_after: u64,
    /// Free once the plan is applied.
    pub available_after: Option<u64>,
    /// Wanted, and no license for them.
    pub short: u64,
}

pub(super) fn of(location: &LocationPlan, actual: Option<&Actual>) -> Vec<LicenseStatus> {
    let managed = location.licenses.iter().map(managed);
    let unmanaged = actual.into_iter().flat_map(|actual| {
        let known = |asset: &Asset| location.licenses.iter().any(|row| row.asset == *asset);
        actual.assets.iter().filter(move |(asset, _)| !known(asset)).map(|(asset, owned)| {
            let counts = counts(Some(owned.stock));
            LicenseStatus {
                asset: *asset,
                kind: owned.kind,
                name: None,
                unlimited: owned.stock == Stock::Unlimited,
                total: counts.total,
                assigned: owned.assigned,
                available: counts.available,
                retired: counts.retired,
                desired: None,
                assigned_after: owned.assigned,
                available_after: counts.available,
                short: 0,
            }
        })
    });
    managed.chain(unmanaged).collect()
}

fn managed(row: &LicenseRow) -> LicenseStatus {
    let LicenseRow {
        asset,
        kind,
        name,
        stock,
        assigned,
        desired,
        assign,
        release,
        uninstall: _,
        short,
        free_after,
    } = row;
    let counts = counts(*stock);
    LicenseStatus {
        asset: *asset,
        kind: *kind,
        name: Some(name.clone()),
        unlimited: *stock == Some(Stock::Unlimited),
        total: counts.total,
        assigned: *assigned,
        available: counts.available,
        retired: counts.retired,
        desired: Some(*desired),
        assigned_after: (assigned + assign).saturating_sub(*release),
        available_after: *free_after,
        short: *short,
    }
}

#[derive(Default)]
struct Counts {
    total: Option<u64>,
    available: Option<u64>,
    retired: Option<u64>,
}

fn counts(stock: Option<Stock>) -> Counts {
    match stock {
        Some(Stock::Limited { total, available, retired }) => {
            Counts { total: Some(total), available: Some(available), retired: Some(retired) }
        }
        Some(Stock::Unlimited) | None => Counts::default(),
    }
}
