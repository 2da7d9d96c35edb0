//! What stands at Apple: licenses per asset, tokens, owners, and who has not accepted yet; and how
//! far reclaims are, which only the memory between runs knows.

mod invitations;
mod licenses;
mod reclaims;
mod seats;
mod served;

pub use invitations::Invitation;
pub use licenses::LicenseStatus;
pub use reclaims::{
    AppReclaims, DeviceReclaim, HolderReclaim, LocationReclaims, ReclaimStatus, reclaims,
};
pub use seats::SeatStatus;
pub use served::{MdmAppStatus, MdmStatus};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actual::{Actual, MdmInfo, UserStatus, Versions};
use crate::plan::{Carried, LocationPlan, Plan};

/// What stands at Apple, location by location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Status {
    /// In the order of the manifests.
    pub locations: Vec<LocationStatus>,
    /// Locations whose server owns the token, in the order of the manifests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mdm_locations: Vec<MdmStatus>,
}

/// One location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LocationStatus {
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
    /// Who has claimed it.
    pub owner: Option<MdmInfo>,
    /// When its token ends.
    #[schemars(with = "Option<String>")]
    pub token_expires: Option<Timestamp>,
    /// Days until then, rounded down; negative once it has ended.
    pub token_days: Option<i64>,
    /// Versions of what was read.
    pub versions: Versions,
    /// When it was read.
    #[schemars(with = "Option<String>")]
    pub read_at: Option<Timestamp>,
    /// Requests that took.
    pub read_requests: u64,
    /// When everything was last read, where this time only what changed since was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub read_since: Option<Timestamp>,
    /// Managed assets in the order of the manifests, then unmanaged ones by number.
    pub licenses: Vec<LicenseStatus>,
    /// Subscriptions, managed ones in the order of the manifests, then others by number; absent
    /// where no manifest speaks of any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SeatStatus>,
    /// Licenses on their way back by uninstalling, as far as earlier runs are remembered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reclaims: Vec<Carried>,
    /// People by terms status.
    pub users: Terms,
    /// Everybody with their terms status, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitations: Option<Vec<Invitation>>,
}

/// How many people have accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Terms {
    /// Created, not accepted yet: may hold licenses but cannot install.
    pub registered: u64,
    /// Accepted.
    pub associated: u64,
    /// Retired, and no newer record.
    pub retired: u64,
}

/// Makes an invitation's link from a location's name and a person's code.
pub type Link<'a> = &'a dyn Fn(&str, &str) -> String;

/// Puts together what stands at Apple. `invitation` makes a link from a location's name and a
/// person's code; without it nobody is listed.
pub fn of(
    plan: &Plan,
    locations: &[(String, Result<Actual, String>)],
    now: Timestamp,
    invitation: Option<Link<'_>>,
) -> Status {
    let of_location = |location: &LocationPlan| {
        let read = locations.iter().find(|(name, _)| *name == location.name);
        let actual = read.and_then(|(_, read)| read.as_ref().ok());
        LocationStatus {
            name: location.name.clone(),
            description: location.description.clone(),
            failed: location.failed.clone(),
            uid: location.uid.clone(),
            apple_name: location.apple_name.clone(),
            owner: location.owner.clone(),
            token_expires: location.token_expires,
            token_days: location.token_expires.map(|end| end.duration_since(now).as_hours() / 24),
            versions: location.versions.clone(),
            read_at: location.read_at,
            read_requests: location.read_requests,
            read_since: location.read_since,
            licenses: licenses::of(location, actual),
            subscriptions: seats::of(location, actual),
            reclaims: plan
                .carried
                .iter()
                .filter(|row| row.location == location.name)
                .cloned()
                .collect(),
            users: actual.map(terms).unwrap_or_default(),
            invitations: invitation.map(|link| {
                let link = |code: &str| link(&location.name, code);
                actual.map_or_else(Vec::new, |actual| invitations::of(actual, link))
            }),
        }
    };
    Status {
        locations: plan.locations.iter().map(of_location).collect(),
        mdm_locations: served::of(plan, now),
    }
}

fn terms(actual: &Actual) -> Terms {
    let mut terms = Terms::default();
    for record in actual.users.values() {
        match record.status {
            UserStatus::Registered => terms.registered += 1,
            UserStatus::Associated => terms.associated += 1,
            UserStatus::Retired | UserStatus::Deleted => terms.retired += 1,
        }
    }
    terms
}
