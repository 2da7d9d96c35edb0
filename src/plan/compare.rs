//! What changed between two plans: for whoever looked at the first one.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Action, Plan, numbers};
use crate::license::{Asset, Holder};

/// What changed between two plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanDiff {
    /// Fingerprint of the older plan.
    pub old: String,
    /// Fingerprint of the newer plan.
    pub new: String,
    /// By location, asset and action; only where something differs.
    pub rows: Vec<PlanDiffRow>,
    /// Guards that block the newer plan and did not block the older one, by message.
    pub newly_blocked: Vec<String>,
    /// Guards that blocked the older plan and do not block the newer one, by message.
    pub no_longer_blocked: Vec<String>,
}

/// How one kind of change of one asset differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanDiffRow {
    /// Name of the location.
    pub location: String,
    /// What is licensed.
    pub asset: Asset,
    /// Name of its manifest.
    pub name: String,
    /// What happens.
    pub action: Action,
    /// Holders in both plans.
    pub both: u64,
    /// Holders only in the newer plan, ascending.
    pub added: Vec<String>,
    /// Holders only in the older plan, ascending.
    pub dropped: Vec<String>,
}

impl PlanDiff {
    /// Whether both plans would do the same.
    pub fn is_empty(&self) -> bool {
        self.old == self.new && self.rows.is_empty()
    }
}

type Moves<'p> = BTreeMap<(&'p str, Asset, Action), (&'p str, BTreeSet<Holder>)>;

/// What changed from one plan to another.
pub fn compare(old: &Plan, new: &Plan) -> PlanDiff {
    let (before, after) = (moves(old), moves(new));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    let nobody = BTreeSet::new();
    let rows = keys.into_iter().filter_map(|key| {
        let (was, is) = (before.get(&key), after.get(&key));
        let name = is.or(was).map(|(name, _)| (*name).to_owned())?;
        let was = was.map_or(&nobody, |(_, holders)| holders);
        let is = is.map_or(&nobody, |(_, holders)| holders);
        let names = |a: &BTreeSet<Holder>, b: &BTreeSet<Holder>| -> Vec<String> {
            a.difference(b).map(ToString::to_string).collect()
        };
        let (added, dropped) = (names(is, was), names(was, is));
        let (location, asset, action) = key;
        (!added.is_empty() || !dropped.is_empty()).then(|| PlanDiffRow {
            location: location.to_owned(),
            asset,
            name,
            action,
            both: numbers::count(is.intersection(was).count()),
            added,
            dropped,
        })
    });
    let rows = rows.collect();
    let blocks = |plan: &Plan| -> BTreeSet<String> {
        let blocking = plan.guards.iter().filter(|guard| guard.blocks());
        blocking.map(|guard| format!("{} {}", guard.code, guard.message)).collect()
    };
    let (blocked, blocks) = (blocks(old), blocks(new));
    PlanDiff {
        old: old.fingerprint.clone(),
        new: new.fingerprint.clone(),
        rows,
        newly_blocked: blocks.difference(&blocked).cloned().collect(),
        no_longer_blocked: blocked.difference(&blocks).cloned().collect(),
    }
}

fn moves(plan: &Plan) -> Moves<'_> {
    let mut moves = Moves::new();
    for change in &plan.changes {
        let key = (change.location.as_str(), change.asset, change.action);
        let (_, holders) = moves.entry(key).or_insert_with(|| (&change.name, BTreeSet::new()));
        holders.extend(change.devices.iter().cloned().map(Holder::Device));
        holders.extend(change.users.iter().cloned().map(Holder::User));
    }
    moves
}
