//! Where the reclaims of a change are, counted.

use std::collections::BTreeMap;

use super::book::Book;
use crate::apply::outcome::ReclaimCount;
use crate::apply::work::Work;
use crate::license::{Asset, HolderId};
use crate::plan::Action;
use crate::reclaim::Phase;

/// For each change of the plan, in its order: how many of its pairs are in which phase, and what
/// they wait for.
pub(in crate::apply) fn counts(book: &Book, work: &Work<'_>) -> Vec<Vec<ReclaimCount>> {
    let standing: BTreeMap<(Asset, HolderId), (Phase, String)> = book
        .standing()
        .filter_map(|(reclaim, phase, why)| {
            Some(((reclaim.asset, Book::id(work, reclaim)?), (phase, why)))
        })
        .collect();
    let items = work.items.iter().map(|item| {
        if item.change.action != Action::Uninstall {
            return vec![];
        }
        let mut counts: BTreeMap<&(Phase, String), u64> = BTreeMap::new();
        for id in item.open.iter() {
            if let Some(found) = standing.get(&(item.change.asset, id)) {
                *counts.entry(found).or_default() += 1;
            }
        }
        let counts = counts.into_iter().map(|((phase, why), count)| ReclaimCount {
            phase: *phase,
            why: why.clone(),
            count,
        });
        counts.collect()
    });
    items.collect()
}
