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

impl LeftRow<'_> {
    /// What happens to them instead.
    pub fn said(&self) -> &'static str {
        match self.kind {
            InactionKind::Short => "go without: no license is left (whenShort: fill)",
            InactionKind::WaitsForReclaim => "wait for a license until an uninstall is proven",
            InactionKind::NotAssignable => "go without: Apple says that no device can hold it",
            InactionKind::Withheld => "withheld: a location they may have it in was not read",
            InactionKind::Malformed => "kept: what Apple calls the holder cannot be sent back",
            InactionKind::Protected => "kept: the policy protects them",
            InactionKind::Kept => "kept: no entry names them (reclaim: keep)",
            InactionKind::Irrevocable => "kept: the license cannot come back",
        }
    }

    /// Whether somebody should look at it: a wish that is not met, or a name that is broken.
    pub fn is_loud(&self) -> bool {
        !self.kind.is_kept() || self.kind == InactionKind::Malformed
    }
}

/// In the order a reviewer cares: who goes without first.
const ORDER: [InactionKind; 8] = [
    InactionKind::Short,
    InactionKind::WaitsForReclaim,
    InactionKind::NotAssignable,
    InactionKind::Withheld,
    InactionKind::Malformed,
    InactionKind::Protected,
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
