use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::license::Asset;
use crate::plan::{CauseKind, Origin, Plan};
use crate::render::number::count;

/// A line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place<'p> {
    /// File, relative to the folder of the manifests.
    pub file: &'p str,
    /// Line, from 1.
    pub line: u32,
}

/// One reason for changes, over all apps it works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseRow<'p> {
    /// The reason.
    pub kind: &'p CauseKind,
    /// Whether these were out of place before this change of the manifests.
    pub drift: bool,
    /// The lines that say so, in the order of files.
    pub places: BTreeSet<Place<'p>>,
    /// Licenses given for it.
    pub assign: u64,
    /// Licenses taken back for it.
    pub reclaim: u64,
    /// Apps and books it works on.
    pub assets: BTreeSet<Asset>,
}

/// The reasons, what is intended before drift, the largest first, and each change's number of its reason, from 1.
pub(super) fn causes(plan: &Plan) -> (Vec<CauseRow<'_>>, Vec<usize>) {
    let mut index: HashMap<(&CauseKind, bool), usize> = HashMap::new();
    let mut rows: Vec<CauseRow<'_>> = vec![];
    let mut of_change = Vec::with_capacity(plan.changes.len());
    for change in &plan.changes {
        let kind = &change.cause.kind;
        let drift = change.origin == Some(Origin::Drift);
        let at = *index.entry((kind, drift)).or_insert_with(|| {
            rows.push(CauseRow {
                kind,
                drift,
                places: BTreeSet::new(),
                assign: 0,
                reclaim: 0,
                assets: BTreeSet::new(),
            });
            rows.len() - 1
        });
        of_change.push(at);
        let Some(row) = rows.get_mut(at) else { continue };
        let pairs = count(change.pairs());
        let side = if change.action.is_reclaim() { &mut row.reclaim } else { &mut row.assign };
        *side = side.saturating_add(pairs);
        row.places.insert(Place { file: &change.cause.file, line: change.cause.line });
        row.assets.insert(change.asset);
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&at| {
        let row = rows.get(at);
        let pairs = row.map_or(0, |row| row.assign.saturating_add(row.reclaim));
        (row.map(|row| row.drift), std::cmp::Reverse(pairs), row.map(|row| row.kind))
    });
    let mut numbers = vec![0; rows.len()];
    for (place, &at) in order.iter().enumerate() {
        if let Some(number) = numbers.get_mut(at) {
            *number = place + 1;
        }
    }
    let sorted = order.iter().filter_map(|&at| rows.get(at).cloned()).collect();
    let of_change = of_change.iter().filter_map(|&at| numbers.get(at).copied()).collect();
    (sorted, of_change)
}
