use super::allowance::scalar;
use super::{Guard, Trip, View};
use crate::diagnostic::Code;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G111",
        title: "library not pinned",
        explain: "The location's manifest does not say which library its token must open. With \
                  `uid` written down, a token of another library in the same variable or file is \
                  refused before anything is compared; without it the plan would take the other \
                  library for this one.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let unpinned = view.survey.sites.iter().filter(|site| site.manifest.uid.is_none());
    let trips = unpinned.filter_map(|site| {
        let uid = serde_json::to_string(&site.actual()?.uid).unwrap_or_default();
        Some(
            Trip::warn(format!("{}: any library's token would be taken", site.name()))
                .location(site.name())
                .at(site.manifest.name.span)
                .help(format!("add to location {}:  uid: {uid}", scalar(site.name()))),
        )
    });
    trips.collect()
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{NORTH, World, warned};

    #[test]
    fn a_location_without_uid_is_warned_of_with_the_line_to_add() {
        let plan = World::new().at(NORTH, |site| site.pinned = None).plan();
        assert_eq!(warned(&plan), ["VPP-G111"]);
        assert!(plan.guards[0].help[0].ends_with("uid: \"2049025000431439\""));
        assert!(plan.applyable);
    }

    #[test]
    fn a_pinned_location_is_fine() {
        assert!(World::new().plan().guards.is_empty());
    }
}
