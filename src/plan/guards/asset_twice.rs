use super::{Guard, Trip, View};
use crate::diagnostic::Code;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G119",
        title: "two manifests claim one asset",
        explain: "Two manifests manage the same asset (`adamId` and `pricingParam`) at the same \
                  location. Each would take the other's holders for strangers, so the plan is made \
                  from the first alone and blocked. Put their entries into one manifest.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let named = |index: usize| survey.placed.get(index).map(|placed| placed.wanted);
    let twice = survey.twice.iter();
    let trips = twice.filter_map(|&(second, site, first)| {
        let (second, first) = (named(second)?, named(first)?);
        let place = survey.manifests.sources.path(first.span);
        Some(
            Trip::block(format!(
                "{}: {} is managed by `{}` ({place}:{}) at {} already",
                second.name,
                second.asset,
                first.name,
                first.span.line,
                survey.site_name(site)
            ))
            .subject(&second.name)
            .location(survey.site_name(site))
            .at(second.span)
            .help(format!("move its entries into `{}`, or give it another location", first.name)),
        )
    });
    trips.collect()
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, blocked, devices};

    fn two() -> World {
        World::new()
            .location("south")
            .group("year-7", devices(1..=2))
            .app("notability")
            .to("year-7")
            .owns(2)
            .app("notes")
            .to("year-7")
    }

    #[test]
    fn one_asset_in_two_manifests_at_one_location_blocks() {
        let plan = two().adam_id_of("notability").plan();
        assert_eq!(blocked(&plan), ["VPP-G119"]);
        assert_eq!(plan.summary.assign, 2);
    }

    #[test]
    fn at_two_locations_it_is_fine() {
        let plan =
            two().adam_id_of("notability").in_locations(&["south"]).owns_at("south", 2).plan();
        assert!(blocked(&plan).is_empty());
    }
}
