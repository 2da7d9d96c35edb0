use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::survey::{Closed, SiteState};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G118",
        title: "token opens another library",
        explain: "The location's token opens a library with another `uid` than the manifest pins: \
                  most likely a token in the wrong variable or file. Nothing is planned for it. \
                  Put the right token in its place; change `uid` only if the location has really \
                  moved.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for site in &view.survey.sites {
        let (SiteState::Closed(actual, Closed::OtherLibrary), Some(uid)) =
            (&site.state, &site.manifest.uid)
        else {
            continue;
        };
        let called = actual.location_name.as_ref();
        let called = called.map(|name| format!(" (`{name}`)")).unwrap_or_default();
        trips.push(
            Trip::block(format!(
                "{}: the token opens library {}{called}, and the manifest pins {}",
                site.name(),
                actual.uid,
                uid.value
            ))
            .location(site.name())
            .at(uid.span)
            .help("put this location's own token where `token` points"),
        );
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{NORTH, World, blocked, devices};

    fn pinned(uid: &str) -> crate::plan::Plan {
        World::new()
            .at(NORTH, |site| site.pinned = Some(uid.to_owned()))
            .group("year-7", devices(1..=3))
            .app("notability")
            .to("year-7")
            .owns(3)
            .plan()
    }

    #[test]
    fn another_library_blocks_and_nothing_is_planned() {
        let plan = pinned("7");
        assert_eq!(blocked(&plan), ["VPP-G118"]);
        assert!(plan.changes.is_empty());
    }

    #[test]
    fn the_pinned_library_is_fine() {
        assert!(pinned("2049025000431439").guards.is_empty());
    }
}
