use super::limits::bounds;
use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::numbers::grouped;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G103",
        title: "one group moves too much",
        explain: "The plan takes back from, or gives to, the members of one group more licenses \
                  than the policy's `limits` allow in one plan, as a share of what they hold or as \
                  a number. If it is meant, add the allowance shown.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for bound in bounds(&survey.manifests.policies, |limits| limits.group.as_ref(), false) {
        let limit = survey.manifests.sources.path(bound.span);
        for (name, group) in &survey.desired.groups {
            let mut members = &group.members | &group.users_of_devices;
            members |= &group.devices_of_users;
            let (mut moved, mut present) = (0, 0);
            for at in survey.placed.iter().flat_map(|placed| &placed.at).filter(|at| at.open) {
                present += at.held.intersection_len(&members);
                let reclaims = at.reclaims.iter().map(|reclaim| &reclaim.holders);
                let assigns = at.assigns.iter().chain(&at.later).map(|(_, holders)| holders);
                moved += if bound.reclaim {
                    reclaims.map(|holders| holders.intersection_len(&members)).sum::<u64>()
                } else {
                    assigns.map(|holders| holders.intersection_len(&members)).sum::<u64>()
                };
            }
            let seats = super::seats::moved(survey, &bound, |_| true, Some(&members));
            moved += seats.0;
            present += seats.1;
            let Some(broken) = bound.broken(moved, present) else { continue };
            let trip = Trip::block(format!(
                "group `{name}`: {} {} of {} assignments ({broken})",
                bound.verb(),
                grouped(moved),
                grouped(present)
            ));
            let trip = if bound.reclaim { trip.reclaims(moved) } else { trip.assigns(moved) };
            trips.push(
                trip.subject(name)
                    .at(group.span)
                    .help(format!("the limit stands in {limit}:{}", bound.span.line)),
            );
        }
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::manifest::kind::{ReclaimMode, Share};
    use crate::plan::world::{World, blocked, devices};

    const ALL: Share = Share { percent: Some(100.0), count: None };

    fn losing(limit: f64) -> crate::plan::Plan {
        World::new()
            .group("year-7", devices(1..=8))
            .group("loaners", devices(9..=10))
            .app("notability")
            .to("year-7")
            .reclaim(ReclaimMode::Release)
            .held_by(devices(1..=10))
            .owns(10)
            .limit_app(ALL)
            .limit_location(ALL)
            .limit_group(Share { percent: Some(limit), count: None })
            .plan()
    }

    #[test]
    fn a_group_that_loses_more_than_its_share_blocks() {
        let plan = losing(50.0);
        assert_eq!(blocked(&plan), ["VPP-G103"]);
        assert_eq!(plan.guards[0].subject.as_deref(), Some("loaners"));
    }

    #[test]
    fn within_the_share_it_is_fine() {
        assert!(blocked(&losing(100.0)).is_empty());
    }
}
