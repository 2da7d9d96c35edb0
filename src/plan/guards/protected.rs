use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::license::HolderSet;
use crate::plan::InactionKind;
use crate::plan::examples::examples;
use crate::plan::numbers::counted;
use crate::plan::survey::Whom;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G108",
        title: "protected licenses stay",
        explain: "The manifests would take licenses back that a policy's `protect` keeps. They are \
                  left out of the plan and counted here. A protection whose group does not exist \
                  blocks the plan and keeps every holder of its app, since nobody can tell whom \
                  it means.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for rule in &survey.protected {
        if let (Whom::Unknown, Some(group)) = (&rule.whom, &rule.rule.group) {
            trips.push(
                Trip::block(format!("`protect` names group `{}`, which is none", group.value))
                    .subject(&group.value)
                    .at(group.span)
                    .help("name a group of the manifests, or take the item out"),
            );
        }
    }
    for placed in &survey.placed {
        let mut safe = HolderSet::new();
        for at in &placed.at {
            let stays = at.stays.iter().filter(|stay| stay.kind == InactionKind::Protected);
            stays.for_each(|stay| safe |= &stay.holders);
        }
        let rule = survey
            .protected
            .iter()
            .find(|rule| rule.covers(placed.wanted) && !rule.of(&safe).is_empty());
        if let Some(rule) = rule {
            let reason = rule.rule.reason.as_ref();
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            trips.push(
                Trip::warn(format!(
                    "{}: {} protected and not taken back{reason}",
                    placed.wanted.name,
                    counted(safe.len(), "license")
                ))
                .subject(&placed.wanted.name)
                .at(rule.rule.span)
                .examples(examples(survey.roster, &safe))
                .help("to take them back, take the item out of `protect`"),
            );
        }
    }
    trips.extend(super::seats::protected(view));
    trips
}

#[cfg(test)]
mod tests {
    use crate::manifest::kind::ReclaimMode;
    use crate::plan::world::{World, blocked, devices, warned};

    fn releasing() -> World {
        World::new()
            .group("year-7", devices(1..=1))
            .group("exam", devices(2..=3))
            .app("notability")
            .to("year-7")
            .reclaim(ReclaimMode::Release)
            .held_by(devices(1..=4))
            .owns(4)
    }

    #[test]
    fn protected_holders_are_taken_out_of_reclaims() {
        let plan = releasing().protect(Some("notability"), Some("exam")).plan();
        assert_eq!(warned(&plan), ["VPP-G108"]);
        assert_eq!((plan.summary.release, plan.summary.kept), (1, 2));
        assert_eq!(plan.changes[0].devices[0].as_str(), "D004");
    }

    #[test]
    fn other_apps_and_the_wanted_are_no_matter_of_protection() {
        let plan = releasing().protect(Some("pages"), None).plan();
        assert!(warned(&plan).is_empty());
        assert_eq!(plan.summary.release, 3);
    }

    #[test]
    fn a_protection_without_a_group_covers_everybody_and_an_unknown_group_blocks() {
        let plan = releasing().protect(None, None).plan();
        assert_eq!((plan.summary.release, plan.summary.kept), (0, 3));
        let plan = releasing().protect(None, Some("exams")).plan();
        assert_eq!(blocked(&plan), ["VPP-G108"]);
        assert_eq!(plan.summary.release, 0);
    }
}
