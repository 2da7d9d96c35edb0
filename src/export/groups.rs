use std::collections::BTreeMap;

use super::Source;
use super::names::Title;
use crate::actual::UserStatus;
use crate::license::{Asset, ClientUserId, HolderRef, HolderSet, Roster};

/// Holders of the same set of apps and books.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) assets: Vec<Asset>,
    pub(super) devices: Vec<String>,
    pub(super) users: Vec<String>,
}

/// The groups of a location, largest first. Retired people are left out: what they hold is no
/// longer anybody's to give or take.
pub(super) fn of(
    source: &Source<'_>,
    titles: &BTreeMap<Asset, Title>,
    roster: &Roster,
) -> Vec<Group> {
    // Refine one partition of all holders by asset after asset: no list per holder is kept.
    let mut parts: Vec<(Vec<Asset>, HolderSet)> = Vec::new();
    for (&asset, holders) in &source.actual.held {
        let mut rest = holders.clone();
        let mut next = Vec::with_capacity(parts.len() + 1);
        for (assets, members) in parts {
            let inside = &members & holders;
            if inside.is_empty() {
                next.push((assets, members));
                continue;
            }
            rest -= &inside;
            let outside = &members - &inside;
            if !outside.is_empty() {
                next.push((assets.clone(), outside));
            }
            let mut grown = assets;
            grown.push(asset);
            next.push((grown, inside));
        }
        if !rest.is_empty() {
            next.push((vec![asset], rest));
        }
        parts = next;
    }
    let mut groups: Vec<Group> = parts
        .into_iter()
        .map(|(assets, members)| group(source, titles, roster, assets, &members))
        .filter(|group| !group.devices.is_empty() || !group.users.is_empty())
        .collect();
    groups.sort_by(|a, b| {
        let size = |group: &Group| group.devices.len() + group.users.len();
        size(b)
            .cmp(&size(a))
            .then_with(|| a.devices.cmp(&b.devices))
            .then_with(|| a.users.cmp(&b.users))
    });
    for (index, group) in groups.iter_mut().enumerate() {
        group.name = format!("{}-{}", source.name, index + 1);
    }
    groups
}

fn group(
    source: &Source<'_>,
    titles: &BTreeMap<Asset, Title>,
    roster: &Roster,
    assets: Vec<Asset>,
    members: &HolderSet,
) -> Group {
    let (mut devices, mut users) = (vec![], vec![]);
    for holder in roster.sorted(members) {
        match holder {
            HolderRef::Device(serial) => devices.push(serial.to_owned()),
            HolderRef::User(user) if is_active(source, user) => users.push(user.to_owned()),
            HolderRef::User(_) => {}
        }
    }
    let names: Vec<&str> =
        assets.iter().filter_map(|asset| titles.get(asset)).map(|t| t.name.as_str()).collect();
    let description = match names.as_slice() {
        [] => String::new(),
        [one] => format!("Holders of {one}"),
        [one, two] => format!("Holders of {one} and {two}"),
        [one, two, rest @ ..] => format!("Holders of {one}, {two} and {} more", rest.len()),
    };
    Group { name: String::new(), description, assets, devices, users }
}

fn is_active(source: &Source<'_>, user: &str) -> bool {
    let record = ClientUserId::new(user).and_then(|id| source.actual.users.get(&id));
    record.is_none_or(|record| match record.status {
        UserStatus::Registered | UserStatus::Associated => true,
        UserStatus::Retired | UserStatus::Deleted => false,
    })
}
