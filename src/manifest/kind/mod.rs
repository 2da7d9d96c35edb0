//! What each kind of document says, once it is typed and checked.

mod asset;
mod group;
mod intune;
mod inventory;
mod location;
mod mdm;
mod policy;
mod source;
mod subscription;

pub use asset::{AssetManifest, EntrySpec, Intent, LicenseKind, ReclaimMode, WhenShort};
pub use group::Group;
pub use intune::{EntraGroup, Intune, IntuneProof};
pub use inventory::{Columns, Inventory, InventorySource};
pub use location::{
    LicenseOwner, Location, NotificationDoor, Owner, RetireUsers, TokenSource, WhenGone,
};
pub use mdm::{DeviceColumn, Mdm, MdmDriver, MdmProgram, MdmServer, PushingMdm};
pub use policy::{
    Allowance, Breaker, Freeze, Limit, Limits, Policy, Protection, Share, StockGuard, TokenExpiry,
};
pub use source::{
    AppleEdition, AppleOrganization, DeviceMap, Entra, EntraProof, FleetInventory, JamfInventory,
    Picks, Roster, RosterForm, RowsAre,
};
pub use subscription::{SeatEntrySpec, SubscriptionManifest};
