use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::license::HolderSet;
use crate::plan::examples::examples;
use crate::plan::numbers::{counted, grouped};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G107",
        title: "assigned to nobody while somebody holds it",
        explain: "`assign: []` means that nobody should hold the asset, and somebody does. Written \
                  by mistake this takes every license of it back, so it needs an allowance that \
                  names how many. To stop managing the asset without touching its holders, delete \
                  its manifest or write `reclaim: keep`.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let placed = view.survey.placed.iter();
    let emptied = placed.filter(|placed| placed.wanted.entries.is_empty() && placed.holders() > 0);
    let trips = emptied.map(|placed| {
        let mut holders = HolderSet::new();
        placed.at.iter().filter(|at| at.open).for_each(|at| holders |= &at.held);
        Trip::block(format!(
            "{}: `assign: []`, and {} hold it; {} would be taken back",
            placed.wanted.name,
            counted(placed.holders(), "holder"),
            grouped(placed.reclaims())
        ))
        .subject(&placed.wanted.name)
        .at(placed.wanted.assign_span)
        .reclaims(placed.reclaims())
        .examples(examples(view.survey.roster, &holders))
        .help("name who should hold it, or delete the manifest to leave its holders alone")
    });
    trips.chain(super::seats::nobody(view)).collect()
}

#[cfg(test)]
mod tests {
    use crate::manifest::kind::ReclaimMode;
    use crate::plan::world::{World, allowed, blocked, devices};

    fn nobody() -> World {
        World::new().app("notability").reclaim(ReclaimMode::Release).owns(3)
    }

    #[test]
    fn nobody_wanted_and_somebody_there_blocks() {
        let plan = nobody().held_by(devices(1..=2)).plan();
        assert_eq!(blocked(&plan), ["VPP-G107"]);
        assert_eq!(plan.summary.release, 2);
    }

    #[test]
    fn an_allowance_must_name_how_many() {
        let world = || nobody().held_by(devices(1..=2));
        let none = world().allow("G107", |allow| allow).plan();
        assert!(!none.applyable);
        let enough = world().allow("G107", |allow| allow.reclaim_up_to(2)).plan();
        assert_eq!(allowed(&enough), ["VPP-G107"]);
    }

    #[test]
    fn nobody_wanted_and_nobody_there_is_fine() {
        assert!(blocked(&nobody().plan()).is_empty());
    }
}
