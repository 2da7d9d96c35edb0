use super::limits::bounds;
use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::license::HolderSet;
use crate::plan::examples::examples;
use crate::plan::numbers::grouped;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G101",
        title: "one app moves too much",
        explain: "The plan takes back, or gives, more licenses of one app or book, or seats of one \
                  subscription, than the policy's \
                  `limits` allow in one plan, as a share of its present holders or as a number. A \
                  wrong condition or a shortened list looks just like this. If it is meant, add \
                  the allowance shown, or make the change in smaller steps. With a policy that \
                  says nothing of it, 10 % and 500 hold for reclaims.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for bound in bounds(&survey.manifests.policies, |limits| limits.app.as_ref(), true) {
        trips.extend(super::seats::limit(survey, &bound));
        for placed in &survey.placed {
            let (name, holders) = (&placed.wanted.name, placed.holders());
            let moved = if bound.reclaim { placed.reclaims() } else { placed.asked() };
            let Some(broken) = bound.broken(moved, holders) else { continue };
            let mut who = HolderSet::new();
            for at in &placed.at {
                if bound.reclaim {
                    who |= &at.leaving();
                } else {
                    at.assigns.iter().chain(&at.later).for_each(|(_, holders)| who |= holders);
                }
            }
            let trip = Trip::block(format!(
                "{name}: {} {} of {} holders ({broken})",
                bound.verb(),
                grouped(moved),
                grouped(holders)
            ));
            let trip = if bound.reclaim { trip.reclaims(moved) } else { trip.assigns(moved) };
            let limit = survey.manifests.sources.path(bound.span);
            trips.push(
                trip.subject(name)
                    .at(placed.wanted.assign_span)
                    .examples(examples(survey.roster, &who))
                    .help(format!("the limit stands in {limit}:{}", bound.span.line)),
            );
        }
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::manifest::kind::{ReclaimMode, Share};
    use crate::plan::world::{World, allowed, blocked, devices};

    /// `leaving` of ten holders lose the app.
    fn losing_without_policy(leaving: u32) -> World {
        World::new()
            .group("year-7", devices(1..=10 - leaving))
            .app("notability")
            .to("year-7")
            .reclaim(ReclaimMode::Release)
            .held_by(devices(1..=10))
            .owns(10)
    }

    /// The same with a policy that bounds the location loosely.
    fn losing(leaving: u32) -> World {
        losing_without_policy(leaving).limit_location(Share { percent: Some(100.0), count: None })
    }

    #[test]
    fn more_than_the_share_blocks_and_the_share_itself_does_not() {
        let limited =
            |leaving| losing(leaving).limit_app(Share { percent: Some(20.0), count: None }).plan();
        assert!(blocked(&limited(2)).is_empty());
        let plan = limited(3);
        assert_eq!(blocked(&plan), ["VPP-G101"]);
        assert_eq!(
            plan.guards[0].message,
            "notability: reclaims 3 of 10 holders (30 %, limit 20 %)"
        );
    }

    #[test]
    fn a_policy_without_limits_holds_the_default_and_no_policy_holds_none() {
        assert!(blocked(&losing(1).plan()).is_empty());
        assert_eq!(blocked(&losing(2).plan()), ["VPP-G101"]);
        assert!(blocked(&losing_without_policy(9).plan()).is_empty());
    }

    #[test]
    fn an_allowance_must_reach_the_number() {
        let allow = |number| losing(3).allow("G101", |allow| allow.reclaim_up_to(number)).plan();
        assert_eq!(blocked(&allow(2)), ["VPP-G101"]);
        assert_eq!(allowed(&allow(3)), ["VPP-G101"]);
    }
}
