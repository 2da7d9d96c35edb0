//! What the store keeps, row by row.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::license::{Asset, Holder};

/// A run of `apply`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct RunId(#[schemars(with = "String")] pub Uuid);

/// Who may write to a location, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Apple's library id of the location (`uId`).
    pub location: String,
    /// The run that has it.
    pub run: RunId,
    /// Who that is, for people: user, machine and process, or the pipeline's job.
    pub who: String,
    /// When it was taken.
    pub since: Timestamp,
    /// When it ends, if nobody renews it.
    pub until: Timestamp,
}

/// Whether a lease was to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// The run has it.
    Ours,
    /// Somebody else does.
    Held(Lease),
}

/// A run, as history shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// Its id.
    pub id: RunId,
    /// When it began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// Who started it: user, machine and process, or the pipeline's job.
    pub who: String,
    /// The commit of the manifests, where known.
    pub commit: Option<String>,
    /// Folder of the manifests, as typed.
    pub folder: String,
    /// The tool, for example `vpp 0.1.0`.
    pub tool: String,
    /// Fingerprint of the plan.
    pub fingerprint: String,
    /// Apple's ids of the locations it is for.
    pub locations: Vec<String>,
    /// How it ended; `None` while it runs, or where it was killed.
    pub end: Option<RunEnd>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunEnd {
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// One word: the `state` of its result.
    pub result: String,
    /// The totals, as JSON.
    pub summary: serde_json::Value,
    /// The report, whole, as JSON; `None` in lists.
    pub report: Option<serde_json::Value>,
}

/// Something that is about to be sent, was sent, or has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Intent {
    /// Its id. For a device's command it is the command's own (`CommandUUID`).
    #[schemars(with = "String")]
    pub id: Uuid,
    /// The run that wants it.
    pub run: RunId,
    /// Apple's library id of the location.
    pub location: String,
    /// What kind of thing.
    pub kind: IntentKind,
    /// How many pairs, people or devices it is for.
    pub count: u64,
    /// What is asked, as JSON of the room that asks.
    pub body: serde_json::Value,
    /// When it was written down.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// When the other side took it.
    #[schemars(with = "Option<String>")]
    pub sent_at: Option<Timestamp>,
    /// The other side's name for it: Apple's event id, a server's number.
    pub reference: Option<String>,
    /// How it ended, and when.
    #[schemars(with = "Option<(Outcome, String)>")]
    pub outcome: Option<(Outcome, Timestamp)>,
}

/// What kind of thing is sent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum IntentKind {
    /// `client/config` with our `mdmInfo`.
    Claim,
    /// `users/create`.
    CreateUsers,
    /// `users/update`.
    UpdateUsers,
    /// `users/retire`.
    RetireUsers,
    /// `assets/associate`.
    Associate,
    /// `assets/disassociate`.
    Disassociate,
    /// A write about subscriptions.
    Subscription,
    /// A device's command to remove an app.
    RemoveApp,
    /// A device's command to list apps.
    ListApps,
    /// A device's command to install an app.
    InstallApp,
    /// A change of an app's assignment in an MDM that owns the token.
    MdmAssignment,
}

/// How something that was sent ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// Read back: so many done, so many failed.
    Settled {
        /// Done.
        done: u64,
        /// Failed.
        failed: u64,
    },
    /// The other side took none of it.
    Refused {
        /// Apple's number, where it is Apple's.
        number: Option<i64>,
        /// What it said.
        message: String,
    },
    /// Nobody will hear of it any more; reading told what became of it.
    Overtaken {
        /// Why.
        message: String,
    },
}

/// A reclaim as the store keeps it: the columns it searches by, and the reclaim itself as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReclaimRow {
    /// Apple's library id of the location.
    pub location: String,
    /// What is taken back.
    pub asset: Asset,
    /// From whom.
    pub holder: Holder,
    /// Where it is, one word.
    pub phase: String,
    /// Whether it is not through.
    pub open: bool,
    /// When it was begun.
    pub since: Timestamp,
    /// When it last moved.
    pub moved: Timestamp,
    /// The rest, as JSON of the room that reclaims.
    pub body: String,
}

/// Something a server told us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Name of the Mdm's manifest, or `apple`.
    pub source: String,
    /// What tells it from others of its source: an event that comes twice has the same key.
    pub key: String,
    /// What it is about: a command's id, a serial number, an enrolment id.
    pub subject: String,
    /// When it reached us.
    pub at: Timestamp,
    /// What it says, as JSON of the room that reads it.
    pub body: String,
}

/// From a moment on, up to and not including another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}
