use std::collections::BTreeMap;

use super::Lint;
use crate::license::Asset;
use crate::plan::{Action, numbers};

pub(super) const UNDER_WAY: Lint = Lint {
    name: "under-way-adds-up",
    about: "Every reclaim of an earlier run goes on or ends, and none goes on that the plan does \
            not take back by uninstalling.",
    check: |plan, say| {
        let mut taken: BTreeMap<(&str, Asset), u64> = BTreeMap::new();
        for change in plan.changes.iter().filter(|change| change.action == Action::Uninstall) {
            let pairs = taken.entry((change.location.as_str(), change.asset)).or_default();
            *pairs = pairs.saturating_add(numbers::count(change.pairs()));
        }
        for row in &plan.carried {
            let going_on = row.going_on();
            let ended = [row.wanted_again, row.dropped, row.back];
            let all = ended.into_iter().fold(going_on, u64::saturating_add);
            if all != row.count {
                say.push(format!(
                    "{} reclaims of `{}` are under way and {all} are accounted for",
                    row.count, row.name
                ));
            }
            let pairs = taken.get(&(row.location.as_str(), row.asset)).copied().unwrap_or(0);
            if going_on > pairs {
                say.push(format!(
                    "{going_on} reclaims of `{}` go on and {pairs} are taken back",
                    row.name
                ));
            }
        }
    },
};
