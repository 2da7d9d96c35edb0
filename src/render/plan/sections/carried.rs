use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::plan::{Carried, Plan};
use crate::reclaim::Phase;
use crate::render::number::{grouped, sum};

/// Reclaims by uninstall that earlier runs began and that are not through, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay<'p> {
    /// One per asset.
    pub rows: Vec<&'p Carried>,
}

/// Something of reclaims that a reviewer should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) struct Remark {
    /// Whether somebody should look at it.
    pub(in crate::render) loud: bool,
    /// What, with the number.
    pub(in crate::render) text: String,
}

impl<'p> UnderWay<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut rows: Vec<&Carried> = plan.carried.iter().collect();
        rows.sort_by_key(|row| row.since);
        Self { rows }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        sum(self.rows.iter().map(|row| row.count))
    }

    /// Since when the oldest is under way.
    pub fn since(&self) -> String {
        self.rows.iter().map(|row| row.since).min().map(minute).unwrap_or_default()
    }

    /// How many this plan ends, one way or the other.
    pub fn ended(&self) -> u64 {
        sum(self.rows.iter().map(|row| row.count.saturating_sub(row.going_on())))
    }
}

/// A moment, to the minute.
pub(in crate::render) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// Where those are that go on: `380 uninstall sent, 30 acknowledged, 2 blocked`.
pub(in crate::render) fn phases(row: &Carried) -> String {
    let mut counted: BTreeMap<Phase, u64> = BTreeMap::new();
    for stage in &row.stages {
        let count = counted.entry(stage.phase).or_default();
        *count = count.saturating_add(stage.count);
    }
    let each = counted.into_iter().map(|(phase, count)| format!("{} {phase}", grouped(count)));
    each.collect::<Vec<_>>().join(", ")
}

/// What stands in the way of some, and what becomes of those that the plan ends.
pub(in crate::render) fn remarks(row: &Carried) -> Vec<Remark> {
    let stuck = row.stuck().map(|stage| Remark {
        loud: true,
        text: format!(
            "{} {} since {}: {}",
            grouped(stage.count),
            stage.phase,
            minute(stage.since),
            stage.why
        ),
    });
    let ended = [
        (row.wanted_again, "cancelled: wanted again, the license stays"),
        (row.dropped, "cancelled: the manifests do not take it back by uninstalling any more"),
        (row.back, "through: Apple does not show the license any more"),
    ];
    let ended = ended.into_iter().filter(|(count, _)| *count > 0);
    let ended = ended
        .map(|(count, what)| Remark { loud: false, text: format!("{} {what}", grouped(count)) });
    stuck.chain(ended).collect()
}
