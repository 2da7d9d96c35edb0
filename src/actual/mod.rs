//! Apple's answers to sets: what one location holds, read completely or not at all.

mod error;
mod holdings;
mod listing;
mod owned;
mod people;
mod read;
mod seats;
mod since;
mod snapshot;
mod walk;

pub use error::ReadError;
pub use read::{Keep, ReadProgress, ReadScope, ReadStage, read, read_back, read_since};
pub use seats::{
    LocationSeats, SeatCounts, SeatHolders, SeatLimits, SeatSplit, Subscription,
    SubscriptionStatus, read_back_seats,
};
pub use snapshot::{Snapshot, SnapshotError};

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::license::{Asset, AssetKind, ClientUserId, HolderSet};

/// One location as Apple reports it. Sets are numbered by the run's roster.
#[derive(Debug, Clone)]
pub struct Actual {
    /// Apple's library id (`uId`).
    pub uid: String,
    /// Apple's name of the location, for people: not unique.
    pub location_name: Option<String>,
    /// Who has claimed it (`mdmInfo`); `None` where nobody has.
    pub owner: Option<MdmInfo>,
    /// When the token ends.
    pub token_expires: Option<Timestamp>,
    /// Everything owned, with Apple's counts, managed or not.
    pub assets: BTreeMap<Asset, OwnedAsset>,
    /// Who holds what, for every managed asset that has a holder, held against Apple's counts.
    ///
    /// Other assets may be missing here unless the read was a full one ([`ReadScope::full`]);
    /// their number of holders is [`OwnedAsset::assigned`]. What a retired person holds of an
    /// asset that cannot be taken back is left out: it is out of reach ([`Stock::Limited`]).
    pub held: BTreeMap<Asset, HolderSet>,
    /// Active and retired people; of several records of one id the active one.
    pub users: BTreeMap<ClientUserId, UserRecord>,
    /// Subscriptions; `None` where they were not asked for ([`ReadScope::subscriptions`]).
    pub seats: Option<LocationSeats>,
    /// Versions of the first pages (`versionId`).
    pub versions: Versions,
    /// Apple's limits at the time.
    pub limits: Limits,
    /// How many requests the read took.
    pub requests: u64,
    /// When everything was last read, where this read asked only for what changed since.
    pub since: Option<Timestamp>,
    /// When the read was complete.
    pub read_at: Timestamp,
}

/// Who has claimed a location (`mdmInfo`). Any service with a valid token can overwrite it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmInfo {
    /// Unique per installation: the only part to compare.
    pub id: String,
    /// For people.
    pub name: String,
    /// For people.
    pub metadata: String,
}

/// An owned asset as Apple counts it (`ResponseAsset`, Apple's page: get-assets-4ski1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedAsset {
    /// App or book.
    pub kind: AssetKind,
    /// How many licenses there are, and how many are free.
    pub stock: Stock,
    /// Assigned licenses (`assignedCount`).
    pub assigned: u64,
    /// Whether a device can hold it; `None` where Apple does not say.
    pub device_assignable: Option<bool>,
    /// Whether a license can come back; `None` where Apple does not say.
    pub revocable: Option<bool>,
    /// Platforms as Apple names them.
    pub platforms: Vec<String>,
}

/// How many licenses there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Stock {
    /// As many as wanted; Apple's sentinel 2147483647 is never counted with.
    Unlimited,
    /// A number of licenses.
    Limited {
        /// All (`totalCount`).
        total: u64,
        /// Free (`availableCount`).
        available: u64,
        /// Held by retired users and not to be had back (`retiredCount`).
        retired: u64,
    },
}

/// A person registered at Apple (`ResponseUser`, Apple's page: get-users-4mwln).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Whether they have accepted.
    pub status: UserStatus,
    /// E-mail address.
    pub email: Option<String>,
    /// Code for the invitation link, while Registered.
    pub invite_code: Option<String>,
}

/// The terms status admins know.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum UserStatus {
    /// Created, not accepted yet: may hold a license but cannot install.
    Registered,
    /// Accepted: an Apple Account is linked.
    Associated,
    /// Retired.
    Retired,
    /// Retired, and the Apple Account moved to a newer record.
    Deleted,
}

/// Versions of what was read (`versionId`), for asking later what changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Versions {
    /// Of the asset list.
    pub assets: Option<String>,
    /// Of the assignment list.
    pub assignments: Option<String>,
    /// Of the user list.
    pub users: Option<String>,
}

/// What one request may carry (`service/config`, Apple's page: service-config). Apple may change
/// them at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Assets per associate or disassociate (`maxAssets`).
    pub assets: usize,
    /// People per associate or disassociate (`maxClientUserIds`).
    pub client_user_ids: usize,
    /// Devices per associate or disassociate (`maxSerialNumbers`).
    pub serial_numbers: usize,
    /// People per create, update or retire (`maxUsers`).
    pub users: usize,
    /// People per revoke (`maxRevokeClientUserIds`).
    pub revoke_client_user_ids: usize,
    /// Devices per revoke (`maxRevokeSerialNumbers`).
    pub revoke_serial_numbers: usize,
    /// Requests a second for a token (`maxRequestPerSecond`).
    pub requests_per_second: u32,
}

impl Default for Limits {
    /// The values of Apple's documented example.
    fn default() -> Self {
        Self {
            assets: 25,
            client_user_ids: 1000,
            serial_numbers: 1000,
            users: 100,
            revoke_client_user_ids: 100,
            revoke_serial_numbers: 100,
            requests_per_second: 15,
        }
    }
}
