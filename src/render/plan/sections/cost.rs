use hashbrown::HashSet;

use crate::plan::{Action, LocationPlan, Plan};
use crate::render::number::sum;

/// Seconds until an event is first asked for.
const FIRST_POLL: u64 = 2;
/// Seconds between later questions: Apple asks for no fewer (Apple's page:
/// managing-assets, "polling").
const POLL: u64 = 30;

/// What `apply` would cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Requests that write, at the least.
    pub write_requests: u64,
    /// Requests the read took.
    pub read_requests: u64,
    /// Seconds `apply` takes where every event is done at the first question.
    pub least_seconds: u64,
    /// Seconds it takes where every step needs one question more.
    pub likely_seconds: u64,
    /// Reclaims that wait for devices, however long that takes; not in the seconds.
    pub waits: u64,
}

impl Cost {
    pub(super) fn of(plan: &Plan) -> Self {
        let locations = &plan.locations;
        let moving: HashSet<(&str, Action)> =
            plan.changes.iter().map(|change| (change.location.as_str(), change.action)).collect();
        let seconds: Vec<(u64, u64)> = locations.iter().map(|one| estimate(&moving, one)).collect();
        let waits = plan.changes.iter().filter(|change| change.action == Action::Uninstall);
        Self {
            write_requests: sum(locations.iter().map(|location| location.write_requests)),
            read_requests: sum(locations
                .iter()
                .map(|location| location.read_requests)
                .chain(plan.mdm_locations.iter().map(|location| location.read_requests))),
            // Locations have a token each and do not slow each other down.
            least_seconds: seconds.iter().map(|(least, _)| *least).max().unwrap_or(0),
            likely_seconds: seconds.iter().map(|(_, likely)| *likely).max().unwrap_or(0),
            waits: sum(waits.map(|change| crate::render::number::count(change.pairs()))),
        }
    }
}

/// The time requests take at Apple's rate, and the polls of the steps that wait for each other:
/// the trial request, people, reclaims, assigns.
fn estimate(moving: &HashSet<(&str, Action)>, location: &LocationPlan) -> (u64, u64) {
    if location.write_requests == 0 {
        return (0, 0);
    }
    let has = |action: Action| moving.contains(&(location.name.as_str(), action));
    let users = &location.users;
    let steps = [
        true,
        !(users.create.is_empty() && users.update.is_empty() && users.retire.is_empty()),
        has(Action::Release),
        has(Action::Assign),
    ];
    let steps = sum(steps.map(u64::from));
    let rate = u64::from(location.limits.requests_per_second.max(1));
    let sending = location.write_requests.div_ceil(rate);
    (
        sending.saturating_add(steps * FIRST_POLL),
        sending.saturating_add(steps * (FIRST_POLL + POLL)),
    )
}
