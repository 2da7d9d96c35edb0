use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Cause;
use crate::actual::Stock;
use crate::license::{Asset, AssetKind};

/// One managed asset of one location: its licenses now and after the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicenseRow {
    /// What is licensed.
    pub asset: Asset,
    /// App or book.
    pub kind: AssetKind,
    /// Name of its manifest.
    pub name: String,
    /// How many there are; `None` where the location does not own the asset.
    pub stock: Option<Stock>,
    /// Assigned now, by Apple's count.
    pub assigned: u64,
    /// Holders the manifests ask for here. With several locations a holder counts in the one that
    /// serves it; one without a license counts in the first that owns the asset.
    pub desired: u64,
    /// To be given.
    pub assign: u64,
    /// To be taken back by disassociating.
    pub release: u64,
    /// To be taken back by uninstalling; the license stays until that is proven.
    pub uninstall: u64,
    /// Wanted, and no license for them.
    pub short: u64,
    /// Free once the plan is done, without what waits for an uninstall; `None` where unlimited.
    pub free_after: Option<u64>,
}

/// Something the plan deliberately leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inaction {
    /// Name of the location.
    pub location: String,
    /// What is licensed.
    pub asset: Asset,
    /// Name of its manifest.
    pub name: String,
    /// Why nothing is done.
    pub kind: InactionKind,
    /// How many pairs.
    pub pairs: u64,
    /// The line that says so.
    pub cause: Cause,
    /// Examples: at most a few holders, chosen by lowest hash.
    pub examples: Vec<String>,
}

impl InactionKind {
    /// Whether somebody holds a license that the manifests do not ask for.
    pub fn is_kept(self) -> bool {
        match self {
            Self::Kept | Self::Irrevocable | Self::Protected | Self::Malformed => true,
            Self::Short | Self::WaitsForReclaim | Self::NotAssignable | Self::Withheld => false,
        }
    }
}

/// Why nothing is done.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum InactionKind {
    /// `reclaim: keep`.
    Kept,
    /// The license cannot come back (a book, or an asset Apple calls irrevocable).
    Irrevocable,
    /// `whenShort: fill`, and no license is left for them.
    Short,
    /// Fewer licenses free until an uninstall is proven.
    WaitsForReclaim,
    /// The policy protects them: the license is not taken back.
    Protected,
    /// Devices that are wanted, but Apple says that no device can hold the asset.
    NotAssignable,
    /// Wanted, but a location they may have it in was not read or is not ours to touch: nothing
    /// is given anywhere until that is settled, so that nobody gets a second license.
    Withheld,
    /// Not wanted, but what Apple calls the holder is no serial number or user id that could be
    /// sent back: letters and digits only, no white space around.
    Malformed,
}
