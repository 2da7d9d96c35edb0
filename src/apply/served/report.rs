//! What became of one location's part.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apply::outcome::{Failure, StepOutcome};
use crate::intune::follow::{self, Count};
use crate::intune::{GroupReclaim, MemberState, Memory, Phase, Seen, Target};
use crate::plan::served::{MdmAction, MdmAppPlan, MdmLocationPlan, MdmStep};

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

/// So many devices are named.
const EXAMPLES: usize = 5;

/// A failure without a holder.
pub(super) fn failed(why: &str) -> Failure {
    Failure { number: None, message: why.to_owned(), help: None, holders: vec![], count: 1 }
}

impl MdmLocationReport {
    pub(super) fn new(plan: &MdmLocationPlan) -> Self {
        Self {
            name: plan.name.clone(),
            mdm: plan.mdm.clone(),
            steps: vec![],
            reclaims: vec![],
            sync_failed: None,
            not_nudged: None,
            stopped: None,
            requests: 0,
        }
    }

    /// A location that had no connection.
    pub fn without_connection(plan: &MdmLocationPlan, why: &str) -> Self {
        let mut report = Self::new(plan);
        for app in &plan.apps {
            for step in &app.steps {
                report.step(app, step, StepOutcome::NotTried);
            }
        }
        report.stopped = Some(why.to_owned());
        report
    }

    pub(super) fn step(&mut self, app: &MdmAppPlan, step: &MdmStep, outcome: StepOutcome) {
        self.steps.push(MdmStepReport {
            app: app.name.clone(),
            action: step.action,
            target: step.target.clone(),
            title: step.title.clone(),
            outcome,
        });
    }

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
        waiting.map(|reclaim| (reclaim.devices - reclaim.gone - reclaim.left).max(1)).sum()
    }

    pub(super) fn dropped(&mut self, app: &MdmAppPlan, target: &Target, reclaim: &GroupReclaim) {
        self.reclaim(app, target, reclaim, MdmEnd::Dropped);
    }

    pub(super) fn not_dropped(
        &mut self,
        app: &MdmAppPlan,
        target: &Target,
        reclaim: &GroupReclaim,
        failure: Failure,
    ) {
        self.reclaim(app, target, reclaim, MdmEnd::NotDropped { failure });
    }

    fn reclaim(&mut self, app: &MdmAppPlan, target: &Target, reclaim: &GroupReclaim, end: MdmEnd) {
        let [gone, waiting, blocked, left] = reclaim.counts();
        let mut examples: Vec<(u8, String)> = vec![];
        for (id, member) in &reclaim.members {
            let (rank, why) = match &member.state {
                MemberState::Blocked { why } => (0, why),
                MemberState::Waiting { why } => (1, why),
                MemberState::Left { why } => (2, why),
                MemberState::Gone { .. } => continue,
            };
            examples.push((rank, format!("{}: {why}", member.serial.as_deref().unwrap_or(id))));
        }
        examples.sort();
        self.reclaims.push(MdmReclaimReport {
            app: app.name.clone(),
            target: target.clone(),
            title: app.title(target),
            begun: reclaim.begun,
            devices: u64::try_from(reclaim.members.len()).unwrap_or(u64::MAX),
            gone,
            waiting,
            blocked,
            left,
            examples: examples.into_iter().take(EXAMPLES).map(|(_, text)| text).collect(),
            end,
        });
    }

    /// Every reclaim that goes on.
    pub(super) fn note_reclaims(&mut self, plan: &MdmLocationPlan, seen: &Seen, memory: &Memory) {
        for app in &plan.apps {
            let found = seen.apps.get(&app.asset);
            let known = app.id.as_deref().and_then(|id| memory.app(id));
            for reclaim in known.into_iter().flat_map(|known| &known.reclaims) {
                let told =
                    |one: &MdmReclaimReport| one.app == app.name && one.target == reclaim.target;
                if self.reclaims.iter().any(told) {
                    continue;
                }
                let [_, waiting, blocked, _] = reclaim.counts();
                let missing = match reclaim.phase {
                    Phase::Intended | Phase::Uninstalling => {
                        format!("{waiting} have not reported, {blocked} refuse")
                    }
                    Phase::Counting => found
                        .and_then(|found| {
                            let holders = found.holders.as_deref();
                            let count = Count { used: found.app.used, holders };
                            follow::came_back(reclaim, &seen.devices, count).err()
                        })
                        .unwrap_or_else(|| "the licenses have not been counted".to_owned()),
                    Phase::Proven => "the group has not been dropped".to_owned(),
                };
                self.reclaim(app, &reclaim.target, reclaim, MdmEnd::Waits { missing });
            }
        }
    }
}
