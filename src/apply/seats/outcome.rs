//! What a run did with subscriptions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apply::outcome::{Failure, LocationReport, StepOutcome};
use crate::license::AdamId;
use crate::plan::{AdministratorAction, Cause, SeatAction};

/// What became of one location's subscriptions. In every row `applied + already + failed +
/// not_tried + waits` is the number of people the plan had for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatsReport {
    /// Whether saying that subscriptions are handled worked, where the plan says it.
    pub enabled: Option<StepOutcome>,
    /// One per change of seats, in the order of the plan.
    pub changes: Vec<SeatChangeReport>,
    /// One per change of administrators, in the order of the plan.
    pub administrators: Vec<AdministratorReport>,
}

/// What became of one change of seats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatChangeReport {
    /// Apple's number of the subscription.
    pub adam_id: AdamId,
    /// Name of its manifest.
    pub name: String,
    /// What should happen.
    pub action: SeatAction,
    /// Why.
    pub cause: Cause,
    /// What became of the people.
    pub outcome: SeatOutcome,
}

/// What became of one change of administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdministratorReport {
    /// Apple's number of the subscription.
    pub adam_id: AdamId,
    /// Name of its manifest.
    pub name: String,
    /// What should happen.
    pub action: AdministratorAction,
    /// What became of the people.
    pub outcome: SeatOutcome,
}

/// What became of people for whom the same was wanted, counted in people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatOutcome {
    /// Done, and read back.
    pub applied: u64,
    /// It was so before.
    pub already: u64,
    /// What failed, one per kind of failure.
    pub failed: Vec<Failure>,
    /// Not tried: withheld, or because the run or the location ended before them.
    pub not_tried: u64,
    /// Of these, those that were withheld on purpose, one per reason.
    pub withheld: Vec<Failure>,
    /// Taken by Apple for the end of the billing period, and not to be seen before.
    pub waits: u64,
}

impl SeatOutcome {
    /// How many failed.
    pub fn failed(&self) -> u64 {
        self.failed.iter().map(|failure| failure.count).fold(0, u64::saturating_add)
    }
}

/// The totals of a run over all subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatRunSummary {
    /// Seats given, and read back.
    pub assigned: u64,
    /// Seats taken back, now or at the end of the period, and read back.
    pub reclaimed: u64,
    /// Seats that now go on, or end, other than before.
    pub changed: u64,
    /// Administrators added or removed.
    pub administrators: u64,
    /// Locations where Apple was told that subscriptions are handled.
    pub enabled: u64,
    /// What was as wanted before.
    pub already: u64,
    /// What failed.
    pub failed: u64,
    /// What was not tried.
    pub not_tried: u64,
    /// Seats that Apple takes back at the end of the period, and that cannot be seen to end.
    pub waits: u64,
}

impl SeatRunSummary {
    /// The totals of these locations; nothing where none has subscriptions.
    pub fn of(locations: &[LocationReport]) -> Option<Self> {
        let reports: Vec<&SeatsReport> =
            locations.iter().filter_map(|location| location.subscriptions.as_ref()).collect();
        if reports.is_empty() {
            return None;
        }
        let mut sum = Self::default();
        for SeatsReport { enabled, changes, administrators } in reports {
            match enabled {
                Some(StepOutcome::Applied) => sum.enabled += 1,
                Some(StepOutcome::Failed { .. }) => sum.failed += 1,
                Some(StepOutcome::NotTried) => sum.not_tried += 1,
                Some(StepOutcome::Already) | None => {}
            }
            for change in changes {
                let side = match change.action {
                    SeatAction::Release | SeatAction::ReleaseLater => &mut sum.reclaimed,
                    SeatAction::Expire | SeatAction::Renew => &mut sum.changed,
                    SeatAction::AssignExpiring | SeatAction::AssignRenewing => &mut sum.assigned,
                };
                *side = side.saturating_add(change.outcome.applied);
                sum.take(&change.outcome);
            }
            for change in administrators {
                sum.administrators = sum.administrators.saturating_add(change.outcome.applied);
                sum.take(&change.outcome);
            }
        }
        Some(sum)
    }

    fn take(&mut self, outcome: &SeatOutcome) {
        for (total, more) in [
            (&mut self.already, outcome.already),
            (&mut self.failed, outcome.failed()),
            (&mut self.not_tried, outcome.not_tried),
            (&mut self.waits, outcome.waits),
        ] {
            *total = total.saturating_add(more);
        }
    }

    /// What was done, or was so before.
    pub fn done(&self) -> u64 {
        self.changed_anything() + self.already + self.waits
    }

    /// What was done.
    pub fn changed_anything(&self) -> u64 {
        self.assigned + self.reclaimed + self.changed + self.administrators + self.enabled
    }
}

/// What one request about subscriptions asks for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SeatStep {
    /// Seats taken back at once.
    Release,
    /// Seats taken back at the end of the billing period.
    ReleaseLater,
    /// Seats made to end with the period.
    Expire,
    /// Seats made to go on.
    Renew,
    /// Seats given that end with the period.
    AssignExpiring,
    /// Seats given that go on.
    AssignRenewing,
    /// Administrators removed.
    RemoveAdministrators,
    /// Administrators added.
    AddAdministrators,
}

impl SeatStep {
    /// Every step, in the order they are taken: what comes back first, since others may get it.
    pub(super) const ALL: [Self; 8] = [
        Self::Release,
        Self::ReleaseLater,
        Self::Expire,
        Self::Renew,
        Self::AssignRenewing,
        Self::AssignExpiring,
        Self::RemoveAdministrators,
        Self::AddAdministrators,
    ];

    pub(super) fn of(action: SeatAction) -> Self {
        match action {
            SeatAction::Release => Self::Release,
            SeatAction::ReleaseLater => Self::ReleaseLater,
            SeatAction::Expire => Self::Expire,
            SeatAction::Renew => Self::Renew,
            SeatAction::AssignExpiring => Self::AssignExpiring,
            SeatAction::AssignRenewing => Self::AssignRenewing,
        }
    }

    pub(super) fn of_administrators(action: AdministratorAction) -> Self {
        match action {
            AdministratorAction::Remove => Self::RemoveAdministrators,
            AdministratorAction::Add => Self::AddAdministrators,
        }
    }
}
