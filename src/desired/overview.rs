//! Groups for people: how large each is, where its members come from, and why each is in it.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::Desired;
use crate::diagnostic::{Sources, Span};
use crate::inventory::{Filter, Freshness, LoadedInventories, select};
use crate::license::{HolderId, HolderRef, HolderSet, Roster};
use crate::manifest::Manifests;
use crate::manifest::kind::Group;

/// One group with what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GroupSummary {
    /// Its name.
    pub name: String,
    /// Where its name is written.
    pub place: Place,
    /// How many devices are members.
    pub devices: u64,
    /// How many people are members.
    pub people: u64,
    /// Fewer members than this block a plan.
    pub minimum: Option<u64>,
    /// How many holders it lists itself.
    pub listed: usize,
    /// The inventory it chooses from.
    pub from: Option<From>,
    /// Groups it includes.
    pub include: Vec<String>,
    /// How many lines of apps, books and subscriptions name it.
    pub used: usize,
}

/// An inventory a group chooses from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct From {
    /// Its name.
    pub inventory: String,
    /// Where its rows come from.
    pub origin: String,
    /// How many rows it has.
    pub rows: u64,
    /// `live`, the moment its data is of, or `unknown`.
    pub as_of: String,
    /// Which rows: a condition, or all.
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// A line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// The file, relative to the folder of the manifests.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl Place {
    fn of(sources: &Sources, span: Span) -> Self {
        Self { file: sources.path(span).to_string(), line: span.line }
    }
}

/// Everything about every group, in the order of the manifests.
pub fn overview(
    manifests: &Manifests,
    loaded: &LoadedInventories,
    desired: &Desired,
    roster: &Roster,
) -> Vec<GroupSummary> {
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for asset in &manifests.assets {
        let names = asset.assign.iter().map(|entry| &entry.to).chain(&asset.except);
        for name in names {
            *used.entry(&name.value).or_default() += 1;
        }
    }
    for name in manifests.subscriptions.iter().flat_map(|one| &one.assign).map(|entry| &entry.to) {
        *used.entry(&name.value).or_default() += 1;
    }
    let summary = |group: &Group| {
        let members = desired.groups.get(&group.name.value).map(|group| &group.members);
        let people = members.map_or(0, |members| (members & roster.users()).len());
        GroupSummary {
            name: group.name.value.clone(),
            place: Place::of(&manifests.sources, group.name.span),
            devices: members.map_or(0, HolderSet::len) - people,
            people,
            minimum: group.minimum.as_ref().map(|minimum| minimum.value),
            listed: group.devices.len() + group.users.len(),
            from: from(group, loaded),
            include: group.include.iter().map(|name| name.value.clone()).collect(),
            used: used.get(group.name.value.as_str()).copied().unwrap_or_default(),
        }
    };
    manifests.groups.iter().map(summary).collect()
}

fn from(group: &Group, loaded: &LoadedInventories) -> Option<From> {
    let inventory = &group.from.as_ref()?.value;
    let source = loaded.sources.get(inventory)?;
    Some(From {
        inventory: inventory.clone(),
        origin: source.origin.clone(),
        rows: source.rows,
        as_of: match source.freshness {
            Freshness::Live => "live".to_owned(),
            Freshness::AsOf(Some(at)) => at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            Freshness::AsOf(None) => "unknown".to_owned(),
        },
        filter: group.filter.as_ref().map(|filter| filter.value.clone()),
    })
}

/// A member of a group and everything that makes it one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Member {
    /// Serial number or user id.
    pub id: String,
    /// Whether it is a person.
    pub person: bool,
    /// Why it is a member; at least one.
    pub because: Vec<Reason>,
}

/// Why a holder is a member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The group lists it.
    Listed(Place),
    /// A row of the inventory that `from` and `where` choose.
    Row {
        /// Where the row stands: the origin and its line.
        row: String,
        /// The line of `where`, or of `from` where all rows are chosen.
        chosen_by: Place,
    },
    /// A group it includes has it.
    Included {
        /// The included group.
        group: String,
        /// The line that includes it.
        included_by: Place,
    },
}

/// The members of a group, sorted as people see them, each with why it is in.
pub fn members(
    group: &Group,
    manifests: &Manifests,
    loaded: &LoadedInventories,
    desired: &Desired,
    roster: &Roster,
) -> Vec<Member> {
    let sources = &manifests.sources;
    let mut because: HashMap<HolderId, Vec<Reason>> = HashMap::new();
    let mut add = |holder: HolderRef<'_>, reason: Reason| {
        if let Some(id) = roster.find(holder) {
            because.entry(id).or_default().push(reason);
        }
    };
    for device in &group.devices {
        let listed = Reason::Listed(Place::of(sources, device.span));
        add(HolderRef::Device(device.value.as_str()), listed);
    }
    for user in &group.users {
        let listed = Reason::Listed(Place::of(sources, user.span));
        add(HolderRef::User(user.value.as_str()), listed);
    }
    for (holder, row, span) in rows(group, loaded) {
        add(holder, Reason::Row { row, chosen_by: Place::of(sources, span) });
    }
    for include in &group.include {
        let inner = desired.groups.get(&include.value);
        for id in inner.iter().flat_map(|inner| inner.members.iter()) {
            because.entry(id).or_default().push(Reason::Included {
                group: include.value.clone(),
                included_by: Place::of(sources, include.span),
            });
        }
    }
    let all = desired.groups.get(&group.name.value).map(|group| &group.members);
    let sorted = all.map(|all| roster.sorted(all)).unwrap_or_default();
    let member = |holder: HolderRef<'_>| Member {
        id: holder.text().to_owned(),
        person: matches!(holder, HolderRef::User(_)),
        because: roster.find(holder).and_then(|id| because.remove(&id)).unwrap_or_default(),
    };
    sorted.into_iter().map(member).collect()
}

/// The holders the group's own rows name, each with its row and the line that chose it.
fn rows<'l>(group: &Group, loaded: &'l LoadedInventories) -> Vec<(HolderRef<'l>, String, Span)> {
    let Some(from) = &group.from else { return vec![] };
    let Some(table) = loaded.tables.get(&from.value) else { return vec![] };
    let (chosen, span): (Vec<usize>, Span) = match &group.filter {
        None => ((0..table.rows()).collect(), from.span),
        Some(text) => {
            let filter = Filter::compile(&text.value).ok();
            let selected = filter.and_then(|filter| select(table, &[&filter]).pop()?.ok());
            (selected.map(|rows| rows.iter().collect()).unwrap_or_default(), text.span)
        }
    };
    let holder = |row: usize| match table.serials() {
        Some(serials) => serials.get(row).map(HolderRef::Device),
        None => table.users()?.get(row).map(HolderRef::User),
    };
    let found = chosen.into_iter().filter_map(|row| Some((holder(row)?, table.place(row), span)));
    found.collect()
}
