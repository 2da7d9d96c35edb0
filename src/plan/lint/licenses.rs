use std::collections::HashMap;

use super::Lint;
use crate::actual::Stock;
use crate::plan::{Action, InactionKind, numbers::count};

pub(super) const ROWS: Lint = Lint {
    name: "rows-add-up",
    about: "Each license row says what the changes say.",
    check: |plan, say| {
        let mut sums: HashMap<_, u64> = HashMap::new();
        for change in &plan.changes {
            *sums.entry((&change.location, change.asset, change.action)).or_default() +=
                count(change.pairs());
        }
        for location in &plan.locations {
            for row in &location.licenses {
                let sum = |action| {
                    sums.get(&(&location.name, row.asset, action)).copied().unwrap_or_default()
                };
                let said = [row.release, row.uninstall, row.assign];
                let summed = [sum(Action::Release), sum(Action::Uninstall), sum(Action::Assign)];
                if said != summed {
                    say.push(format!(
                        "{} at {}: the row says {said:?} and the changes {summed:?} (release, \
                         uninstall, assign)",
                        row.name, location.name
                    ));
                }
            }
        }
    },
};

pub(super) const ENOUGH: Lint = Lint {
    name: "licenses-suffice",
    about: "Never more is given than is free, counting only what this plan releases, and the free \
            count afterwards follows from that.",
    check: |plan, say| {
        for location in &plan.locations {
            for row in &location.licenses {
                let free = match row.stock {
                    Some(Stock::Unlimited) => None,
                    Some(Stock::Limited { available, .. }) => {
                        Some(available.saturating_add(row.release))
                    }
                    None => Some(0),
                };
                if free.is_some_and(|free| row.assign > free) {
                    say.push(format!(
                        "{} at {}: {} to assign and {} free",
                        row.name,
                        location.name,
                        row.assign,
                        free.unwrap_or_default()
                    ));
                }
                let after = free.map(|free| free.saturating_sub(row.assign));
                if row.free_after != after {
                    say.push(format!(
                        "{} at {}: {:?} free afterwards, but the row says {:?}",
                        row.name, location.name, after, row.free_after
                    ));
                }
            }
        }
    },
};

pub(super) const SHORT: Lint = Lint {
    name: "short-is-explained",
    about: "What waits or goes without is never more than the row says is short.",
    check: |plan, say| {
        let mut sums: HashMap<_, u64> = HashMap::new();
        for inaction in &plan.inactions {
            match inaction.kind {
                InactionKind::Short | InactionKind::WaitsForReclaim => {
                    *sums.entry((&inaction.location, inaction.asset)).or_default() +=
                        inaction.pairs;
                }
                InactionKind::Kept
                | InactionKind::Irrevocable
                | InactionKind::Protected
                | InactionKind::NotAssignable
                | InactionKind::Withheld
                | InactionKind::Malformed => {}
            }
        }
        for location in &plan.locations {
            for row in &location.licenses {
                let sum = sums.remove(&(&location.name, row.asset)).unwrap_or_default();
                if sum > row.short {
                    say.push(format!(
                        "{} at {}: {} short and {sum} said to be",
                        row.name, location.name, row.short
                    ));
                }
            }
        }
        if !sums.is_empty() {
            say.push("an asset without a row is said to be short".to_owned());
        }
    },
};

pub(super) const LATER: Lint = Lint {
    name: "later-is-freed",
    about: "What waits for a license is as much as is said to wait, and at each location never \
            more than is uninstalled there.",
    check: |plan, say| {
        let mut later: HashMap<_, u64> = HashMap::new();
        for change in &plan.later {
            if change.action != Action::Assign {
                say.push(format!("{} at {}: a reclaim waits", change.name, change.location));
            }
            *later.entry((&change.location, change.asset)).or_default() += count(change.pairs());
        }
        let waits = plan.inactions.iter().filter(|one| one.kind == InactionKind::WaitsForReclaim);
        let (said, waiting): (u64, u64) =
            (waits.map(|one| one.pairs).sum(), later.values().copied().sum());
        if said != waiting {
            say.push(format!("{said} are said to wait for a license, and {waiting} do"));
        }
        for location in &plan.locations {
            for row in &location.licenses {
                let here = later.remove(&(&location.name, row.asset)).unwrap_or_default();
                if here > row.uninstall {
                    say.push(format!(
                        "{} at {}: {here} wait for {} uninstalls",
                        row.name, location.name, row.uninstall
                    ));
                }
            }
        }
        if !later.is_empty() {
            say.push("an asset without a row waits for a license".to_owned());
        }
    },
};

pub(super) const PEOPLE: Lint = Lint {
    name: "people-once",
    about: "People are listed ascending and once, and nobody retired gets or keeps a license.",
    check: |plan, say| {
        for location in &plan.locations {
            let users = &location.users;
            let create: Vec<_> = users.create.iter().map(|user| &user.client_user_id).collect();
            let update: Vec<_> = users.update.iter().map(|user| &user.client_user_id).collect();
            let retire: Vec<_> = users.retire.iter().collect();
            for list in [&create, &update, &retire] {
                if !list.is_sorted_by(|a, b| a < b) {
                    say.push(format!("{}: people out of order or twice", location.name));
                }
            }
            let mut all = [create, update, retire.clone()].concat();
            all.sort_unstable();
            if all.windows(2).any(|pair| pair.first() == pair.last()) {
                say.push(format!("{}: somebody is in two lists of people", location.name));
            }
            for change in plan.changes.iter().filter(|change| change.location == location.name) {
                let gone = match change.action {
                    Action::Assign | Action::Uninstall => {
                        change.users.iter().find(|user| retire.binary_search(user).is_ok())
                    }
                    Action::Release => None,
                };
                if let Some(user) = gone {
                    say.push(format!("{}: {user} is retired and holds a license", location.name));
                }
            }
        }
    },
};

pub(super) const CLAIM: Lint = Lint {
    name: "claim-only-unclaimed",
    about: "Only a location nobody has claimed is claimed.",
    check: |plan, say| {
        for location in &plan.locations {
            if let (Some(owner), Some(_)) = (&location.owner, &location.claim) {
                say.push(format!("{} is claimed by {} already", location.name, owner.name));
            }
        }
    },
};
