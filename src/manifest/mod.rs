//! YAML manifests to typed documents with spans. No network, no inventory is read here.

pub mod kind;

use crate::diagnostic::Sources;
use kind::{AssetManifest, Group, Inventory, Location, Mdm, Policy};

/// Every document of one folder, typed and checked against the others.
#[derive(Debug, Clone, Default)]
pub struct Manifests {
    /// The texts they came from.
    pub sources: Sources,
    /// Locations, by file and then by place in the file, as all lists here.
    pub locations: Vec<Location>,
    /// Inventories.
    pub inventories: Vec<Inventory>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Apps and books.
    pub assets: Vec<AssetManifest>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Device-management servers.
    pub mdms: Vec<Mdm>,
}
