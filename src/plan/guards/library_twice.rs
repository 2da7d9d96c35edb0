use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::survey::{Closed, SiteState};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G123",
        title: "two locations, one library",
        explain: "Two locations of the manifests open the same library: two tokens can be \
                  downloaded for one. Planned twice, each would take the other's assignments for \
                  strangers. Nothing is planned for the second; delete one of them and let the \
                  apps name the other.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for site in &view.survey.sites {
        if let SiteState::Closed(actual, Closed::SameLibrary { earlier }) = &site.state {
            trips.push(
                Trip::block(format!(
                    "{}: its token opens library {}, and so does that of {earlier}",
                    site.name(),
                    actual.uid
                ))
                .location(site.name())
                .at(site.manifest.name.span)
                .help(format!("keep one of {earlier} and {}", site.name())),
            );
        }
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{NORTH_UID, World, blocked};

    #[test]
    fn the_second_location_of_a_library_blocks() {
        let plan = World::new()
            .location("south")
            .at("south", |site| (site.uid, site.pinned) = (NORTH_UID.to_owned(), None))
            .plan();
        assert_eq!(blocked(&plan), ["VPP-G123"]);
        assert_eq!(plan.guards[0].location.as_deref(), Some("south"));
    }

    #[test]
    fn two_libraries_are_fine() {
        assert!(blocked(&World::new().location("south").plan()).is_empty());
    }
}
