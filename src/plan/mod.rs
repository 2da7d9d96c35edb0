//! What would move and why: pure functions of desired × actual × policy.
//!
//! **Architecture invariant:** nothing in here has a clock, does I/O or draws a random number.
//! The same input gives the same plan, byte for byte.

pub mod base;
mod carried;
mod change;
mod compare;
pub mod cover;
mod drift;
mod examples;
pub mod file;
mod fingerprint;
mod guard;
pub mod guards;
mod input;
mod kept;
mod licenses;
mod lint;
mod location;
mod make;
mod numbers;
mod people;
mod report;
mod schema;
mod seats;
pub mod served;
mod summary;
mod survey;

#[cfg(test)]
use crate as house;
#[cfg(test)]
#[allow(dead_code, reason = "the suite and the unit tests each use their part of the model world")]
#[path = "../../tests/suite/plan/world/mod.rs"]
pub(crate) mod world;

pub use base::BaseSummary;
pub use carried::Carried;
pub use change::{Action, Cause, CauseKind, Change, Origin};
pub use compare::{PlanDiff, PlanDiffRow, compare};
pub use drift::{Drift, LastApplied};
pub use fingerprint::{fingerprint, short};
pub use guard::{GuardLevel, GuardOutcome, GuardResult};
pub use guards::{GUARDS, Guard};
pub use input::Input;
pub use licenses::{Inaction, InactionKind, LicenseRow};
pub use lint::{LINTS, Lint, LintFinding, lint};
pub use location::{LocationPlan, Unmanaged, UserPlan};
pub use make::{make, make_with};
pub use schema::json_schema;
pub use seats::{
    AdministratorAction, AdministratorChange, SeatAction, SeatChange, SeatInaction,
    SeatInactionKind, SeatRectangle, SeatRow, SeatSummary, SubscriptionPlan, UnmanagedSeats,
    seat_rectangles,
};
pub use summary::{InstallSummary, ServerSummary, Summary};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the plan file's format this tool writes.
pub const FORMAT_VERSION: &str = "1.0";

/// What one run would do, whole: the content of a plan file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub struct Plan {
    /// Version of this format: a new minor only adds, a new major may change.
    pub format_version: String,
    /// The tool that wrote it, for example `vpp 0.1.0`.
    pub tool: String,
    /// When it was made.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// The manifests it was made from.
    pub manifests: ManifestSource,
    /// Hash of what it would do, `vpp1:` and 64 hexadecimal digits. Plans with the same effect
    /// have the same fingerprint on every machine.
    pub fingerprint: String,
    /// What it was held against, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseSummary>,
    /// Whether every location was read whole.
    pub complete: bool,
    /// Whether `apply` would take it: complete, no error, no guard blocks.
    pub applyable: bool,
    /// The totals, in pairs of asset and holder.
    pub summary: Summary,
    /// One per location, in the order of the manifests.
    pub locations: Vec<LocationPlan>,
    /// Locations whose server owns the token, in the order of the manifests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mdm_locations: Vec<served::MdmLocationPlan>,
    /// What would move: by location, then asset, then action, then cause, then origin.
    pub changes: Vec<Change>,
    /// Managed assets whose holders are not those the last apply left: moved by other hands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// Reclaims by uninstall that earlier runs began and that are not through: how far they are, and
    /// which of them this plan ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<Carried>,
    /// What would be given once an uninstall of this plan has freed a license: counted as short,
    /// and explained among the inactions, as long as none is free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Change>,
    /// What was deliberately not done, and why.
    pub inactions: Vec<Inaction>,
    /// Every guard that had something to say.
    pub guards: Vec<GuardResult>,
    /// Warnings about the manifests and inventories.
    pub diagnostics: Vec<Notice>,
}

impl Plan {
    /// Whether there is nothing to do: no license or seat moves, nobody is registered, updated or
    /// retired, no administrator changes, and nothing is claimed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && !self.mdm_locations.iter().any(served::MdmLocationPlan::has_steps)
            && self.locations.iter().all(|location| {
                let UserPlan { create, update, retire, waiting: _ } = &location.users;
                let seats = location.subscriptions.as_ref();
                location.claim.is_none()
                    && seats.is_none_or(SubscriptionPlan::is_empty)
                    && create.is_empty()
                    && update.is_empty()
                    && retire.is_empty()
            })
    }

    /// Whether reclaims go on at a server that owns its token, whatever the plan changes.
    pub fn is_under_way(&self) -> bool {
        let apps = self.mdm_locations.iter().flat_map(|location| &location.apps);
        apps.flat_map(|app| &app.reclaims).next().is_some()
    }

    /// Whether `apply` would say somewhere that subscriptions are handled.
    pub fn enables_subscriptions(&self) -> bool {
        let mut plans = self.locations.iter().filter_map(|one| one.subscriptions.as_ref());
        plans.any(|plan| plan.enable)
    }

    /// Apple's ids of its locations, and the places of tokens that servers own, as memory knows
    /// them; what could not be read has none.
    pub fn places(&self) -> Vec<String> {
        let uids = self.locations.iter().filter_map(|location| location.uid.clone());
        let tokens = self.mdm_locations.iter().filter_map(|location| location.token.as_ref());
        uids.chain(tokens.map(|token| crate::intune::place(&token.id))).collect()
    }

    /// Whether every location was read whole.
    fn is_complete(locations: &[LocationPlan], mdm_locations: &[served::MdmLocationPlan]) -> bool {
        locations.iter().all(|location| location.failed.is_none())
            && mdm_locations.iter().all(|location| location.failed.is_none())
    }

    /// Whether `apply` would take it: complete, no error, no guard blocks.
    fn is_applyable(complete: bool, guards: &[GuardResult], diagnostics: &[Notice]) -> bool {
        complete
            && !guards.iter().any(GuardResult::blocks)
            && !diagnostics.iter().any(|notice| notice.level == "error")
    }
}

/// The manifests a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestSource {
    /// The folder, as the user named it.
    pub folder: String,
    /// SHA-256 over what the manifests and inventories say, in hexadecimal; comments and white
    /// space do not count.
    pub digest: String,
}

/// A warning or error, flattened for the plan file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// For example `VPP-M012`.
    pub code: String,
    /// `error` or `warning`.
    pub level: String,
    /// What happened.
    pub message: String,
    /// Where.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// What to do next.
    pub help: Vec<String>,
}
