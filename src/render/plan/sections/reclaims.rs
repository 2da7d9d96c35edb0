use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Place;
use crate::license::{Asset, ClientUserId, SerialNumber};
use crate::plan::{Action, Plan};
use crate::render::examples::Examples;
use crate::render::number::count;

/// Licenses of one asset taken back in one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReclaimRow<'p> {
    /// Name of the location.
    pub location: &'p str,
    /// What is taken back.
    pub asset: Asset,
    /// Name of the manifest.
    pub name: &'p str,
    /// Assigned now.
    pub holders: u64,
    /// To be taken back by disassociating.
    pub release: u64,
    /// To be taken back once the app is proven gone.
    pub uninstall: u64,
    /// Given to others by the same plan.
    pub assign: u64,
    /// Numbers of the causes, from 1.
    pub causes: BTreeSet<usize>,
    /// The lines that say so.
    pub places: BTreeSet<Place<'p>>,
    /// At most three holders, chosen by lowest hash so that they stay the same from run to run.
    pub examples: Vec<&'p str>,
}

impl ReclaimRow<'_> {
    /// To be taken back, either way.
    pub fn reclaim(&self) -> u64 {
        self.release.saturating_add(self.uninstall)
    }

    /// Assigned when everything is done.
    pub fn after(&self) -> u64 {
        self.holders.saturating_add(self.assign).saturating_sub(self.reclaim())
    }
}

pub(super) fn reclaims<'p>(plan: &'p Plan, causes: &[usize]) -> Vec<ReclaimRow<'p>> {
    let holders: BTreeMap<(&str, Asset), u64> = plan
        .locations
        .iter()
        .flat_map(|location| {
            let name = location.name.as_str();
            location.licenses.iter().map(move |row| ((name, row.asset), row.assigned))
        })
        .collect();
    let mut rows: BTreeMap<(&str, Asset), (ReclaimRow<'p>, Examples<'p>)> = BTreeMap::new();
    for (change, &cause) in plan.changes.iter().zip(causes) {
        if !change.action.is_reclaim() {
            continue;
        }
        let key = (change.location.as_str(), change.asset);
        let (row, examples) = rows.entry(key).or_insert_with(|| {
            let row = ReclaimRow {
                location: &change.location,
                asset: change.asset,
                name: &change.name,
                holders: holders.get(&key).copied().unwrap_or(0),
                release: 0,
                uninstall: 0,
                assign: 0,
                causes: BTreeSet::new(),
                places: BTreeSet::new(),
                examples: vec![],
            };
            (row, Examples::default())
        });
        let side =
            if change.action == Action::Release { &mut row.release } else { &mut row.uninstall };
        *side = side.saturating_add(count(change.pairs()));
        row.causes.insert(cause);
        row.places.insert(Place { file: &change.cause.file, line: change.cause.line });
        let devices = change.devices.iter().map(SerialNumber::as_str);
        let users = change.users.iter().map(ClientUserId::as_str);
        devices.chain(users).for_each(|holder| examples.offer(holder));
    }
    for change in plan.changes.iter().filter(|change| change.action == Action::Assign) {
        if let Some((row, _)) = rows.get_mut(&(change.location.as_str(), change.asset)) {
            row.assign = row.assign.saturating_add(count(change.pairs()));
        }
    }
    let mut rows: Vec<ReclaimRow<'p>> = rows
        .into_values()
        .map(|(row, examples)| ReclaimRow { examples: examples.names(), ..row })
        .collect();
    rows.sort_by_key(|row| Reverse(row.reclaim()));
    rows
}
