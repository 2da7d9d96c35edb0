//! Rules that can block a plan, one file each. All are asked and reported together.
//!
//! A guard that trips says file, line, numbers and what to do; one that can be waived says the
//! exact allowance to put into a `Policy`.

mod allowance;
mod trip;

mod actual_shrank;
mod app_limit;
mod asset_not_owned;
mod asset_twice;
mod assign_nobody;
mod below_minimum;
mod empty_group;
mod foreign_owner;
mod freeze;
mod group_limit;
mod idle_allowance;
mod invalid_manifests;
mod irrevocable_assign;
mod library_twice;
mod licenses_short;
mod limits;
mod location_limit;
mod location_unread;
mod not_device_assignable;
mod not_revocable;
mod people_stay;
mod protected;
mod seats;
mod served;
mod stock_low;
mod token_expiry;
mod uid_unpinned;
mod wrong_library;

pub(super) use trip::{Moves, Trip};

use super::people::People;
use super::served::{MdmLocationPlan, Served};
use super::survey::Survey;
use super::{GuardLevel, GuardOutcome, GuardResult};
use crate::diagnostic::Code;
use crate::intune::Seen;

/// A rule that can block a plan.
#[derive(Debug)]
pub struct Guard {
    /// Its name, title and the text `vpp explain` prints.
    pub code: Code,
    /// Whether an allowance of a policy can waive it.
    pub waivable: bool,
    check: fn(&View<'_>) -> Vec<Trip>,
}

/// What a guard looks at.
pub(super) struct View<'a> {
    survey: &'a Survey<'a>,
    /// One per location.
    people: &'a [People],
    /// Locations whose server owns the token.
    served: &'a [MdmLocationPlan],
    /// What was read of them.
    servers: &'a [Served],
}

impl View<'_> {
    /// What such a location's server has, where it was read.
    fn seen(&self, location: &str) -> Option<&Seen> {
        self.servers.iter().find(|one| one.location == location)?.seen.as_ref().ok()
    }
}

/// Every guard, by code.
pub static GUARDS: &[Guard] = &[
    app_limit::GUARD,
    location_limit::GUARD,
    group_limit::GUARD,
    licenses_short::GUARD,
    empty_group::GUARD,
    below_minimum::GUARD,
    assign_nobody::GUARD,
    protected::GUARD,
    actual_shrank::GUARD,
    foreign_owner::GUARD,
    uid_unpinned::GUARD,
    token_expiry::GUARD,
    asset_not_owned::GUARD,
    not_device_assignable::GUARD,
    not_revocable::GUARD,
    irrevocable_assign::GUARD,
    location_unread::GUARD,
    wrong_library::GUARD,
    asset_twice::GUARD,
    freeze::GUARD,
    stock_low::GUARD,
    invalid_manifests::GUARD,
    library_twice::GUARD,
    people_stay::GUARD,
    idle_allowance::GUARD,
    served::UNREAD,
    served::TOKEN,
    served::TOKEN_ENDS,
    served::NO_APP,
    served::GROUP_GONE,
    served::GROUP_SMALL,
    served::LICENSE_KIND,
    served::SHORT,
    served::LIMIT,
    served::NOBODY,
    served::PROTECTED,
    served::MOVED,
    served::STUCK,
    served::DISAGREE,
];

/// Codes of the guards that say a location is not ours to touch.
pub(super) const CLOSING: [&str; 3] =
    [foreign_owner::GUARD.code.id, wrong_library::GUARD.code.id, library_twice::GUARD.code.id];

/// Asks every guard; blocked ones first, each kind by code and then in the order of the manifests.
pub(super) fn judge(
    survey: &Survey<'_>,
    people: &[People],
    served: &[MdmLocationPlan],
    servers: &[Served],
) -> Vec<GuardResult> {
    let view = View { survey, people, served, servers };
    let mut results: Vec<GuardResult> = GUARDS
        .iter()
        .flat_map(|guard| (guard.check)(&view).into_iter().map(move |trip| (guard, trip)))
        .map(|(guard, trip)| allowance::settle(survey, guard, trip))
        .collect();
    results.sort_by_key(|result| match (result.outcome, result.level) {
        (GuardOutcome::Tripped, GuardLevel::Block) => 0,
        (GuardOutcome::Tripped, GuardLevel::Warn) => 1,
        (GuardOutcome::Allowed, GuardLevel::Block | GuardLevel::Warn) => 2,
    });
    results
}

/// The guard an allowance means: `G101` or `VPP-G101`.
fn named(code: &str) -> Option<&'static Guard> {
    let bare = |code: &str| code.trim().to_ascii_uppercase().trim_start_matches("VPP-").to_owned();
    GUARDS.iter().find(|guard| bare(guard.code.id) == bare(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_has_its_own_code_and_says_what_to_do() {
        let mut codes: Vec<_> = GUARDS.iter().map(|guard| guard.code.id).collect();
        assert!(codes.is_sorted(), "{codes:?}");
        codes.dedup();
        assert_eq!(codes.len(), GUARDS.len());
        for Guard { code, .. } in GUARDS {
            assert!(code.id.starts_with("VPP-G1") && code.id.len() == 8, "{code}");
            assert!(!code.title.is_empty() && !code.title.ends_with('.'), "{code}");
            assert!(code.explain.len() > 80 && code.explain.ends_with('.'), "{code}");
        }
    }

    #[test]
    fn an_allowance_may_leave_out_the_prefix() {
        for spelling in ["G104", "VPP-G104", " vpp-g104"] {
            assert_eq!(named(spelling).unwrap().code.id, "VPP-G104");
        }
        assert!(named("G999").is_none());
    }
}
