use std::borrow::Cow;
use std::cmp::Reverse;

use hashbrown::HashMap;
use serde::Serialize;

use super::view::key;
use crate::license::{ClientUserId, HolderRef, SerialNumber};
use crate::plan::{Change, Origin, Plan};
use crate::render::plan::Sections;
use crate::render::{cause, escape};

/// What the table of changes is filled from: every name once, everything else as numbers.
#[derive(Serialize)]
pub(super) struct Data<'p> {
    /// Serial numbers ascending, then user ids ascending.
    holders: Vec<Cow<'p, str>>,
    /// How many of them are devices.
    devices: usize,
    locations: Vec<Cow<'p, str>>,
    /// Key and name.
    apps: Vec<(String, Cow<'p, str>)>,
    /// The reasons in words; the first has the number 1.
    causes: Vec<String>,
    files: Vec<Cow<'p, str>>,
    /// Address of the manifests' folder.
    links: Option<&'p str>,
    changes: Vec<Row>,
}

/// One change: location, app, action, cause, file, line, and the holders, each as its distance
/// from the one before it.
#[derive(Serialize)]
struct Row(usize, usize, &'static str, usize, usize, u32, Vec<i64>);

impl<'p> Data<'p> {
    pub(super) fn of(plan: &'p Plan, sections: &Sections<'p>, links: Option<&'p str>) -> Self {
        let holders = holders(plan);
        let devices = holders.partition_point(|holder| matches!(holder, HolderRef::Device(_)));
        let places: HashMap<HolderRef<'p>, i64> = holders.iter().copied().zip(0..).collect();
        let causes: HashMap<_, usize> = sections
            .causes
            .iter()
            .enumerate()
            .map(|(at, row)| ((row.kind, row.drift), at))
            .collect();
        let mut locations = Names::default();
        let mut apps = Names::default();
        let mut files = Names::default();
        // What is taken back first, then what moves most.
        let mut changes: Vec<&Change> = plan.changes.iter().collect();
        changes.sort_by_key(|change| (!change.action.is_reclaim(), Reverse(change.pairs())));
        let rows = changes.into_iter().map(|change| {
            let mut last = 0;
            let distances = of(change).filter_map(|holder| {
                let place = *places.get(&holder)?;
                Some(place - std::mem::replace(&mut last, place))
            });
            let distances = distances.collect();
            Row(
                locations.number(change.location.as_str()),
                apps.number((change.asset, change.name.as_str())),
                action(change),
                causes
                    .get(&(&change.cause.kind, change.origin == Some(Origin::Drift)))
                    .copied()
                    .unwrap_or(0),
                files.number(change.cause.file.as_str()),
                change.cause.line,
                distances,
            )
        });
        let changes = rows.collect();
        let shown = |names: Vec<&'p str>| names.into_iter().map(escape::terminal).collect();
        let apps = apps.list.into_iter().map(|(asset, name)| (key(asset), escape::terminal(name)));
        Self {
            devices,
            locations: shown(locations.list),
            apps: apps.collect(),
            causes: sections
                .causes
                .iter()
                .map(|row| {
                    let text = cause::text(row.kind);
                    let drift = if row.drift { " (drift)" } else { "" };
                    escape::terminal(&format!("{text}{drift}")).into_owned()
                })
                .collect(),
            files: shown(files.list),
            links,
            changes,
            holders: holders.into_iter().map(|holder| escape::terminal(holder.text())).collect(),
        }
    }
}

fn action(change: &Change) -> &'static str {
    use crate::plan::Action;
    match change.action {
        Action::Assign => "assign",
        Action::Release => "release",
        Action::Uninstall => "uninstall",
    }
}

fn of(change: &Change) -> impl Iterator<Item = HolderRef<'_>> {
    let devices = change.devices.iter().map(SerialNumber::as_str).map(HolderRef::Device);
    devices.chain(change.users.iter().map(ClientUserId::as_str).map(HolderRef::User))
}

/// Everybody a change is about, once: devices, then users, each ascending.
fn holders(plan: &Plan) -> Vec<HolderRef<'_>> {
    let mut holders: Vec<HolderRef<'_>> = plan.changes.iter().flat_map(of).collect();
    holders.sort_unstable();
    holders.dedup();
    holders
}

/// Names in the order they come up, each with its number.
struct Names<T> {
    list: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { list: vec![], numbers: HashMap::new() }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Names<T> {
    fn number(&mut self, name: T) -> usize {
        *self.numbers.entry(name).or_insert_with(|| {
            self.list.push(name);
            self.list.len() - 1
        })
    }
}
