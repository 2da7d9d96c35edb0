use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::survey::SiteState;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G117",
        title: "location could not be read",
        explain: "What a location holds is read whole or not at all: half an answer would look like \
                  holders who have lost their license. Nothing is planned for it, and of assets \
                  that may come from it nothing is given elsewhere, since their holders may have \
                  one there. Mend what the message says and plan again.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for site in &view.survey.sites {
        if let SiteState::Unread(why) = site.state {
            trips.push(
                Trip::block(format!("{}: {why}", site.name()))
                    .location(site.name())
                    .at(site.manifest.name.span)
                    .help("mend that and plan again; nothing is applied meanwhile"),
            );
        }
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{NORTH, World, blocked, devices};

    fn two() -> World {
        World::new()
            .location("south")
            .group("year-7", devices(1..=3))
            .app("notability")
            .in_locations(&[NORTH, "south"])
            .to("year-7")
            .owns_at("south", 3)
            .held_at("south", devices(1..=1))
    }

    #[test]
    fn an_unread_location_blocks_and_its_assets_are_given_nowhere() {
        let plan = two().unreadable(NORTH, "Apple answered 9625").plan();
        assert_eq!(blocked(&plan), ["VPP-G117"]);
        assert!(!plan.complete && plan.changes.is_empty());
        assert_eq!((plan.inactions[0].pairs, plan.summary.unchanged), (2, 1));
    }

    #[test]
    fn read_locations_are_fine() {
        let plan = two().plan();
        assert!(plan.complete && blocked(&plan).is_empty());
        assert_eq!(plan.summary.assign, 2);
    }
}
