use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::license::AssetKind;
use crate::manifest::kind::{Intent, ReclaimMode};
use crate::plan::InactionKind;
use crate::plan::examples::examples;
use crate::plan::numbers::counted;
use crate::plan::survey::{Placed, Stay, mode};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G115",
        title: "licenses cannot come back",
        explain: "The manifests take licenses back of an asset that Apple calls irrevocable \
                  (`revocable: false`, and every book). They stay with their holders whatever the \
                  manifests say; nothing is sent. Write `reclaim: keep` to say that you know.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for placed in &view.survey.placed {
        for at in &placed.at {
            let asked = mode(view.survey, placed.wanted, at.site) != ReclaimMode::Keep
                && (placed.kind == AssetKind::App || placed.wanted.reclaim.is_some());
            let stays = at.stays.iter().filter(|stay| {
                stay.kind == InactionKind::Irrevocable && (asked || uninstalled(placed, stay))
            });
            let mut holders = crate::license::HolderSet::new();
            stays.for_each(|stay| holders |= &stay.holders);
            if holders.is_empty() {
                continue;
            }
            let name = &placed.wanted.name;
            trips.push(
                Trip::warn(format!(
                    "{name}: {} should come back and cannot",
                    counted(holders.len(), "license")
                ))
                .subject(name)
                .location(view.survey.site_name(at.site))
                .at(placed.wanted.span)
                .examples(examples(view.survey.roster, &holders))
                .help("write `reclaim: keep` to say that they stay"),
            );
        }
    }
    trips
}

/// Whether an `uninstall` entry asks for these, whatever the default is.
fn uninstalled(placed: &Placed<'_>, stay: &Stay) -> bool {
    placed.wanted.entries.iter().any(|entry| {
        entry.intent == Intent::Uninstall && entry.holders.intersection_len(&stay.holders) > 0
    })
}

#[cfg(test)]
mod tests {
    use crate::manifest::kind::ReclaimMode;
    use crate::plan::world::{World, devices, warned};

    fn held() -> World {
        World::new()
            .group("year-7", devices(1..=1))
            .app("notability")
            .to("year-7")
            .held_by(devices(1..=3))
            .owns(3)
    }

    #[test]
    fn irrevocable_licenses_stay_with_a_warning() {
        let plan = held().not_revocable().reclaim(ReclaimMode::Release).plan();
        assert_eq!(warned(&plan), ["VPP-G115"]);
        assert_eq!((plan.summary.reclaim, plan.summary.kept), (0, 2));
    }

    #[test]
    fn keeping_them_needs_no_warning_and_revocable_ones_go() {
        assert!(warned(&held().not_revocable().reclaim(ReclaimMode::Keep).plan()).is_empty());
        let plan = held().reclaim(ReclaimMode::Release).plan();
        assert!(warned(&plan).is_empty());
        assert_eq!(plan.summary.reclaim, 2);
    }
}
