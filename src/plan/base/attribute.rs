//! Which line changed so that these licenses move.

use std::collections::BTreeSet;

use super::{After, Before};
use crate::desired::{Desired, WantedAsset, WantedEntry};
use crate::diagnostic::Span;
use crate::license::HolderSet;
use crate::manifest::Manifests;
use crate::manifest::kind::Group;
use crate::plan::{Cause, CauseKind, Change};

/// The intended holders of a change, each set with the line that moved them. What no line can be
/// found for keeps the cause it has.
pub(super) fn narrow(
    change: &Change,
    intended: &HolderSet,
    before: Before<'_>,
    after: After<'_>,
) -> Vec<(Cause, HolderSet)> {
    let same = |wanted: &&WantedAsset| {
        wanted.asset == change.asset && wanted.locations.contains(&change.location)
    };
    let Some(was) = before.desired.assets.iter().find(same) else {
        return vec![(change.cause.clone(), intended.clone())];
    };
    let is = after.desired.assets.iter().find(same);
    match &change.cause.kind {
        CauseKind::Entry { group, intent } => {
            let entry = was.entries.iter().any(|e| e.group == *group && e.intent == *intent);
            if !entry {
                return vec![(change.cause.clone(), intended.clone())];
            }
            let joined = intended - &everybody(before.desired, group);
            let rest = intended - &joined;
            vec![
                (membership(group, before, after, &change.cause), joined),
                (change.cause.clone(), rest),
            ]
        }
        CauseKind::Except { group } => {
            let old = was.except_lines.iter().any(|(name, ..)| name == group);
            if !old {
                return vec![(change.cause.clone(), intended.clone())];
            }
            let joined = intended - &everybody(before.desired, group);
            let rest = intended - &joined;
            vec![
                (membership(group, before, after, &change.cause), joined),
                (change.cause.clone(), rest),
            ]
        }
        CauseKind::Unnamed { .. } => {
            let mut left = intended.clone();
            let mut parts = vec![];
            for entry in &was.entries {
                let part = &left & &entry.holders;
                if part.is_empty() {
                    continue;
                }
                left -= &part;
                parts.push((gone(entry, is, before, after, &change.cause), part));
            }
            parts.push((change.cause.clone(), left));
            parts
        }
        CauseKind::Group { .. } | CauseKind::Inventory { .. } | CauseKind::Removed { .. } => {
            vec![(change.cause.clone(), intended.clone())]
        }
    }
}

/// Why an entry of the base names somebody no longer.
fn gone(
    entry: &WantedEntry,
    is: Option<&WantedAsset>,
    before: Before<'_>,
    after: After<'_>,
    otherwise: &Cause,
) -> Cause {
    let still = is.is_some_and(|is| is.entries.iter().any(|other| other.group == entry.group));
    if still {
        membership(&entry.group, before, after, otherwise)
    } else {
        let kind = CauseKind::Removed { group: entry.group.clone() };
        at(before.manifests, entry.span, kind)
    }
}

/// Why a group has other members now: its own lines, those of a group it includes, or its
/// inventory.
fn membership(group: &str, before: Before<'_>, after: After<'_>, otherwise: &Cause) -> Cause {
    let mut seen = BTreeSet::new();
    let mut open = vec![group];
    let mut inventory = None;
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        let Some(now) = find(after.manifests, name) else { continue };
        let changed = find(before.manifests, name).is_none_or(|was| !same_members(was, now));
        if changed {
            let kind = CauseKind::Group { group: group.to_owned(), changed: name.to_owned() };
            return at(after.manifests, now.name.span, kind);
        }
        if let Some(from) = &now.from {
            inventory.get_or_insert(from);
        }
        open.extend(now.include.iter().map(|include| include.value.as_str()));
    }
    let document = inventory.and_then(|from| {
        let documents = &after.manifests.inventories;
        documents.iter().find(|document| document.name.value == from.value)
    });
    match document {
        Some(document) => {
            let kind = CauseKind::Inventory {
                group: group.to_owned(),
                inventory: document.name.value.clone(),
            };
            at(after.manifests, document.name.span, kind)
        }
        None => otherwise.clone(),
    }
}

/// Whether two documents of a group choose the same members from the same rows.
fn same_members(a: &Group, b: &Group) -> bool {
    fn values<T: Ord>(list: &[crate::diagnostic::At<T>]) -> BTreeSet<&T> {
        list.iter().map(|item| &item.value).collect()
    }
    fn value(text: Option<&crate::diagnostic::At<String>>) -> Option<&str> {
        text.map(|text| text.value.as_str())
    }
    let Group {
        name: _,
        devices,
        users,
        from,
        filter,
        include,
        entra_group: _,
        minimum: _,
        description: _,
    } = a;
    values(devices) == values(&b.devices)
        && values(users) == values(&b.users)
        && value(from.as_ref()) == value(b.from.as_ref())
        && value(filter.as_ref()) == value(b.filter.as_ref())
        && values(include) == values(&b.include)
}

fn find<'m>(manifests: &'m Manifests, group: &str) -> Option<&'m Group> {
    manifests.groups.iter().find(|document| document.name.value == group)
}

/// Everybody a group stands for, whichever license an entry asks for.
fn everybody(desired: &Desired, group: &str) -> HolderSet {
    desired.groups.get(group).map_or_else(HolderSet::new, |group| {
        let mut all = &group.members | &group.users_of_devices;
        all |= &group.devices_of_users;
        all
    })
}

fn at(manifests: &Manifests, span: Span, kind: CauseKind) -> Cause {
    Cause { file: manifests.sources.path(span).to_string(), line: span.line, kind }
}
