use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::apply::outcome::{ReclaimCount, RunReport};
use crate::reclaim::Phase;
use crate::render::number::grouped;

/// Reclaims that are equally far and wait for the same, over all apps and locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitRow<'r> {
    /// How far.
    pub phase: Phase,
    /// What they wait for.
    pub why: &'r str,
    /// Apps by name, and how many of each.
    pub hit: Vec<(&'r str, u64)>,
    /// How many.
    pub count: u64,
}

impl WaitRow<'_> {
    /// Whether nothing moves until somebody does something, or a device comes back.
    pub fn is_stuck(&self) -> bool {
        match self.phase {
            Phase::Blocked | Phase::Unknown | Phase::Gone => true,
            Phase::Wanted
            | Phase::UninstallSent
            | Phase::Acknowledged
            | Phase::ProvenAbsent
            | Phase::Disassociated
            | Phase::Verified
            | Phase::Cancelled => false,
        }
    }
}

/// What reclaims wait for: those that are stuck first, then the most.
pub(super) fn waits(report: &RunReport) -> Vec<WaitRow<'_>> {
    let mut rows: BTreeMap<(Phase, &str), WaitRow<'_>> = BTreeMap::new();
    for change in report.locations.iter().flat_map(|location| &location.changes) {
        for ReclaimCount { phase, why, count } in &change.reclaims {
            let row = rows.entry((*phase, why)).or_insert_with(|| WaitRow {
                phase: *phase,
                why,
                hit: vec![],
                count: 0,
            });
            row.count = row.count.saturating_add(*count);
            match row.hit.iter_mut().find(|(name, _)| *name == change.name) {
                Some((_, hit)) => *hit = hit.saturating_add(*count),
                None => row.hit.push((&change.name, *count)),
            }
        }
    }
    let mut rows: Vec<WaitRow<'_>> = rows.into_values().collect();
    for row in &mut rows {
        row.hit.sort_by_key(|(_, count)| Reverse(*count));
    }
    rows.sort_by_key(|row| (!row.is_stuck(), Reverse(row.count)));
    rows
}

/// How many are in which phase: `380 uninstall sent, 30 acknowledged, 2 blocked`.
pub(super) fn phases(rows: &[WaitRow<'_>]) -> String {
    let mut counted: BTreeMap<Phase, u64> = BTreeMap::new();
    for row in rows {
        let count = counted.entry(row.phase).or_default();
        *count = count.saturating_add(row.count);
    }
    let each = counted.into_iter().map(|(phase, count)| format!("{} {phase}", grouped(count)));
    each.collect::<Vec<_>>().join(", ")
}
