use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::license::Asset;
use crate::plan::{Action, Plan};
use crate::render::number::{count, sum};

/// Licenses given of assets that have the same causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignRow<'p> {
    /// Numbers of the causes, from 1.
    pub causes: BTreeSet<usize>,
    /// Name and number of licenses, the largest first, over all locations.
    pub assets: Vec<(&'p str, u64)>,
}

impl AssignRow<'_> {
    /// Licenses of all of them.
    pub fn total(&self) -> u64 {
        sum(self.assets.iter().map(|(_, pairs)| *pairs))
    }

    /// How many each gets, where they all get the same.
    pub fn each(&self) -> Option<u64> {
        let (_, first) = *self.assets.first()?;
        self.assets.iter().all(|(_, pairs)| *pairs == first).then_some(first)
    }
}

pub(super) fn assigns<'p>(plan: &'p Plan, causes: &[usize]) -> Vec<AssignRow<'p>> {
    // In the order of the plan, which is stable.
    let mut index: HashMap<Asset, usize> = HashMap::new();
    let mut assets: Vec<(&'p str, u64, BTreeSet<usize>)> = vec![];
    for (change, &cause) in plan.changes.iter().zip(causes) {
        if change.action != Action::Assign {
            continue;
        }
        let at = *index.entry(change.asset).or_insert_with(|| {
            assets.push((&change.name, 0, BTreeSet::new()));
            assets.len() - 1
        });
        if let Some((_, pairs, numbers)) = assets.get_mut(at) {
            *pairs = pairs.saturating_add(count(change.pairs()));
            numbers.insert(cause);
        }
    }
    let mut groups: BTreeMap<BTreeSet<usize>, Vec<(&'p str, u64)>> = BTreeMap::new();
    for (name, pairs, numbers) in assets {
        groups.entry(numbers).or_default().push((name, pairs));
    }
    let mut rows: Vec<AssignRow<'p>> = groups
        .into_iter()
        .map(|(causes, mut assets)| {
            assets.sort_by_key(|(_, pairs)| Reverse(*pairs));
            AssignRow { causes, assets }
        })
        .collect();
    rows.sort_by_key(|row| Reverse(row.total()));
    rows
}
