//! Locations whose server owns the token (`licenses: mdm`): which assignments the server would be told.
//!
//! A part of the plan of its own, beside locations and changes: there it is licenses and holders, here
//! groups and intents, because that is what the server keeps. Guards, causes and the fingerprint are
//! shared.

mod compare;
mod disagree;
mod wanted;

pub(super) use compare::locations;
pub(crate) use compare::reached;

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cause, CauseKind};
use crate::actual::Actual;
use crate::intune::{Memory, Phase, Seen, Target, Word};
use crate::license::Asset;
use crate::manifest::kind::LicenseKind;

/// What is known of one location whose server owns the token.
#[derive(Debug)]
pub struct Served {
    /// Name of its manifest.
    pub location: String,
    /// What the server said, or why it could not be read.
    pub seen: Result<Seen, String>,
    /// What earlier runs began.
    pub memory: Memory,
    /// What Apple says beside it, where there is a token to read with.
    pub apple: Option<Result<Actual, String>>,
}

/// One location's part of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmLocationPlan {
    /// Name of its manifest.
    pub name: String,
    /// Free text of its manifest.
    pub description: Option<String>,
    /// Name of the Mdm that owns its token.
    pub mdm: String,
    /// Why it could not be read; then everything below is empty.
    pub failed: Option<String>,
    /// Its token.
    pub token: Option<MdmToken>,
    /// When the read was complete.
    #[schemars(with = "Option<String>")]
    pub read_at: Option<Timestamp>,
    /// Requests it took.
    pub read_requests: u64,
    /// One per managed app, in the order of the manifests.
    pub apps: Vec<MdmAppPlan>,
    /// Apps of the token that no manifest manages.
    pub unmanaged: u64,
    /// Why Apple could not be compared, where there is a token to read with.
    pub apple_failed: Option<String>,
}

/// A token as its server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmToken {
    /// The server's id of it.
    pub id: String,
    /// The organization Apple names.
    pub organization: String,
    /// The Apple Account that downloaded it.
    pub apple_id: String,
    /// `business` or `education`.
    pub account_type: String,
    /// When it ends.
    #[schemars(with = "Option<String>")]
    pub expires: Option<Timestamp>,
    /// `valid`, `expired`, `invalid`, `assignedToExternalMDM`, …
    pub state: String,
    /// What to do, where it cannot be used.
    pub help: Option<String>,
    /// When the server last synced with Apple.
    #[schemars(with = "Option<String>")]
    pub last_sync: Option<Timestamp>,
    /// How that went: `none`, `inProgress`, `completed` or `failed`.
    pub last_sync_status: String,
}

/// One app's assignments at the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmAppPlan {
    /// What Apple licenses.
    pub asset: Asset,
    /// Name of its manifest.
    pub name: String,
    /// Its bundle identifier, where the manifest gives one.
    pub bundle_id: Option<String>,
    /// The server's id of it; absent where the server has no such app.
    pub id: Option<String>,
    /// `v1.0` or `beta`: what its assignments are read and written in.
    pub version: Option<String>,
    /// All licenses, by the server's count.
    pub total: u64,
    /// Used ones.
    pub used: u64,
    /// Licenses that new assignments need.
    pub needed: u64,
    /// Assignments that are as wanted.
    pub unchanged: u64,
    /// What would change.
    pub steps: Vec<MdmStep>,
    /// What no entry names and stays as it is.
    pub kept: Vec<MdmKept>,
    /// Groups on their way out.
    pub reclaims: Vec<MdmReclaim>,
    /// What somebody else changed since the last run.
    pub moved: Vec<MdmMoved>,
    /// Where Apple says something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<MdmDisagreement>,
}

/// What happens to one assignment.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MdmAction {
    /// A new one.
    Add,
    /// Another intent, or licenses to others.
    Change,
    /// The app is removed and the licenses come back.
    Uninstall,
    /// Taken away: its licenses have come back, or it only excluded.
    Drop,
}

impl MdmAction {
    /// One word, as plan files say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::Uninstall => "uninstall",
            Self::Drop => "drop",
        }
    }
}

/// What one assignment says.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct MdmSide {
    /// In the server's words.
    pub intent: Word,
    /// Whom licenses go to; absent where it does not say.
    pub license: Option<LicenseKind>,
}

impl fmt::Display for MdmSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let license = match self.license {
            Some(LicenseKind::Device) => ", device licenses",
            Some(LicenseKind::User) => ", user licenses",
            None => "",
        };
        write!(f, "{}{license}", self.intent)
    }
}

/// One assignment that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmStep {
    /// What would happen.
    pub action: MdmAction,
    /// Whom it is for.
    pub target: Target,
    /// Name of the manifest's group, where one names it.
    pub group: Option<String>,
    /// The server's name of the group.
    pub title: Option<String>,
    /// What it says now; absent where it is new.
    pub from: Option<MdmSide>,
    /// What it would say; absent where it goes.
    pub to: Option<MdmSide>,
    /// Devices it reaches.
    pub devices: u64,
    /// Of these, those that hold a license, where the server says so; all of them otherwise.
    pub licenses: u64,
    /// Why.
    pub cause: Cause,
    /// What manifests cannot say and stays with it.
    pub keeps: Vec<String>,
}

/// An assignment that no entry names and that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmKept {
    /// Whom it is for.
    pub target: Target,
    /// The server's name of the group.
    pub title: Option<String>,
    /// What it says.
    pub side: MdmSide,
    /// Devices it reaches.
    pub devices: u64,
    /// Why it stays, for people.
    pub why: String,
    /// What manifests cannot say and stays with it.
    pub keeps: Vec<String>,
}

/// A group on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmReclaim {
    /// Whom it was assigned to.
    pub target: Target,
    /// The server's name of the group.
    pub title: Option<String>,
    /// How far it is.
    pub phase: Phase,
    /// When it was begun.
    #[schemars(with = "String")]
    pub begun: Timestamp,
    /// Devices that are followed.
    pub devices: u64,
    /// Devices that have proven the app gone.
    pub gone: u64,
    /// Devices that have not.
    pub waiting: u64,
    /// Devices on which removing failed.
    pub blocked: u64,
    /// Devices that are no longer reached.
    pub left: u64,
    /// Whether an entry asks for `uninstall`, so that the assignment stays when it is through.
    pub stays: bool,
    /// What is missing before the group can be dropped, for people; absent where nothing is.
    pub missing: Option<String>,
    /// Some of the devices that are not done, with the reason.
    pub examples: Vec<String>,
}

/// An assignment that somebody else changed since the last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmMoved {
    /// Whom it is for.
    pub target: Target,
    /// The server's name of the group.
    pub title: Option<String>,
    /// What the last run left.
    pub was: Option<MdmSide>,
    /// What is there now.
    pub is: Option<MdmSide>,
}

/// Where Apple and the server disagree about an app's licenses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmDisagreement {
    /// Licenses assigned at Apple.
    pub apple: u64,
    /// Licenses used, as the server counts.
    pub mdm: u64,
    /// Serial numbers that hold a license at Apple and that the server does not know at all.
    pub unknown: Vec<String>,
    /// Serial numbers the server knows, that hold one at Apple and not by its list.
    pub only_apple: Vec<String>,
    /// Serial numbers that hold one by the server's list and not at Apple.
    pub only_mdm: Vec<String>,
}

impl MdmLocationPlan {
    /// Whether an assignment would change.
    pub fn has_steps(&self) -> bool {
        self.apps.iter().any(|app| !app.steps.is_empty())
    }

    /// Devices that a reclaim waits for.
    pub fn waiting(&self) -> u64 {
        let reclaims = self.apps.iter().flat_map(|app| &app.reclaims);
        reclaims.map(|reclaim| reclaim.waiting + reclaim.blocked).sum()
    }
}

impl MdmAppPlan {
    /// Licenses that would be taken back.
    pub fn taken(&self) -> u64 {
        let uninstalls = self.steps.iter().filter(|step| step.action == MdmAction::Uninstall);
        uninstalls.map(|step| step.licenses).sum()
    }

    /// Whether an entry asks to uninstall from this target.
    pub fn wants_out(&self, target: &Target) -> bool {
        let is_entry = |step: &&MdmStep| matches!(step.cause.kind, CauseKind::Entry { .. });
        let mut steps = self.steps.iter().filter(|step| step.target == *target).filter(is_entry);
        let mut reclaims = self.reclaims.iter().filter(|reclaim| reclaim.target == *target);
        steps.any(|step| step.action == MdmAction::Uninstall) || reclaims.any(|one| one.stays)
    }

    /// The server's name of a group this app's assignments name.
    pub fn title(&self, target: &Target) -> Option<String> {
        let steps = self.steps.iter().map(|step| (&step.target, &step.title));
        let kept = self.kept.iter().map(|kept| (&kept.target, &kept.title));
        let reclaims = self.reclaims.iter().map(|reclaim| (&reclaim.target, &reclaim.title));
        let mut all = steps.chain(kept).chain(reclaims).filter(|(named, _)| *named == target);
        all.find_map(|(_, title)| title.clone())
    }
}
