use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::license::HolderSet;
use crate::plan::InactionKind;
use crate::plan::examples::examples;
use crate::plan::numbers::counted;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G114",
        title: "devices cannot hold it",
        explain: "An entry gives the asset to devices, and Apple says that devices cannot hold it \
                  (`deviceAssignable`, and every book): the whole request would be refused. The \
                  devices are left out of the plan. Write `license: user` for a group whose people \
                  are known, or name people.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for placed in &view.survey.placed {
        let mut devices = HolderSet::new();
        for stay in placed.at.iter().flat_map(|at| &at.stays) {
            if stay.kind == InactionKind::NotAssignable {
                devices |= &stay.holders;
            }
        }
        if !devices.is_empty() {
            let name = &placed.wanted.name;
            let many = counted(devices.len(), "device");
            let entry = placed
                .wanted
                .entries
                .iter()
                .find(|entry| entry.holders.intersection_len(&devices) > 0);
            trips.push(
                Trip::block(format!("{name}: {many} wanted, and Apple says no device can hold it"))
                    .subject(name)
                    .at(entry.map_or(placed.wanted.span, |entry| entry.span))
                    .examples(examples(view.survey.roster, &devices))
                    .help("write `license: user` in the entry, or name people"),
            );
        }
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, blocked, devices, users};

    #[test]
    fn devices_that_cannot_hold_it_block_and_are_left_out() {
        let mut both = devices(1..=2);
        both.extend(users(["ada"]));
        let plan = World::new()
            .group("year-7", both)
            .app("notability")
            .to("year-7")
            .owns(5)
            .not_device_assignable()
            .plan();
        assert_eq!(blocked(&plan), ["VPP-G114"]);
        assert_eq!((plan.summary.assign, plan.changes[0].devices.len()), (1, 0));
    }

    #[test]
    fn people_are_fine() {
        let plan = World::new()
            .group("staff", users(["ada"]))
            .app("notability")
            .to("staff")
            .owns(5)
            .not_device_assignable()
            .plan();
        assert!(blocked(&plan).is_empty());
    }
}
