use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::license::{Asset, AssetKind, ClientUserId, SerialNumber};
use crate::manifest::kind::{Intent, ReclaimMode};

/// One asset moving to or from many holders for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Name of the location.
    pub location: String,
    /// What is licensed.
    pub asset: Asset,
    /// App or book.
    pub kind: AssetKind,
    /// Name of its manifest.
    pub name: String,
    /// The app's bundle identifier, where the manifest gives one.
    pub bundle_id: Option<String>,
    /// What would happen.
    pub action: Action,
    /// Why.
    pub cause: Cause,
    /// Of an assign: whether the devices are told to install the app, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub install: bool,
    /// Whether this change of the manifests wants it, or it would have moved without; absent where
    /// the plan was not held against a base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Devices, ascending by serial number.
    #[schemars(with = "Vec<String>")]
    pub devices: Vec<SerialNumber>,
    /// People, ascending by `clientUserId`.
    pub users: Vec<ClientUserId>,
}

impl Change {
    /// How many licenses move.
    pub fn pairs(&self) -> usize {
        self.devices.len() + self.users.len()
    }
}

/// Where a change comes from, seen from a base.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The base would not move these.
    Intended,
    /// The base would move these too: they were out of place before.
    Drift,
}

/// What happens to a license.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Taken back by disassociating, without uninstalling.
    Release,
    /// Taken back once the app is proven gone from the device.
    Uninstall,
    /// Given.
    Assign,
}

impl Action {
    /// Whether the license comes back.
    pub fn is_reclaim(self) -> bool {
        match self {
            Self::Release | Self::Uninstall => true,
            Self::Assign => false,
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Release => "release",
            Self::Uninstall => "uninstall",
            Self::Assign => "assign",
        })
    }
}

/// Why something changes, and the line that says so.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Cause {
    /// File, relative to the folder of the manifests.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// What kind of reason.
    #[serde(flatten)]
    pub kind: CauseKind,
}

/// What kind of reason a change has.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CauseKind {
    /// An item of the `assign` list names the holders.
    Entry {
        /// The group.
        group: String,
        /// What the entry means for its members.
        intent: Intent,
    },
    /// `except` takes them out.
    Except {
        /// The group.
        group: String,
    },
    /// The members of a group changed, because the group's own lines did.
    Group {
        /// The group an entry names.
        group: String,
        /// The group whose lines changed: the same, or one it includes.
        changed: String,
    },
    /// The members of a group changed, because its inventory moved.
    Inventory {
        /// The group an entry names.
        group: String,
        /// The inventory.
        inventory: String,
    },
    /// The entry that named them is gone; the line is where it stood in the base.
    Removed {
        /// The group it named.
        group: String,
    },
    /// No entry names them.
    Unnamed {
        /// How licenses come back here.
        reclaim: ReclaimMode,
    },
}
