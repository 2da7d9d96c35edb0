//! What a plan has to say, in the order a reviewer must judge it: typed, pure and countable.

mod assigns;
mod base;
mod carried;
mod causes;
mod cost;
mod installs;
mod left;
mod licenses;
mod locations;
mod moved;
mod read;
mod reclaims;
mod seats;
mod totals;
mod verdict;

pub use assigns::AssignRow;
pub(in crate::render) use base::base_said;
pub use carried::UnderWay;
pub(in crate::render) use carried::{minute, phases, remarks};
pub use causes::{CauseRow, Place};
pub use cost::Cost;
pub(in crate::render) use installs::installs;
pub use left::LeftRow;
pub use licenses::{LicenseState, LicenseSummary};
pub use locations::{Claim, LocationRow};
pub use moved::Moved;
pub use reclaims::ReclaimRow;
pub(in crate::render) use seats::seat_state;
pub use seats::{SeatLeft, SeatMove, SeatsSection};
pub use totals::Totals;
pub use verdict::Verdict;

use crate::license::AssetKind;
use crate::plan::{GuardLevel, GuardOutcome, GuardResult, Notice, Plan};

/// Everything the plan for people says, with its sums.
///
/// The tables are computed from the plan's changes, not copied from its summary, so that what is
/// read is what would be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Sections<'p> {
    /// Whether it can be applied.
    pub verdict: Verdict,
    /// The totals.
    pub totals: Totals,
    /// Locations `apply` would claim or take over.
    pub claims: Vec<Claim<'p>>,
    /// One per location: those to be claimed first, then by how much they change, those that
    /// could not be read last.
    pub locations: Vec<LocationRow<'p>>,
    /// Guards: those that block first, then those that warn, then the allowed; of each kind the
    /// first of every code before the second of any.
    pub guards: Vec<&'p GuardResult>,
    /// Why it changes, the largest first; row `n` has the number `n + 1`.
    pub causes: Vec<CauseRow<'p>>,
    /// Licenses taken back, by location and asset, the largest first.
    pub reclaims: Vec<ReclaimRow<'p>>,
    /// Licenses given, assets with the same causes together, the largest first.
    pub assigns: Vec<AssignRow<'p>>,
    /// What other hands moved since the last apply.
    pub moved: Moved<'p>,
    /// Reclaims by uninstall that earlier runs began.
    pub under_way: UnderWay<'p>,
    /// What is deliberately left alone.
    pub left: Vec<LeftRow<'p>>,
    /// Subscriptions.
    pub seats: SeatsSection<'p>,
    /// Licenses after apply.
    pub licenses: LicenseSummary<'p>,
    /// Warnings and errors about the manifests, errors first.
    pub notices: Vec<&'p Notice>,
    /// What apply would cost.
    pub cost: Cost,
    /// Whether there are books among the apps.
    pub books: bool,
}

impl<'p> Sections<'p> {
    /// What this plan has to say.
    pub fn of(plan: &'p Plan) -> Self {
        let (causes, numbers) = causes::causes(plan);
        let mut notices: Vec<&Notice> = plan.diagnostics.iter().collect();
        notices.sort_by_key(|notice| notice.level != "error");
        Self {
            verdict: Verdict::of(plan),
            totals: Totals::of(plan),
            claims: locations::claims(plan),
            locations: locations::locations(plan),
            guards: guards(plan),
            reclaims: reclaims::reclaims(plan, &numbers),
            assigns: assigns::assigns(plan, &numbers),
            causes,
            moved: Moved::of(plan),
            under_way: UnderWay::of(plan),
            left: left::left(plan),
            seats: SeatsSection::of(plan),
            licenses: LicenseSummary::of(plan),
            notices,
            cost: Cost::of(plan),
            books: books(plan),
        }
    }
}

fn books(plan: &Plan) -> bool {
    let mut rows = plan.locations.iter().flat_map(|location| &location.licenses);
    rows.any(|row| row.kind == AssetKind::Book)
        || plan.changes.iter().any(|change| change.kind == AssetKind::Book)
}

fn guards(plan: &Plan) -> Vec<&GuardResult> {
    let mut seen = hashbrown::HashMap::new();
    let mut guards: Vec<((u8, usize), &GuardResult)> = plan
        .guards
        .iter()
        .map(|guard| {
            let rank = match (guard.outcome, guard.level) {
                (GuardOutcome::Tripped, GuardLevel::Block) => 0,
                (GuardOutcome::Tripped, GuardLevel::Warn) => 1,
                (GuardOutcome::Allowed, GuardLevel::Block | GuardLevel::Warn) => 2,
            };
            let nth: &mut usize = seen.entry((rank, guard.code.as_str())).or_default();
            *nth += 1;
            ((rank, *nth), guard)
        })
        .collect();
    guards.sort_by_key(|(order, _)| *order);
    guards.into_iter().map(|(_, guard)| guard).collect()
}
