use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LicenseRow, SubscriptionPlan};
use crate::actual::{Limits, MdmInfo, Versions};
use crate::license::{ClientUserId, UserDetails};

/// One location's part of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LocationPlan {
    /// Name of its manifest.
    pub name: String,
    /// Free text of its manifest.
    pub description: Option<String>,
    /// Why it could not be read; then everything below is empty.
    pub failed: Option<String>,
    /// Apple's library id.
    pub uid: Option<String>,
    /// Apple's name of it.
    pub apple_name: Option<String>,
    /// Who has claimed it now.
    pub owner: Option<MdmInfo>,
    /// What `apply` claims it as, where nobody has.
    pub claim: Option<MdmInfo>,
    /// When its token ends.
    #[schemars(with = "Option<String>")]
    pub token_expires: Option<Timestamp>,
    /// Versions of what was read.
    pub versions: Versions,
    /// Apple's limits at the time.
    pub limits: Limits,
    /// When the read was complete.
    #[schemars(with = "Option<String>")]
    pub read_at: Option<Timestamp>,
    /// Requests the read took.
    pub read_requests: u64,
    /// When everything was last read, where this read asked only for what changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub read_since: Option<Timestamp>,
    /// Write requests `apply` will need at the least, users included. What waits for an uninstall
    /// is not in it: those requests follow the proofs.
    pub write_requests: u64,
    /// People to register, update or retire.
    pub users: UserPlan,
    /// One per managed asset, in the order of the manifests.
    pub licenses: Vec<LicenseRow>,
    /// What no manifest manages.
    pub unmanaged: Unmanaged,
    /// Pairs that are wanted and there.
    pub unchanged: u64,
    /// Subscriptions; absent where no manifest speaks of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<SubscriptionPlan>,
}

/// People to register, update or retire, each list ascending by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserPlan {
    /// Not registered yet.
    pub create: Vec<UserDetails>,
    /// Registered with another e-mail address.
    pub update: Vec<UserDetails>,
    /// No entry names them (`users: { retire: unreferenced }`).
    pub retire: Vec<ClientUserId>,
    /// Wanted holders who have not accepted yet and so cannot install.
    pub waiting: u64,
}

/// What no manifest manages: counted, never touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unmanaged {
    /// Assets without a manifest.
    pub assets: u64,
    /// Their assignments.
    pub assignments: u64,
}
