use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Place;
use crate::plan::{InactionKind, Plan};

/// Pairs that are left alone for one kind of reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftRow<'p> {
    /// Why nothing is done.
    pub kind: InactionKind,
    /// How many pairs.
    pub pairs: u64,
    /// Name and number of pairs, the largest first.
    pub assets: Vec<(&'p str, u64)>,
    /// The lines that say so.
    pub places: BTreeSet<Place<'p>>,
}

/// In the order a reviewer cares: who goes without first.
const ORDER: [InactionKind; 4] = [
    InactionKind::Short,
    InactionKind::WaitsForReclaim,
    InactionKind::Kept,
    InactionKind::Irrevocable,
];

pub(super) fn left(plan: &Plan) -> Vec<LeftRow<'_>> {
    let row = |kind: InactionKind| {
        let mut row = LeftRow { kind, pairs: 0, assets: vec![], places: BTreeSet::new() };
        for inaction in plan.inactions.iter().filter(|inaction| inaction.kind == kind) {
            row.pairs = row.pairs.saturating_add(inaction.pairs);
            match row.assets.last_mut() {
                Some((name, pairs)) if *name == inaction.name => {
                    *pairs = pairs.saturating_add(inaction.pairs);
                }
                _ => row.assets.push((&inaction.name, inaction.pairs)),
            }
            row.places.insert(Place { file: &inaction.cause.file, line: inaction.cause.line });
        }
        row.assets.sort_by_key(|(_, pairs)| Reverse(*pairs));
        row
    };
    ORDER.into_iter().map(row).filter(|row| !row.assets.is_empty()).collect()
}
