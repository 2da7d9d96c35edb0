//! Reclaims by uninstall that earlier runs began: what becomes of them under this plan.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::survey::{PlacedAt, Site, Survey};
use super::{Action, numbers};
use crate::license::{Asset, HolderSet};
use crate::reclaim::{Phase, Reclaim, Rules, Stage, stages};

/// Reclaims by uninstall of one app that earlier runs began and that are not through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Carried {
    /// Name of the location.
    pub location: String,
    /// What is taken back.
    pub asset: Asset,
    /// Name of its manifest, or the last one it had.
    pub name: String,
    /// When the first of them was begun.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// How many there are.
    pub count: u64,
    /// Where those are that go on, the oldest first.
    pub stages: Vec<Stage>,
    /// Cancelled by this plan: their holders are wanted again, and keep the license.
    pub wanted_again: u64,
    /// Cancelled by this plan: the manifests do not take the license back by uninstalling any more.
    pub dropped: u64,
    /// Through: Apple does not show the license any more.
    pub back: u64,
}

impl Carried {
    /// How many go on.
    pub fn going_on(&self) -> u64 {
        self.stages.iter().fold(0, |sum, stage| sum.saturating_add(stage.count))
    }

    /// The stages in which nothing moves until somebody does something, or a device comes back.
    pub fn stuck(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().filter(|stage| match stage.phase {
            Phase::Blocked | Phase::Unknown | Phase::Gone => true,
            Phase::Wanted
            | Phase::UninstallSent
            | Phase::Acknowledged
            | Phase::ProvenAbsent
            | Phase::Disassociated
            | Phase::Verified
            | Phase::Cancelled => false,
        })
    }
}

/// What becomes of the reclaims that are kept, by the location's name: by location, then asset.
pub(super) fn carried(survey: &Survey<'_>, kept: &BTreeMap<String, Vec<Reclaim>>) -> Vec<Carried> {
    let mut all = vec![];
    for (index, site) in survey.sites.iter().enumerate() {
        let Some(here) = kept.get(site.name()).filter(|_| site.open().is_some()) else { continue };
        let mut by_asset: BTreeMap<Asset, Vec<&Reclaim>> = BTreeMap::new();
        for reclaim in here {
            by_asset.entry(reclaim.asset).or_default().push(reclaim);
        }
        for (asset, reclaims) in by_asset {
            let placed = survey.at(index).find(|(placed, _)| placed.wanted.asset == asset);
            let last_name = reclaims.iter().max_by_key(|one| one.since).map(|one| &one.name);
            let name = placed.map(|(placed, _)| &placed.wanted.name).or(last_name);
            all.push(Carried {
                location: site.name().to_owned(),
                name: name.cloned().unwrap_or_default(),
                ..of_asset(survey, site, asset, placed.map(|(_, at)| at), &reclaims)
            });
        }
    }
    all
}

fn of_asset(
    survey: &Survey<'_>,
    site: &Site<'_>,
    asset: Asset,
    at: Option<&PlacedAt<'_>>,
    reclaims: &[&Reclaim],
) -> Carried {
    let rules = Rules { when_gone: site.manifest.when_gone, ..Rules::default() };
    let nobody = HolderSet::new();
    let (held, kept) = at.map_or((&nobody, &nobody), |at| (&at.held, &at.kept));
    let mut uninstalled = HolderSet::new();
    for reclaim in at.into_iter().flat_map(|at| &at.reclaims) {
        if reclaim.action == Action::Uninstall {
            uninstalled |= &reclaim.holders;
        }
    }
    let (mut going_on, mut wanted_again, mut dropped, mut back) = (vec![], 0, 0, 0);
    for reclaim in reclaims {
        let id = survey.roster.find(reclaim.holder.as_ref());
        let is_in = |set: &HolderSet| id.is_some_and(|id| set.contains(id));
        if is_in(&uninstalled) {
            going_on.push((*reclaim).clone().as_of(survey.now));
        } else if is_in(kept) {
            wanted_again += 1;
        } else if at.is_none() || is_in(held) {
            dropped += 1;
        } else {
            back += 1;
        }
    }
    let since = reclaims.iter().map(|reclaim| reclaim.since).min();
    Carried {
        location: String::new(),
        asset,
        name: String::new(),
        since: since.unwrap_or(survey.now),
        count: numbers::count(reclaims.len()),
        stages: stages(&going_on, &rules),
        wanted_again,
        dropped,
        back,
    }
}

#[cfg(test)]
mod tests {
    use super::Carried;
    use crate::manifest::kind::ReclaimMode;
    use crate::plan::world::{World, devices};
    use crate::reclaim::{Obstacle, Phase, Reclaim, Step};

    /// D001 and D002 are wanted; D003 to D006 hold the app and are not.
    fn world() -> World {
        World::new()
            .group("year-7", devices(1..=2))
            .app("notability")
            .to("year-7")
            .reclaim(ReclaimMode::Uninstall)
            .owns(20)
            .held_by(devices(1..=6))
    }

    fn sent(reclaim: &mut Reclaim) {
        let at = reclaim.since;
        reclaim.targets[0].step = Step::Sent { at, reference: None, unsure: None, not_now: None };
    }

    fn blocked(reclaim: &mut Reclaim) {
        let (at, obstacle) = (reclaim.since, Obstacle::Declarative);
        reclaim.targets[0].step = Step::Blocked { at, obstacle, detail: String::new() };
    }

    #[test]
    fn each_reclaim_of_an_earlier_run_goes_on_or_ends_and_the_plan_says_which() {
        let plan = world()
            .begun("2026-11-20T09:00:00Z", devices([2, 3, 4, 9]), sent)
            .begun("2026-11-19T09:00:00Z", devices([5]), blocked)
            .plan();
        let [row] = &plan.carried[..] else { panic!("{:?}", plan.carried) };
        let Carried { name, since, count, wanted_again, dropped, back, .. } = row;
        assert_eq!((name.as_str(), *count), ("notability", 5));
        assert_eq!(since.to_string(), "2026-11-19T09:00:00Z");
        assert_eq!((*wanted_again, *dropped, *back), (1, 0, 1));
        let stages: Vec<_> = row.stages.iter().map(|one| (one.phase, one.count)).collect();
        assert_eq!(stages, [(Phase::Blocked, 1), (Phase::UninstallSent, 2)]);
        assert_eq!(row.stuck().count(), 1);
    }

    #[test]
    fn what_is_released_or_kept_instead_is_dropped() {
        for mode in [ReclaimMode::Release, ReclaimMode::Keep] {
            let plan = world().reclaim(mode).begun("2026-11-20T09:00:00Z", devices(3..=4), sent);
            assert_eq!(plan.plan().carried[0].dropped, 2, "{mode:?}");
        }
    }

    #[test]
    fn nobody_looked_since_the_deadline_and_it_is_unknown_all_the_same() {
        let plan = world().begun("2026-11-14T09:14:07Z", devices([3]), sent).plan();
        assert_eq!(plan.carried[0].stages[0].phase, Phase::Unknown);
    }

    #[test]
    fn what_is_carried_over_changes_nothing_that_a_plan_does() {
        let with = world().begun("2026-11-20T09:00:00Z", devices([2, 3, 9]), sent).plan();
        let without = world().plan();
        assert_eq!(with.fingerprint, without.fingerprint);
        assert_eq!(with.changes, without.changes);
        assert_eq!(without.carried, []);
    }
}
