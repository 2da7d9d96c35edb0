//! What a plan says of subscriptions.
//!
//! Seats have types of their own beside [`crate::plan::Change`] and [`crate::plan::LicenseRow`]:
//! they go to people only, come in two kinds, come back now or later and are never uninstalled.
//! As further actions of a license they would stand in every place that only knows apps and books.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actual::{SeatCounts, SeatLimits, SeatSplit, SubscriptionStatus};
use crate::license::{AdamId, ClientUserId};
use crate::plan::{Cause, Origin};

/// One location's subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionPlan {
    /// Whether `apply` says to Apple that subscriptions are handled here: nobody can buy any
    /// before. Apple does not tell whether that was said; it was where there are some, and saying
    /// it again changes nothing, so it is no change of the plan.
    pub enable: bool,
    /// What moves: by subscription, action and cause.
    pub changes: Vec<SeatChange>,
    /// Who becomes or stays no longer administrator: by subscription, action and cause.
    pub administrators: Vec<AdministratorChange>,
    /// One per managed subscription, in the order of the manifests.
    pub seats: Vec<SeatRow>,
    /// What was deliberately not done, and why.
    pub inactions: Vec<SeatInaction>,
    /// Seats that are wanted and there.
    pub unchanged: u64,
    /// Subscriptions no manifest manages: counted, never touched.
    pub unmanaged: UnmanagedSeats,
    /// Apple's limits at the time.
    pub limits: SeatLimits,
}

impl SubscriptionPlan {
    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.administrators.is_empty()
    }
}

/// Seats of one subscription that move for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatChange {
    /// Apple's number of the subscription.
    pub adam_id: AdamId,
    /// Name of its manifest.
    pub name: String,
    /// What would happen.
    pub action: SeatAction,
    /// Why.
    pub cause: Cause,
    /// People, ascending by `clientUserId`.
    pub users: Vec<ClientUserId>,
    /// Whether this change of the manifests moves them, where the plan was held against a base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// What happens to a seat.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SeatAction {
    /// Taken back at once.
    Release,
    /// Taken back at the end of the billing period.
    ReleaseLater,
    /// A seat that goes on will end with the period.
    Expire,
    /// A seat that would end with the period goes on.
    Renew,
    /// Given; it ends with the period.
    AssignExpiring,
    /// Given; it goes on.
    AssignRenewing,
}

impl SeatAction {
    /// Every action, in the order `apply` takes them.
    pub const ALL: [Self; 6] = [
        Self::Release,
        Self::ReleaseLater,
        Self::Expire,
        Self::Renew,
        Self::AssignExpiring,
        Self::AssignRenewing,
    ];

    /// Whether the seat comes back.
    pub fn is_reclaim(self) -> bool {
        match self {
            Self::Release | Self::ReleaseLater => true,
            Self::Expire | Self::Renew | Self::AssignExpiring | Self::AssignRenewing => false,
        }
    }

    /// Whether somebody gets a seat who has none.
    pub fn is_assign(self) -> bool {
        match self {
            Self::AssignExpiring | Self::AssignRenewing => true,
            Self::Release | Self::ReleaseLater | Self::Expire | Self::Renew => false,
        }
    }

    /// The action in the words of the plan file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::ReleaseLater => "release_later",
            Self::Expire => "expire",
            Self::Renew => "renew",
            Self::AssignExpiring => "assign_expiring",
            Self::AssignRenewing => "assign_renewing",
        }
    }
}

impl fmt::Display for SeatAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Release => "release",
            Self::ReleaseLater => "release at period end",
            Self::Expire => "let end with the period",
            Self::Renew => "let go on",
            Self::AssignExpiring => "assign, ends with the period",
            Self::AssignRenewing => "assign, goes on",
        })
    }
}

/// People who become administrators of one subscription, or are no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdministratorChange {
    /// Apple's number of the subscription.
    pub adam_id: AdamId,
    /// Name of its manifest.
    pub name: String,
    /// What would happen.
    pub action: AdministratorAction,
    /// The file that says so.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// People, ascending by `clientUserId`.
    pub users: Vec<ClientUserId>,
}

/// What happens to an administrator.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AdministratorAction {
    /// They are no longer.
    Remove,
    /// They become one.
    Add,
}

impl fmt::Display for AdministratorAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Remove => "remove administrator",
            Self::Add => "add administrator",
        })
    }
}

/// One managed subscription: its seats now and after the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatRow {
    /// Apple's number of it.
    pub adam_id: AdamId,
    /// Name of its manifest.
    pub name: String,
    /// How it stands; `None` where the location has no seat of it.
    pub status: Option<SubscriptionStatus>,
    /// Last day of the billing period.
    pub period_end: Option<String>,
    /// Apple's counts; `None` where the location has no seat of it.
    pub counts: Option<SeatCounts>,
    /// People the manifests ask for.
    pub desired: u64,
    /// Wanted and there.
    pub kept: u64,
    /// To be given.
    pub assign: u64,
    /// Seats that are held and will go on, or end, other than now.
    pub change: u64,
    /// To be taken back at once.
    pub release: u64,
    /// To be taken back at the end of the period.
    pub release_later: u64,
    /// Wanted, and no seat for them.
    pub short: u64,
    /// Wanted, and not given one yet: their Apple Account is not linked, or the subscription is
    /// not active.
    pub waiting: u64,
    /// Seats that can be given once the plan is done: those that go on at the least.
    pub free_after: SeatSplit,
}

/// Something the plan deliberately leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatInaction {
    /// Apple's number of the subscription.
    pub adam_id: AdamId,
    /// Name of its manifest.
    pub name: String,
    /// Why nothing is done.
    pub kind: SeatInactionKind,
    /// How many people.
    pub people: u64,
    /// The line that says so.
    pub cause: Cause,
    /// Examples: at most a few people, chosen by lowest hash.
    pub examples: Vec<String>,
}

/// Why nothing is done.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SeatInactionKind {
    /// `whenShort: fill`, and no seat is left for them.
    Short,
    /// They are to have a seat and have not accepted the invitation: Apple would refuse it (9814).
    NotAssociated,
    /// They are to administer it and have not accepted the invitation.
    NotAssociatedAdministrator,
    /// The subscription is not active, so no seat can be given.
    NotActive,
    /// The policy protects them: the seat is not taken back.
    Protected,
    /// `reclaim: keep`.
    Kept,
    /// The seat ends with the billing period by itself (`deferred: true`).
    Ending,
}

impl SeatInactionKind {
    /// Whether somebody is wanted who gets no seat yet.
    pub fn is_waiting(self) -> bool {
        match self {
            Self::NotAssociated | Self::NotActive => true,
            Self::Short
            | Self::NotAssociatedAdministrator
            | Self::Protected
            | Self::Kept
            | Self::Ending => false,
        }
    }
}

/// Subscriptions no manifest manages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnmanagedSeats {
    /// How many.
    pub subscriptions: u64,
    /// Seats of them that somebody holds.
    pub seats: u64,
}

/// The totals over all subscriptions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatSummary {
    /// Subscriptions with a manifest, at locations that were read.
    pub managed: u64,
    /// Seats to be given.
    pub assign: u64,
    /// Seats to be taken back at once.
    pub release: u64,
    /// Seats to be taken back at the end of the period.
    pub release_later: u64,
    /// Seats that are held and will go on, or end, other than now.
    pub change: u64,
    /// Wanted and there.
    pub unchanged: u64,
    /// Wanted, and no seat for them.
    pub short: u64,
    /// Wanted, and not given one yet.
    pub waiting: u64,
    /// Administrators to be added.
    pub administrators_add: u64,
    /// Administrators to be removed.
    pub administrators_remove: u64,
    /// Seats of subscriptions no manifest manages.
    pub unmanaged: u64,
}
