use super::allowance::scalar;
use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::survey::{Closed, SiteState};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G110",
        title: "location claimed by somebody else",
        explain: "Apple says that another device-management service has claimed this location \
                  (`mdmInfo`). Two services on one location undo each other's assignments, so \
                  nothing is planned here. If it is yours, write its id into the manifest's \
                  `owner:`; to take it over, stop the other service first and run `vpp claim`.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for site in &view.survey.sites {
        let SiteState::Closed(actual, Closed::Foreign) = &site.state else { continue };
        let Some(theirs) = &actual.owner else { continue };
        let name = site.name();
        let lines =
            format!("owner: {{ id: {}, name: {} }}", scalar(&theirs.id), scalar(&theirs.name));
        let who = format!("`{}` (id {})", theirs.name, theirs.id);
        let trip = match &site.manifest.owner {
            Some(ours) => Trip::block(format!(
                "{name}: claimed by {who}, and the manifest says id {}",
                ours.value.id
            ))
            .at(ours.span),
            None => {
                Trip::block(format!("{name}: claimed by {who}, and the manifest names no owner"))
                    .at(site.manifest.name.span)
            }
        };
        trips.push(
            trip.location(name)
                .help(format!("if that is this installation, write:  {lines}"))
                .help(format!(
                    "to take it over, stop the other service first, then:  vpp claim {name}"
                )),
        );
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{NORTH, World, blocked, devices, owner};

    fn claimed_by(theirs: Option<&str>, ours: Option<&str>) -> crate::plan::Plan {
        World::new()
            .at(NORTH, |site| {
                site.owner = theirs.map(owner);
                site.ours = ours.map(owner);
            })
            .group("year-7", devices(1..=3))
            .app("notability")
            .to("year-7")
            .owns(3)
            .plan()
    }

    #[test]
    fn another_owner_blocks_and_nothing_is_planned() {
        for ours in [Some("us"), None] {
            let plan = claimed_by(Some("them"), ours);
            assert_eq!(blocked(&plan), ["VPP-G110"]);
            assert!(plan.changes.is_empty());
            assert_eq!(plan.inactions[0].pairs, 3);
            assert!(plan.complete);
        }
    }

    #[test]
    fn the_help_gives_the_lines_to_add() {
        let plan = claimed_by(Some("them"), None);
        let help = &plan.guards[0].help;
        assert!(help[0].ends_with("owner: { id: them, name: \"IT of them\" }"), "{help:?}");
    }

    #[test]
    fn ours_and_unclaimed_are_fine_and_the_unclaimed_is_claimed() {
        let ours = claimed_by(Some("us"), Some("us"));
        assert!(blocked(&ours).is_empty() && ours.locations[0].claim.is_none());
        let unclaimed = claimed_by(None, Some("us"));
        assert!(blocked(&unclaimed).is_empty());
        assert_eq!(unclaimed.locations[0].claim.as_ref().unwrap().metadata, "vpp");
        assert!(claimed_by(None, None).locations[0].claim.is_none());
    }
}
