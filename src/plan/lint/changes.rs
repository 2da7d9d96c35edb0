use std::collections::{HashMap, HashSet};

use super::Lint;
use crate::license::{AssetKind, HolderRef};
use crate::plan::{Action, Change, Plan};

pub(super) const PLACE: Lint = Lint {
    name: "changes-have-a-place",
    about: "Every change is of an asset with a row at a location that was read.",
    check: |plan, say| {
        let rows: HashSet<_> = plan
            .locations
            .iter()
            .filter(|location| location.failed.is_none() && location.uid.is_some())
            .flat_map(|location| location.licenses.iter().map(|row| (&location.name, row.asset)))
            .collect();
        for change in &plan.changes {
            if !rows.contains(&(&change.location, change.asset)) {
                say.push(format!("{} changes and has no row there", what(change)));
            }
        }
        for location in plan.locations.iter().filter(|location| location.failed.is_some()) {
            let users = &location.users;
            let people = users.create.len() + users.update.len() + users.retire.len();
            let seats = location.subscriptions.is_some();
            if people > 0 || location.claim.is_some() || !location.licenses.is_empty() || seats {
                say.push(format!("{} was not read and has effects", location.name));
            }
        }
    },
};

pub(super) const ORDER: Lint = Lint {
    name: "changes-in-order",
    about: "Changes stand by location, asset, action, cause and origin, each once.",
    check: |plan, say| {
        let places: HashMap<&str, usize> = plan
            .locations
            .iter()
            .enumerate()
            .map(|(place, location)| (location.name.as_str(), place))
            .collect();
        if places.len() != plan.locations.len() {
            say.push("two locations have one name".to_owned());
        }
        let key = |change: &Change| places.get(change.location.as_str()).copied();
        for pair in plan.changes.windows(2) {
            let [before, after] = pair else { continue };
            let first = (key(before), before.asset, before.action, &before.cause, before.origin);
            let second = (key(after), after.asset, after.action, &after.cause, after.origin);
            if first >= second {
                say.push(format!("{} stands after {}", what(after), what(before)));
            }
        }
    },
};

pub(super) const HOLDERS: Lint = Lint {
    name: "holders-sorted",
    about: "A change has holders, ascending and each once.",
    check: |plan, say| {
        for change in &plan.changes {
            if change.pairs() == 0 {
                say.push(format!("{} moves nothing", what(change)));
            }
            let sorted = change.devices.is_sorted_by(|a, b| a < b)
                && change.users.is_sorted_by(|a, b| a < b);
            if !sorted {
                say.push(format!("{} has holders out of order or twice", what(change)));
            }
        }
    },
};

pub(super) const TWICE: Lint = Lint {
    name: "no-pair-twice",
    about: "No license is given twice or taken back twice.",
    check: |plan, say| {
        repeated(
            plan,
            |first, second| first.action.is_reclaim() == second.action.is_reclaim(),
            say,
        );
    },
};

pub(super) const BOTH_WAYS: Lint = Lint {
    name: "no-pair-both-ways",
    about: "No license is given and taken back by one plan.",
    check: |plan, say| {
        repeated(
            plan,
            |first, second| first.action.is_reclaim() != second.action.is_reclaim(),
            say,
        );
    },
};

pub(super) const BOOKS: Lint = Lint {
    name: "books-to-people",
    about: "A book is never given to a device.",
    check: |plan, say| {
        for change in &plan.changes {
            if change.kind == AssetKind::Book
                && !change.action.is_reclaim()
                && !change.devices.is_empty()
            {
                say.push(format!("{} is a book and goes to devices", what(change)));
            }
        }
    },
};

pub(super) const FOREIGN: Lint = Lint {
    name: "foreign-untouched",
    about: "Nothing changes in a location a guard says is not ours to touch.",
    check: |plan, say| {
        let closed = crate::plan::guards::CLOSING;
        for guard in plan.guards.iter().filter(|guard| guard.blocks()) {
            let name = guard.location.as_deref().unwrap_or_default();
            let location = plan.locations.iter().find(|location| location.name == name);
            let Some(location) = location.filter(|_| closed.contains(&guard.code.as_str())) else {
                continue;
            };
            let users = &location.users;
            let people = users.create.len() + users.update.len() + users.retire.len();
            let moves = plan.changes.iter().any(|change| change.location == name);
            let seats = location.subscriptions.as_ref();
            let seats = seats.is_some_and(|seats| seats.enable || !seats.is_empty());
            if moves || people > 0 || location.claim.is_some() || seats {
                say.push(format!("{name} is not ours to touch ({}) and changes", guard.code));
            }
        }
    },
};

pub(super) const INSTALL: Lint = Lint {
    name: "only-given-apps-are-installed",
    about: "Devices are told to install what is given, and only apps.",
    check: |plan, say| {
        for change in plan.changes.iter().chain(&plan.later).filter(|change| change.install) {
            if change.action != Action::Assign || change.kind != AssetKind::App {
                say.push(format!("{} would install", what(change)));
            }
        }
    },
};

/// Pairs of one location and asset that stand in two changes of which `of` speaks.
fn repeated(plan: &Plan, of: impl Fn(&Change, &Change) -> bool, say: &mut Vec<String>) {
    let mut by_asset: HashMap<_, Vec<&Change>> = HashMap::new();
    for change in &plan.changes {
        by_asset.entry((&change.location, change.asset)).or_default().push(change);
    }
    for changes in by_asset.into_values().filter(|changes| changes.len() > 1) {
        let mut seen: HashMap<HolderRef<'_>, Vec<&Change>> = HashMap::new();
        for change in changes {
            for holder in holders(change) {
                let earlier = seen.entry(holder).or_default();
                if earlier.iter().any(|earlier| of(earlier, change)) {
                    say.push(format!("{} has {} once more", what(change), holder.text()));
                }
                earlier.push(change);
            }
        }
    }
    say.sort_unstable();
}

fn holders(change: &Change) -> impl Iterator<Item = HolderRef<'_>> {
    let devices = change.devices.iter().map(|device| HolderRef::Device(device.as_str()));
    devices.chain(change.users.iter().map(|user| HolderRef::User(user.as_str())))
}

fn what(change: &Change) -> String {
    format!("{} of {} ({}) at {}", change.action, change.name, change.asset, change.location)
}
