//! What became of one location's part.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apply::outcome::{Failure, StepOutcome};
use crate::intune::Target;
use crate::plan::served::MdmAction;

/// What became of one location whose server owns the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmLocationReport {
    /// Name of its manifest.
    pub name: String,
    /// Name of the Mdm.
    pub mdm: String,
    /// One per step of the plan.
    pub steps: Vec<MdmStepReport>,
    /// One per group on its way out, those that came to their end in this run included.
    pub reclaims: Vec<MdmReclaimReport>,
    /// Why the licenses could not be synced, where they were to be.
    pub sync_failed: Option<String>,
    /// Why devices were not asked to check in, where they were to be.
    pub not_nudged: Option<String>,
    /// Why the location ended early, in one sentence without a full stop.
    pub stopped: Option<String>,
    /// Requests sent, reads included.
    pub requests: u64,
}

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmStepReport {
    /// Name of the app's manifest.
    pub app: String,
    /// What was to happen.
    pub action: MdmAction,
    /// To whose assignment.
    pub target: Target,
    /// The server's name of the group.
    pub title: Option<String>,
    /// What became of it.
    pub outcome: StepOutcome,
}

/// Where one group's reclaim stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MdmReclaimReport {
    /// Name of the app's manifest.
    pub app: String,
    /// Whom it was assigned to.
    pub target: Target,
    /// The server's name of the group.
    pub title: Option<String>,
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
    /// Some that are not done, with the reason.
    pub examples: Vec<String>,
    /// How it stands.
    pub end: MdmEnd,
}

/// How a reclaim stands at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MdmEnd {
    /// It goes on with the next run.
    Waits {
        /// For what.
        missing: String,
    },
    /// Its licenses came back, and the group was dropped.
    Dropped,
    /// Its licenses came back, and the group could not be dropped.
    NotDropped {
        /// Why.
        failure: Failure,
    },
}

/// A failure without a holder.
pub(super) fn failed(why: &str) -> Failure {
    Failure { number: None, message: why.to_owned(), help: None, holders: vec![], count: 1 }
}

impl MdmLocationReport {
    /// Steps that were made, and those that were not.
    pub fn counts(&self) -> (u64, u64) {
        let (mut done, mut not) = (0, 0);
        for step in &self.steps {
            match step.outcome {
                StepOutcome::Applied => done += 1,
                StepOutcome::Already => {}
                StepOutcome::NotTried | StepOutcome::Failed { .. } => not += 1,
            }
        }
        for reclaim in &self.reclaims {
            match reclaim.end {
                MdmEnd::Dropped => done += 1,
                MdmEnd::NotDropped { .. } => not += 1,
                MdmEnd::Waits { .. } => {}
            }
        }
        (done, not)
    }

    /// Whether there is nothing to tell.
    pub fn is_quiet(&self) -> bool {
        self.steps.is_empty() && self.reclaims.is_empty() && self.stopped.is_none()
    }

    /// Devices that reclaims wait for.
    pub fn waits(&self) -> u64 {
        let waits = |reclaim: &&MdmReclaimReport| matches!(reclaim.end, MdmEnd::Waits { .. });
        let waiting = self.reclaims.iter().filter(waits);
        waiting
            .map(|reclaim| reclaim.waiting.saturating_add(reclaim.blocked).max(1))
            .fold(0, u64::saturating_add)
    }
}
