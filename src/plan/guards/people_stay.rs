use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::numbers::{count, counted, grouped};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G124",
        title: "people who are not retired yet",
        explain: "The location retires people no entry names (`users: { retire: unreferenced }`), \
                  and some of them hold a license that stays after this plan: one no manifest \
                  manages, one that is kept, protected or irrevocable, or one that waits for an \
                  uninstall. Retiring a person takes their licenses back without any of these \
                  rules, so they stay. The same holds for everybody where an asset's holders were \
                  not read.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for (site, people) in view.survey.sites.iter().zip(view.people) {
        if people.staying.is_empty() {
            continue;
        }
        let many = counted(count(people.staying.len()), "person").replace("persons", "people");
        let why = if people.unlisted == 0 {
            "licenses stay with them".to_owned()
        } else {
            format!("the holders of {} assets were not read", grouped(people.unlisted))
        };
        let shown = people.staying.iter().take(3).map(ToString::to_string).collect();
        trips.push(
            Trip::warn(format!("{}: {many} no entry names not retired: {why}", site.name()))
                .location(site.name())
                .at(site.manifest.name.span)
                .examples(shown),
        );
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::manifest::kind::{ReclaimMode, RetireUsers};
    use crate::plan::world::{NORTH, World, users, warned};

    fn gone(reclaim: ReclaimMode) -> crate::plan::Plan {
        World::new()
            .at(NORTH, |site| site.retire = RetireUsers::Unreferenced)
            .group("staff", users(["ada"]))
            .app("notability")
            .to("staff")
            .reclaim(reclaim)
            .held_by(users(["ada", "bob"]))
            .owns(2)
            .plan()
    }

    #[test]
    fn somebody_who_keeps_a_license_is_not_retired() {
        for reclaim in [ReclaimMode::Keep, ReclaimMode::Uninstall] {
            let plan = gone(reclaim);
            assert_eq!(warned(&plan), ["VPP-G124"]);
            assert_eq!(
                (plan.guards[0].examples.as_slice(), plan.summary.users_retire),
                (["bob".to_owned()].as_slice(), 0)
            );
        }
    }

    #[test]
    fn somebody_whose_licenses_are_all_released_is_retired() {
        let plan = gone(ReclaimMode::Release);
        assert!(warned(&plan).is_empty());
        assert_eq!(plan.summary.users_retire, 1);
    }
}
