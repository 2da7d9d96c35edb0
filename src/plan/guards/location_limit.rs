use super::limits::bounds;
use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::numbers::{count, grouped};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G102",
        title: "one location moves too much",
        explain: "The plan takes back, or gives, more licenses in one location than the policy's \
                  `limits` allow in one plan, as a share of its managed assignments or as a \
                  number; or it retires more people than the limit for reclaims allows, since \
                  retiring takes licenses back for good. If it is meant, add the allowance shown. \
                  With a policy that says nothing of it, 10 % and 500 hold for reclaims.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for bound in bounds(&survey.manifests.policies, |limits| limits.location.as_ref(), true) {
        let limit = survey.manifests.sources.path(bound.span);
        let limit = format!("the limit stands in {limit}:{}", bound.span.line);
        for (index, (site, people)) in survey.sites.iter().zip(view.people).enumerate() {
            let Some(actual) = site.open() else { continue };
            let (mut moved, mut present) = (0, 0);
            for (_, at) in survey.at(index) {
                present += at.held.len();
                let leaving = at.reclaims.iter().map(|reclaim| reclaim.holders.len());
                moved += if bound.reclaim { leaving.sum() } else { at.asked() };
            }
            let seats = super::seats::moved(survey, &bound, |one| one.site == index, None);
            moved += seats.0;
            present += seats.1;
            let place =
                |trip: Trip| trip.location(site.name()).at(site.manifest.name.span).help(&limit);
            if let Some(broken) = bound.broken(moved, present) {
                let trip = place(Trip::block(format!(
                    "{}: {} {} of {} assignments ({broken})",
                    site.name(),
                    bound.verb(),
                    grouped(moved),
                    grouped(present)
                )));
                trips.push(if bound.reclaim { trip.reclaims(moved) } else { trip.assigns(moved) });
            }
            let active =
                actual.users.values().filter(|record| super::super::people::is_active(record));
            let (retired, active) = (count(people.plan.retire.len()), count(active.count()));
            if let Some(broken) = bound.broken(retired, active).filter(|_| bound.reclaim) {
                let examples = people.plan.retire.iter().take(3).map(ToString::to_string);
                trips.push(
                    place(Trip::block(format!(
                        "{}: retires {} of {} people ({broken})",
                        site.name(),
                        grouped(retired),
                        grouped(active)
                    )))
                    .reclaims(retired)
                    .examples(examples.collect()),
                );
            }
        }
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::actual::UserStatus;
    use crate::manifest::kind::{ReclaimMode, RetireUsers, Share};
    use crate::plan::world::{NORTH, World, blocked, devices};

    const ALL: Share = Share { percent: Some(100.0), count: None };

    fn losing(leaving: u32) -> World {
        World::new()
            .group("year-7", devices(1..=10 - leaving))
            .app("notability")
            .to("year-7")
            .reclaim(ReclaimMode::Release)
            .held_by(devices(1..=10))
            .owns(10)
            .limit_app(ALL)
    }

    #[test]
    fn more_than_the_number_blocks() {
        let limit = Share { percent: None, count: Some(2) };
        assert!(blocked(&losing(2).limit_location(limit).plan()).is_empty());
        let plan = losing(3).limit_location(limit).plan();
        assert_eq!(blocked(&plan), ["VPP-G102"]);
        assert_eq!(
            plan.guards[0].message,
            "northfield: reclaims 3 of 10 assignments (30 %, limit 2)"
        );
    }

    #[test]
    fn retiring_people_counts_too() {
        let retiring = |limit| {
            World::new()
                .at(NORTH, |site| site.retire = RetireUsers::Unreferenced)
                .user("ada", UserStatus::Associated)
                .user("bob", UserStatus::Registered)
                .limit_location(Share { percent: None, count: Some(limit) })
                .plan()
        };
        assert!(blocked(&retiring(2)).is_empty());
        assert_eq!(blocked(&retiring(1)), ["VPP-G102"]);
    }
}
