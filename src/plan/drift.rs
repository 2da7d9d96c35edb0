//! What moved at Apple by other hands since the last apply.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::examples::examples;
use super::survey::Survey;
use crate::license::{Asset, HolderSet};

/// Who held what at a location when the last run that wrote there had ended.
#[derive(Debug, Clone, PartialEq)]
pub struct LastApplied {
    /// The run.
    pub run: String,
    /// When it ended.
    pub at: Timestamp,
    /// Holders of every asset that was managed then, numbered by the roster of this run.
    pub held: BTreeMap<Asset, HolderSet>,
}

/// A managed asset whose holders are not those the last apply left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// Name of the location.
    pub location: String,
    /// What is licensed.
    pub asset: Asset,
    /// Name of its manifest.
    pub name: String,
    /// The run that left it otherwise.
    pub run: String,
    /// When that run ended.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// How many hold it and did not then.
    pub gained: u64,
    /// How many held it then and do not now.
    pub lost: u64,
    /// At most a few of those who hold it now, chosen by lowest hash.
    pub gained_examples: Vec<String>,
    /// At most a few of those who held it then.
    pub lost_examples: Vec<String>,
}

/// Every asset that was managed at the last apply and is now, where its holders are others.
pub(super) fn drift(survey: &Survey<'_>) -> Vec<Drift> {
    let mut all = vec![];
    for (index, site) in survey.sites.iter().enumerate() {
        let Some(last) = site.last.filter(|_| site.open().is_some()) else { continue };
        for (placed, at) in survey.at(index) {
            let Some(then) = last.held.get(&placed.wanted.asset) else { continue };
            let (gained, lost) = (&at.held - then, then - &at.held);
            if gained.is_empty() && lost.is_empty() {
                continue;
            }
            all.push(Drift {
                location: site.name().to_owned(),
                asset: placed.wanted.asset,
                name: placed.wanted.name.clone(),
                run: last.run.clone(),
                since: last.at,
                gained: gained.len(),
                lost: lost.len(),
                gained_examples: examples(survey.roster, &gained),
                lost_examples: examples(survey.roster, &lost),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::Drift;
    use crate::plan::world::{NORTH, World, devices};

    fn world() -> World {
        World::new()
            .group("year-7", devices(1..=4))
            .app("notability")
            .to("year-7")
            .owns(20)
            .held_by(devices(3..=6))
    }

    #[test]
    fn what_came_and_what_went_since_the_last_apply_is_said_with_examples() {
        let plan = world().left_by("run-1", devices(1..=4)).plan();
        let [
            Drift {
                location, name, run, gained: 2, lost: 2, gained_examples, lost_examples, ..
            },
        ] = &plan.drift[..]
        else {
            panic!("{:?}", plan.drift)
        };
        assert_eq!(
            (location.as_str(), name.as_str(), run.as_str()),
            (NORTH, "notability", "run-1")
        );
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        assert_eq!(sorted(gained_examples), ["D005", "D006"]);
        assert_eq!(sorted(lost_examples), ["D001", "D002"]);
    }

    #[test]
    fn what_is_as_it_was_left_and_what_nobody_remembers_is_no_drift() {
        assert_eq!(world().left_by("run-1", devices(3..=6)).plan().drift, []);
        assert_eq!(world().plan().drift, []);
    }

    #[test]
    fn what_moved_does_not_change_what_a_plan_does() {
        let (with, without) = (world().left_by("run-1", devices(3..=4)).plan(), world().plan());
        assert_eq!(with.fingerprint, without.fingerprint);
        assert_eq!(with.changes, without.changes);
    }
}
