//! Where many reclaims are, counted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{Phase, Reclaim};
use super::rules::Rules;
use crate::store::ReclaimRow;

/// Reclaims that are equally far and wait for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// How far.
    pub phase: Phase,
    /// What they wait for, in one sentence without a full stop.
    pub why: String,
    /// How many.
    pub count: u64,
    /// When the first of them was begun.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// When the first of them counts as unknown, or since when it does.
    #[schemars(with = "String")]
    pub deadline: Timestamp,
}

impl Reclaim {
    /// A reclaim as the store has it; `None` where it cannot be read. It is memory, not truth: what
    /// cannot be read is begun anew.
    pub fn of_row(row: &ReclaimRow) -> Option<Self> {
        serde_json::from_str(&row.body).ok()
    }

    /// The same at a later moment, at which nothing else was heard: its deadline may have passed.
    #[must_use]
    pub fn as_of(mut self, now: Timestamp) -> Self {
        self.overdue |= self.deadline <= now;
        self
    }
}

/// Where these are: the oldest first, one for each phase and what is waited for.
pub fn stages<'r>(reclaims: impl IntoIterator<Item = &'r Reclaim>, rules: &Rules) -> Vec<Stage> {
    let mut counted: BTreeMap<(Phase, String), (u64, Timestamp, Timestamp)> = BTreeMap::new();
    for reclaim in reclaims {
        let key = (reclaim.phase(rules), reclaim.waits_for(rules));
        let (count, since, deadline) =
            counted.entry(key).or_insert((0, reclaim.since, reclaim.deadline));
        *count = count.saturating_add(1);
        *since = (*since).min(reclaim.since);
        *deadline = (*deadline).min(reclaim.deadline);
    }
    let mut stages: Vec<Stage> = counted
        .into_iter()
        .map(|((phase, why), (count, since, deadline))| Stage {
            phase,
            why,
            count,
            since,
            deadline,
        })
        .collect();
    stages.sort_by(|a, b| (a.since, a.phase, &a.why).cmp(&(b.since, b.phase, &b.why)));
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::Holder;
    use crate::reclaim::Step;
    use crate::store::RunId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn reclaim(serial: &str, since: &str) -> Reclaim {
        let asset = crate::license::Asset {
            adam_id: "11".parse().unwrap(),
            pricing_param: crate::license::PricingParam::default(),
        };
        let holder = Holder::Device(serial.parse().unwrap());
        let run = RunId(uuid::Uuid::from_u128(1));
        let bundle_id = Some("com.example.notes");
        Reclaim::begin(run, asset, "notes", bundle_id, holder, at(since), &Rules::default())
    }

    #[test]
    fn those_that_wait_for_the_same_are_counted_with_the_oldest_of_them() {
        let rules = Rules::default();
        let mut refused = reclaim("C", "2026-11-21T09:00:00Z");
        refused.targets[0].step = Step::Blocked {
            at: at("2026-11-21T09:00:00Z"),
            obstacle: super::super::Obstacle::Declarative,
            detail: String::new(),
        };
        let all =
            [reclaim("A", "2026-11-22T09:00:00Z"), reclaim("B", "2026-11-20T09:00:00Z"), refused];
        let stages = stages(&all, &rules);
        let told: Vec<_> =
            stages.iter().map(|one| (one.phase, one.count, one.since.to_string())).collect();
        assert_eq!(
            told,
            [
                (Phase::Wanted, 2, "2026-11-20T09:00:00Z".to_owned()),
                (Phase::Blocked, 1, "2026-11-21T09:00:00Z".to_owned()),
            ]
        );
        assert_eq!(stages[0].deadline, at("2026-11-27T09:00:00Z"));
        assert!(stages[1].why.contains("declaration"), "{}", stages[1].why);
    }

    #[test]
    fn what_no_run_has_looked_at_since_its_deadline_is_unknown_all_the_same() {
        let (kept, rules) = (reclaim("A", "2026-11-20T09:00:00Z"), Rules::default());
        let phase = |now| kept.clone().as_of(at(now)).phase(&rules);
        assert_eq!(phase("2026-11-27T08:59:59Z"), Phase::Wanted);
        assert_eq!(phase("2026-11-27T09:00:00Z"), Phase::Unknown);
    }
}
