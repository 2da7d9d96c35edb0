use super::empty_group::at_risk;
use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::numbers::{counted, grouped};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G106",
        title: "group below its minimum",
        explain: "A group has fewer members than its `minimum` says. The minimum is there to catch \
                  an inventory that shrank by mistake before licenses are taken back. Find out \
                  why members are missing, or lower the minimum in the same change that makes the \
                  group smaller.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let groups = view.survey.desired.groups.iter();
    let trips = groups.filter_map(|(name, group)| {
        let (minimum, span) = group.minimum?;
        let members = group.members.len();
        (members < minimum).then(|| {
            Trip::block(format!(
                "group `{name}` has {}, fewer than its minimum of {}",
                counted(members, "member"),
                grouped(minimum)
            ))
            .subject(name)
            .at(span)
            .reclaims(at_risk(view, name))
            .help("find out who is missing from its inventory, or lower the minimum")
        })
    });
    trips.collect()
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, blocked, devices};

    fn with_minimum(minimum: u64) -> crate::plan::Plan {
        World::new()
            .group("year-7", devices(1..=3))
            .minimum(minimum)
            .app("notability")
            .to("year-7")
            .owns(3)
            .plan()
    }

    #[test]
    fn fewer_members_than_the_minimum_block() {
        let plan = with_minimum(4);
        assert_eq!(blocked(&plan), ["VPP-G106"]);
        assert_eq!(
            plan.guards[0].message,
            "group `year-7` has 3 members, fewer than its minimum of 4"
        );
    }

    #[test]
    fn exactly_the_minimum_is_enough() {
        assert!(blocked(&with_minimum(3)).is_empty());
    }
}
