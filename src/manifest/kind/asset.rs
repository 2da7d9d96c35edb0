use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{At, Span};
use crate::license::{Asset, AssetKind};

/// An app or a book and who should hold it.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetManifest {
    /// `App` or `Book`, as the document's kind says.
    pub kind: AssetKind,
    /// Its name among the manifests of that kind.
    pub name: At<String>,
    /// What Apple licenses.
    pub asset: At<Asset>,
    /// The app's bundle identifier, for the MDM.
    pub bundle_id: Option<At<String>>,
    /// Locations in order of preference; at least one.
    pub locations: Vec<At<String>>,
    /// Where the `assign` key stands.
    pub assign_span: Span,
    /// Who should hold it. Empty means nobody.
    pub assign: Vec<EntrySpec>,
    /// Groups that no entry names, whatever the entries say.
    pub except: Vec<At<String>>,
    /// What becomes of holders no entry names; the location's default where absent.
    pub reclaim: Option<At<ReclaimMode>>,
    /// What happens when there are fewer licenses than wanted.
    pub when_short: WhenShort,
    /// A book only: the author knows that its license cannot come back.
    pub irrevocable: bool,
    /// Free text.
    pub description: Option<String>,
    /// For filtering.
    pub labels: BTreeMap<String, String>,
}

/// One item of an asset's `assign` list.
#[derive(Debug, Clone, PartialEq)]
pub struct EntrySpec {
    /// Where the item stands.
    pub span: Span,
    /// The group.
    pub to: At<String>,
    /// What is meant for its members.
    pub intent: Intent,
    /// Whom the licenses go to; by the kind of each member where absent.
    pub license: Option<At<LicenseKind>>,
}

/// What an entry means for the members of its group.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// They hold a license and the app belongs on the device.
    #[default]
    Required,
    /// They hold a license and may install.
    Available,
    /// The app goes away and the license comes back.
    Uninstall,
}

/// Whom a license is assigned to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum LicenseKind {
    /// The device.
    Device,
    /// The person.
    User,
}

/// How a license comes back from a holder no entry names.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ReclaimMode {
    /// Uninstall, prove, disassociate, verify.
    Uninstall,
    /// Disassociate without uninstalling.
    Release,
    /// Report, never touch.
    Keep,
}

/// What happens when fewer licenses are free than are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhenShort {
    /// The plan is blocked.
    #[default]
    Block,
    /// As many as there are: entries in order, then holders in order.
    Fill,
}
