//! What a run did: the report at its end and the events on the way.
//!
//! `apply` fills these in; `render::run` prints them. Licenses are counted in pairs of asset and
//! holder. For every change `applied + already + failed + not_tried + waits` is the number of
//! pairs the plan had for it.

use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::served::{MdmLocationReport, MdmReclaimReport, MdmStepReport};
use crate::license::{Asset, AssetKind};
use crate::plan::{Action, Cause};
use crate::reclaim::Phase;

use super::seats::{SeatRunSummary, SeatStep, SeatsReport};

/// Version of [`RunReport`] and [`Event`]: a new minor only adds, a new major may change.
pub const FORMAT_VERSION: &str = "1.0";

/// What one run did, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// Version of this format.
    pub format_version: String,
    /// The tool that wrote it, for example `vpp 0.1.0`.
    pub tool: String,
    /// Fingerprint of the plan that was applied.
    pub fingerprint: String,
    /// When the run began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// When it ended.
    #[schemars(with = "String")]
    pub ended_at: Timestamp,
    /// How it ended.
    pub result: RunResult,
    /// The totals over all locations: [`RunSummary::of`] these.
    pub summary: RunSummary,
    /// One per location of the plan, in its order.
    pub locations: Vec<LocationReport>,
    /// One per location whose server owns the token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mdm_locations: Vec<MdmLocationReport>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RunResult {
    /// Everything that can be done now is done and was read back; reclaims may wait for devices.
    Done,
    /// Some changes failed or were not tried.
    Partial,
    /// There was nothing to do.
    Nothing,
    /// It stopped by itself.
    Stopped {
        /// Why, in one sentence without a full stop.
        reason: String,
    },
    /// Someone stopped it; the journal is closed.
    Interrupted,
}

impl RunResult {
    /// The same, with what was done where servers own tokens.
    pub(super) fn with_servers(self, reports: &[MdmLocationReport], asked: bool) -> Self {
        let (mut done, mut not, mut waits) = (0, 0, 0);
        for report in reports {
            let (made, missed) = report.counts();
            done += made;
            not += missed;
            waits += report.waits();
        }
        let stopped = reports
            .iter()
            .find_map(|report| Some(format!("{}: {}", report.name, report.stopped.as_ref()?)));
        match (self, stopped) {
            (Self::Interrupted, _) => Self::Interrupted,
            (Self::Done | Self::Partial | Self::Nothing, _) if not > 0 && asked => {
                Self::Interrupted
            }
            (Self::Stopped { reason }, _)
            | (Self::Done | Self::Partial | Self::Nothing, Some(reason)) => {
                Self::Stopped { reason }
            }
            (Self::Partial, None) => Self::Partial,
            (Self::Done | Self::Nothing, None) if not > 0 => Self::Partial,
            (Self::Nothing, None) if done + waits > 0 => Self::Done,
            (settled, None) => settled,
        }
    }
}

/// The totals of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// Licenses given, and read back.
    pub assigned: u64,
    /// Licenses taken back, and read back.
    pub reclaimed: u64,
    /// Pairs that were as wanted before the run touched them.
    pub already: u64,
    /// Pairs that failed.
    pub failed: u64,
    /// Pairs that were not tried: withheld on purpose, or because the run ended before them.
    pub not_tried: u64,
    /// Pairs whose reclaim waits until a device has proven the app gone, and those that wait for
    /// a license such a reclaim frees.
    pub waits: u64,
    /// Of these, reclaims that wait until somebody does something.
    #[serde(default)]
    pub blocked: u64,
    /// Of these, reclaims without a proof after their deadline, and those whose device has left.
    #[serde(default)]
    pub unknown: u64,
    /// People registered.
    pub users_created: u64,
    /// People updated.
    pub users_updated: u64,
    /// People retired.
    pub users_retired: u64,
    /// People for whom registering, updating or retiring failed.
    pub users_failed: u64,
    /// People who were not tried.
    pub users_not_tried: u64,
    /// Locations claimed.
    pub claimed: u64,
    /// Requests sent to Apple.
    pub requests: u64,
    /// Installations; absent where nothing was to be installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installs: Option<InstallTotals>,
    /// Seats and administrators; absent where the plan speaks of no subscriptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<SeatRunSummary>,
}

impl RunSummary {
    /// The totals of these locations.
    pub fn of(locations: &[LocationReport]) -> Self {
        let subscriptions = SeatRunSummary::of(locations);
        let installs = InstallTotals::of(locations);
        let mut total = Self { installs, subscriptions, ..Self::default() };
        for location in locations {
            let LocationReport { claim, users, changes, requests, .. } = location;
            add(&mut total.requests, *requests);
            add(&mut total.claimed, u64::from(matches!(claim, Some(StepOutcome::Applied))));
            let UserOutcome { created, updated, retired } = users;
            add(&mut total.users_created, created.applied);
            add(&mut total.users_updated, updated.applied);
            add(&mut total.users_retired, retired.applied);
            for counts in [created, updated, retired] {
                add(&mut total.users_failed, counts.failed());
                add(&mut total.users_not_tried, counts.not_tried);
            }
            for change in changes {
                if change.action.is_reclaim() {
                    add(&mut total.reclaimed, change.applied);
                } else {
                    add(&mut total.assigned, change.applied);
                }
                add(&mut total.already, change.already);
                add(&mut total.failed, change.failed());
                add(&mut total.not_tried, change.not_tried);
                add(&mut total.waits, change.waits);
                for ReclaimCount { phase, count, why: _ } in &change.reclaims {
                    match phase {
                        Phase::Blocked => add(&mut total.blocked, *count),
                        Phase::Unknown | Phase::Gone => add(&mut total.unknown, *count),
                        Phase::Wanted
                        | Phase::UninstallSent
                        | Phase::Acknowledged
                        | Phase::ProvenAbsent
                        | Phase::Disassociated
                        | Phase::Verified
                        | Phase::Cancelled => {}
                    }
                }
            }
        }
        total
    }
}

/// What happened in one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocationReport {
    /// Name of its manifest.
    pub name: String,
    /// Apple's library id.
    pub uid: Option<String>,
    /// Whether claiming it worked, where the plan claims it.
    pub claim: Option<StepOutcome>,
    /// What became of the people.
    pub users: UserOutcome,
    /// One per change of the plan, in its order.
    pub changes: Vec<ChangeReport>,
    /// What became of installations that earlier runs asked for, app by app.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installs: Vec<InstallReport>,
    /// Why this location ended early, in one sentence without a full stop.
    pub stopped: Option<String>,
    /// Requests sent to Apple for it, reads included.
    pub requests: u64,
    /// What became of its subscriptions; absent where the plan speaks of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<SeatsReport>,
}

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepOutcome {
    /// Done, and read back.
    Applied,
    /// It was so before.
    Already,
    /// The run ended before it.
    NotTried,
    /// It failed.
    Failed {
        /// How.
        failure: Failure,
    },
}

/// What became of the people of one location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserOutcome {
    /// To be registered.
    pub created: UserCounts,
    /// To be updated.
    pub updated: UserCounts,
    /// To be retired.
    pub retired: UserCounts,
}

/// What became of people for whom the same was wanted, counted in people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserCounts {
    /// Done, and read back.
    pub applied: u64,
    /// It was so before.
    pub already: u64,
    /// What failed, one per kind of failure.
    pub failed: Vec<Failure>,
    /// The run ended before them.
    pub not_tried: u64,
}

impl UserCounts {
    /// How many people failed.
    pub fn failed(&self) -> u64 {
        count(&self.failed)
    }
}

/// What became of one change of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeReport {
    /// What is licensed.
    pub asset: Asset,
    /// App or book.
    pub kind: AssetKind,
    /// Name of its manifest.
    pub name: String,
    /// What should happen.
    pub action: Action,
    /// Why.
    pub cause: Cause,
    /// Pairs done, and read back.
    pub applied: u64,
    /// Pairs that were so before the run touched them.
    pub already: u64,
    /// What failed, one per kind of failure.
    pub failed: Vec<Failure>,
    /// Pairs not tried: withheld, or because the run or the location ended before them.
    pub not_tried: u64,
    /// Of the pairs not tried, those that were withheld on purpose, one per reason.
    #[serde(default)]
    pub withheld: Vec<Failure>,
    /// Pairs whose app must first be proven gone from the device; of an assign, pairs for which no
    /// license is free before that.
    pub waits: u64,
    /// Of a reclaim by uninstall: where the pairs that wait are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reclaims: Vec<ReclaimCount>,
    /// Of an assign: what became of the installations it asked for; absent where it asked for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installs: Option<InstallOutcome>,
}

/// What became of installations, counted in devices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstallOutcome {
    /// Commands that this run handed over.
    pub sent: u64,
    /// Devices that took the command as done.
    pub acknowledged: u64,
    /// What is given up, one per reason.
    pub failed: Vec<Failure>,
    /// What goes on with the next run, one per reason.
    pub waits: Vec<InstallWait>,
    /// People of whom no device is known, one per reason.
    pub impossible: Vec<Failure>,
}

/// Installations that wait for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstallWait {
    /// What for, in one sentence without a full stop.
    pub why: String,
    /// How many.
    pub count: u64,
}

/// What became of an app's installations that earlier runs asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstallReport {
    /// The app.
    pub asset: Asset,
    /// Name of its manifest.
    pub name: String,
    /// What became of them.
    pub outcome: InstallOutcome,
}

/// The totals of installations, of earlier runs too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstallTotals {
    /// Commands handed over.
    pub sent: u64,
    /// Devices that took the command as done.
    pub acknowledged: u64,
    /// Devices that refused, and what is given up.
    pub failed: u64,
    /// What goes on with the next run.
    pub waits: u64,
    /// People of whom no device is known.
    pub impossible: u64,
}

impl InstallTotals {
    /// The totals of these locations; `None` where nothing was to be installed.
    fn of(locations: &[LocationReport]) -> Option<Self> {
        let mut total: Option<Self> = None;
        for location in locations {
            let now = location.changes.iter().filter_map(|change| change.installs.as_ref());
            let earlier = location.installs.iter().map(|report| &report.outcome);
            for outcome in now.chain(earlier) {
                let InstallOutcome { sent, acknowledged, failed, waits, impossible } = outcome;
                let total = total.get_or_insert_default();
                add(&mut total.sent, *sent);
                add(&mut total.acknowledged, *acknowledged);
                add(&mut total.failed, count(failed));
                waits.iter().for_each(|wait| add(&mut total.waits, wait.count));
                add(&mut total.impossible, count(impossible));
            }
        }
        total
    }

    /// All installations this run had to do with.
    pub fn all(self) -> u64 {
        let Self { sent: _, acknowledged, failed, waits, impossible } = self;
        [acknowledged, failed, waits, impossible].into_iter().fold(0, u64::saturating_add)
    }
}

/// Pairs of one reclaim by uninstall that are equally far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReclaimCount {
    /// How far.
    pub phase: Phase,
    /// What they wait for, in one sentence without a full stop.
    pub why: String,
    /// How many.
    pub count: u64,
}

impl ChangeReport {
    /// How many pairs failed.
    pub fn failed(&self) -> u64 {
        count(&self.failed)
    }

    /// How many pairs were withheld on purpose.
    pub fn withheld(&self) -> u64 {
        count(&self.withheld)
    }

    /// How many pairs the plan had for it.
    pub fn pairs(&self) -> u64 {
        [self.applied, self.already, self.failed(), self.not_tried, self.waits]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

/// One kind of failure and everyone it hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Apple's error number; `None` where the failure is not Apple's.
    pub number: Option<i32>,
    /// What happened: Apple's text, where it is Apple's.
    pub message: String,
    /// What to do next, where known.
    pub help: Option<String>,
    /// Serial numbers and `clientUserId`s, all of them, ascending.
    pub holders: Vec<String>,
    /// How many.
    pub count: u64,
}

/// A report read from a file can hold any number, so sums stop at the largest.
fn add(total: &mut u64, more: u64) {
    *total = total.saturating_add(more);
}

fn count(failures: &[Failure]) -> u64 {
    failures.iter().map(|failure| failure.count).fold(0, u64::saturating_add)
}

/// One line of the stream `vpp apply --format json` writes while it runs.
///
/// The first is always [`Event::Version`], the last [`Event::Summary`] unless the process was
/// killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Which stream this is.
    Version {
        /// Version of this format.
        format_version: String,
        /// The tool that writes it, for example `vpp 0.1.0`.
        tool: String,
        /// Fingerprint of the plan that is applied.
        fingerprint: String,
    },
    /// A location's turn has come.
    LocationStarted {
        /// Name of the location.
        location: String,
        /// Apple's library id.
        uid: Option<String>,
        /// Changes the plan has for it.
        changes: u64,
        /// Pairs of these.
        pairs: u64,
    },
    /// The location is claimed, or not.
    Claimed {
        /// Name of the location.
        location: String,
        /// What became of it.
        outcome: StepOutcome,
    },
    /// The people are registered, updated and retired.
    Users {
        /// Name of the location.
        location: String,
        /// What became of them.
        outcome: UserOutcome,
    },
    /// A request with licenses was sent.
    RequestSent {
        /// Name of the location.
        location: String,
        /// Apple's id of the event it started; `None` where the reply was lost.
        event_id: Option<String>,
        /// What it asks for.
        action: Action,
        /// Pairs it carries.
        pairs: u64,
    },
    /// A request's event ended and its pairs were read back.
    Settled {
        /// Name of the location.
        location: String,
        /// Apple's id of the event; `None` where the reply was lost.
        event_id: Option<String>,
        /// Pairs done.
        applied: u64,
        /// Pairs failed.
        failed: u64,
    },
    /// A request about subscriptions was sent.
    SeatRequest {
        /// Name of the location.
        location: String,
        /// Apple's id of the event it started; `None` where it takes effect at once, or the reply
        /// was lost.
        event_id: Option<String>,
        /// What it asks for.
        step: SeatStep,
        /// Pairs of subscription and person it carries.
        pairs: u64,
    },
    /// Nothing more will be tried for the location's subscriptions.
    Seats {
        /// Name of the location.
        location: String,
        /// What became of them.
        outcome: SeatsReport,
    },
    /// An assignment of an app at a server that owns its location's token was changed, or not.
    MdmStep {
        /// Name of the location.
        location: String,
        /// What became of it.
        step: MdmStepReport,
    },
    /// Where a group's reclaim stands at such a server when the run leaves it.
    MdmReclaim {
        /// Name of the location.
        location: String,
        /// How far it is.
        reclaim: MdmReclaimReport,
    },
    /// Nothing more will be tried for this change.
    ChangeDone {
        /// Name of the location.
        location: String,
        /// What became of it.
        change: ChangeReport,
    },
    /// A location, or the whole run, ended early.
    Stopped {
        /// Name of the location; `None` for the whole run.
        location: Option<String>,
        /// Why, in one sentence without a full stop.
        reason: String,
    },
    /// The run has ended.
    Summary {
        /// How.
        result: RunResult,
        /// The totals.
        summary: RunSummary,
    },
}

impl Event {
    /// The first line of every stream.
    pub fn version(tool: &str, fingerprint: &str) -> Self {
        Self::Version {
            format_version: FORMAT_VERSION.to_owned(),
            tool: tool.to_owned(),
            fingerprint: fingerprint.to_owned(),
        }
    }
}

/// JSON Schema (draft-07) of a [`RunReport`]: `schema/result.json`.
pub fn json_schema() -> Schema {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<RunReport>()
}

/// JSON Schema (draft-07) of one line of the event stream: `schema/events.json`.
pub fn event_schema() -> Schema {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Event>()
}
