use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::numbers::counted;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G113",
        title: "asset not owned",
        explain: "The location owns no license of this asset. Check the `adamId` (the number in the \
                  App Store address), the `pricingParam`, and that the licenses were bought for or \
                  transferred to this location; free apps have to be bought, too, in a number \
                  Apple asks for. It blocks where somebody would get one and no location has it, \
                  and is a warning otherwise.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for placed in &view.survey.placed {
        let missing = || placed.at.iter().filter(|at| at.owned.is_none());
        let somewhere = placed.at.iter().any(|at| at.owned.is_some());
        for at in missing() {
            let (name, site) = (&placed.wanted.name, view.survey.site_name(at.site));
            let asset = placed.wanted.asset;
            let trip = if somewhere || placed.pending == 0 {
                Trip::warn(format!("{name}: {site} owns no license of {asset}"))
            } else {
                let wants = counted(placed.pending, "holder");
                Trip::block(format!(
                    "{name}: {site} owns no license of {asset}, and {wants} should get one"
                ))
            };
            trips.push(
                trip.subject(name)
                    .location(site)
                    .at(placed.wanted.span)
                    .help("check its adamId, or buy licenses for this location"),
            );
        }
    }
    trips.extend(super::seats::not_owned(view));
    trips
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{NORTH, World, blocked, devices, warned};

    fn wanted() -> World {
        World::new().group("year-7", devices(1..=2)).app("notability").to("year-7")
    }

    #[test]
    fn an_asset_no_location_owns_blocks_and_cannot_be_waived() {
        let plan = wanted().allow("G113", |allow| allow).plan();
        assert_eq!(blocked(&plan), ["VPP-G113"]);
        assert_eq!((plan.summary.assign, plan.summary.short), (0, 2));
    }

    #[test]
    fn one_of_several_locations_is_enough() {
        let plan =
            wanted().location("south").in_locations(&[NORTH, "south"]).owns_at("south", 2).plan();
        assert_eq!((blocked(&plan).len(), warned(&plan)), (0, vec!["VPP-G113"]));
        assert_eq!(plan.changes[0].location, "south");
        assert!(wanted().owns(2).plan().guards.is_empty());
    }
}
