//! Groups to members: those named, those an inventory's rows name, those of included groups.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::ResolvedGroup;
use super::associations::Associations;
use super::codes;
use super::numbering::{Numbered, NumberedTable};
use crate::diagnostic::{At, Diagnostic};
use crate::inventory::{Filter, FilterProblem, NoFilter, RowSet, Table, select, shown};
use crate::license::{HolderRef, HolderSet, Roster, RosterFull};
use crate::manifest::kind::Group;

/// Members with those who come along when licenses go to the other kind of holder.
#[derive(Debug, Clone, Default)]
struct Members {
    own: HolderSet,
    users_of_devices: HolderSet,
    devices_of_users: HolderSet,
}

impl Members {
    fn add(&mut self, other: &Self) {
        self.own |= &other.own;
        self.users_of_devices |= &other.users_of_devices;
        self.devices_of_users |= &other.devices_of_users;
    }
}

pub(super) fn resolve(
    groups: &[Group],
    numbered: &Numbered<'_>,
    associations: &Associations,
    roster: &mut Roster,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<BTreeMap<String, ResolvedGroup>, RosterFull> {
    let mut own = from_inventories(groups, numbered, associations, diagnostics);
    for (group, own) in groups.iter().zip(&mut own) {
        add_listed(group, own, associations, roster)?;
    }
    let all = with_included(groups, own);
    let mut resolved = BTreeMap::new();
    for (group, Members { own: members, users_of_devices, devices_of_users }) in
        groups.iter().zip(all)
    {
        let minimum = group.minimum.as_ref().map(|minimum| (minimum.value, minimum.span));
        resolved.entry(group.name.value.clone()).or_insert(ResolvedGroup {
            span: group.name.span,
            members,
            users_of_devices,
            devices_of_users,
            minimum,
        });
    }
    Ok(resolved)
}

fn add_listed(
    group: &Group,
    own: &mut Members,
    associations: &Associations,
    roster: &mut Roster,
) -> Result<(), RosterFull> {
    for serial in &group.devices {
        let device = roster.number(HolderRef::Device(serial.value.as_str()))?;
        own.own.insert(device);
        own.users_of_devices.extend(associations.users_of(device));
    }
    for user in &group.users {
        let user = roster.number(HolderRef::User(user.value.as_str()))?;
        own.own.insert(user);
        own.devices_of_users.extend(associations.devices_of(user));
    }
    Ok(())
}

/// What each group gets from its inventory, in the order of the groups.
fn from_inventories(
    groups: &[Group],
    numbered: &Numbered<'_>,
    associations: &Associations,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Members> {
    let mut own = vec![Members::default(); groups.len()];
    let mut problems: BTreeMap<usize, Diagnostic> = BTreeMap::new();
    for table in &numbered.tables {
        let mut rows: Vec<(usize, Option<RowSet>)> = vec![];
        let mut filtered: Vec<(usize, &At<String>, Filter)> = vec![];
        for (index, group) in groups.iter().enumerate() {
            if group.from.as_ref().is_none_or(|from| from.value != table.name) {
                continue;
            }
            match &group.filter {
                None => rows.push((index, None)),
                Some(text) => match Filter::compile(&text.value) {
                    Ok(filter) => filtered.push((index, text, filter)),
                    // Has been reported with the manifests.
                    Err(NoFilter::NotCel) => {}
                    Err(refusal) => {
                        problems.insert(index, too_complex(text, refusal));
                    }
                },
            }
        }
        let filters: Vec<&Filter> = filtered.iter().map(|(_, _, filter)| filter).collect();
        for ((index, text, _), selected) in filtered.iter().zip(select(table.table, &filters)) {
            match selected {
                Ok(selected) => rows.push((*index, Some(selected))),
                Err(problem) => {
                    problems.insert(*index, diagnose(table.table, text, &problem));
                }
            }
        }
        let found: Vec<(usize, Members)> = rows
            .into_par_iter()
            .map(|(index, rows)| (index, members(table, rows.as_ref(), associations)))
            .collect();
        for (index, found) in found {
            if let Some(own) = own.get_mut(index) {
                *own = found;
            }
        }
    }
    diagnostics.extend(problems.into_values());
    own
}

/// The holders the rows name; of all rows where no filter chose some.
fn members(
    table: &NumberedTable<'_>,
    rows: Option<&RowSet>,
    associations: &Associations,
) -> Members {
    match rows {
        Some(rows) => members_of(table, || rows.iter(), associations),
        None => members_of(table, || 0..table.table.rows(), associations),
    }
}

fn members_of<I: Iterator<Item = usize>>(
    table: &NumberedTable<'_>,
    rows: impl Fn() -> I,
    associations: &Associations,
) -> Members {
    if table.has_devices() {
        // The row's own user, or, where it names none, whom the other inventories name.
        let users_of_devices = rows()
            .flat_map(|row| {
                let user = table.user(row);
                let device = table.device(row).filter(|_| user.is_none());
                user.into_iter()
                    .chain(device.into_iter().flat_map(|device| associations.users_of(device)))
            })
            .collect();
        let members = rows().filter_map(|row| table.device(row)).collect();
        Members { own: members, users_of_devices, devices_of_users: HolderSet::new() }
    } else {
        let members: HolderSet = rows().filter_map(|row| table.user(row)).collect();
        let devices_of_users =
            members.iter().flat_map(|user| associations.devices_of(user)).collect();
        Members { own: members, users_of_devices: HolderSet::new(), devices_of_users }
    }
}

/// Adds the members of included groups, however deep. A circle, which is an error of the
/// manifests, ends where it closes.
fn with_included(groups: &[Group], own: Vec<Members>) -> Vec<Members> {
    let mut by_name = HashMap::new();
    for (index, group) in groups.iter().enumerate() {
        by_name.entry(group.name.value.as_str()).or_insert(index);
    }
    let included: Vec<Vec<usize>> = groups
        .iter()
        .map(|group| {
            group
                .include
                .iter()
                .filter_map(|name| by_name.get(name.value.as_str()))
                .copied()
                .collect()
        })
        .collect();
    let mut all = own;
    for index in inner_first(&included) {
        let mut whole = all.get(index).cloned().unwrap_or_default();
        for &inner in included.get(index).into_iter().flatten() {
            if let Some(inner) = all.get(inner) {
                whole.add(inner);
            }
        }
        if let Some(slot) = all.get_mut(index) {
            *slot = whole;
        }
    }
    all
}

/// The groups that include others, each after those it includes.
fn inner_first(included: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; included.len()];
    let mut order = vec![];
    for start in 0..included.len() {
        // A stack of our own: the chain may be as long as the manifests.
        let mut open = vec![(start, 0)];
        while let Some((group, next)) = open.pop() {
            let inner = included.get(group).map_or(&[][..], Vec::as_slice);
            if next == 0 {
                match seen.get_mut(group) {
                    Some(seen) if !*seen => *seen = true,
                    _ => continue,
                }
            }
            if let Some(&inner) = inner.get(next) {
                open.push((group, next + 1));
                open.push((inner, 0));
            } else if !inner.is_empty() {
                order.push(group);
            }
        }
    }
    order
}

fn diagnose(table: &Table, filter: &At<String>, problem: &FilterProblem) -> Diagnostic {
    match problem {
        FilterProblem::UnknownColumn { name } => {
            let message = format!("{} has no column {}", table.origin(), shown(name));
            let mut found = Diagnostic::error(&codes::UNKNOWN_COLUMN, message)
                .at(filter.span, "read by this filter");
            if let Some(near) = table.nearest_column(name) {
                found = found.help(format!("did you mean {}?", shown(&format!("row.{near}"))));
            }
            found.help(format!("the columns of {} are {}", table.origin(), header(table)))
        }
        FilterProblem::UnknownName { name } => {
            let message = format!("the filter uses {}, which is nothing it knows", shown(name));
            let mut found =
                Diagnostic::error(&codes::UNKNOWN_NAME, message).at(filter.span, "in this filter");
            if let Some(near) = table.nearest_column(name) {
                found = found.help(format!("did you mean {}?", shown(&format!("row.{near}"))));
            }
            found.help(format!(
                "write columns as `row.name` and texts in quotes: `\"{}\"`",
                name.escape_debug()
            ))
        }
        FilterProblem::NotBool { row, got } => {
            let place = table.place(*row);
            let message =
                format!("the filter must be true or false, and gives {} for {place}", shown(got));
            Diagnostic::error(&codes::NOT_BOOL, message)
                .at(filter.span, "this filter")
                .help("columns are texts: compare them, as in `row.active == \"true\"`")
        }
        FilterProblem::Failed { row, why } => {
            let message = format!("the filter failed for {}: {}", table.place(*row), shown(why));
            Diagnostic::error(&codes::FILTER_FAILED, message)
                .at(filter.span, "this filter")
                .help("guard it against such rows, as in `row.n != \"\" && int(row.n) > 6`")
        }
    }
}

fn too_complex(filter: &At<String>, refusal: NoFilter) -> Diagnostic {
    Diagnostic::error(&codes::TOO_COMPLEX, format!("the filter is too complex: {refusal}"))
        .at(filter.span, "this filter")
        .help("put values into a list, as in `row.grade in [\"7\", \"8\"]`, or split the group into several and `include` them in one")
}

fn header(table: &Table) -> String {
    const MOST: usize = 30;
    let names: Vec<_> = table.header().iter().take(MOST).map(|name| shown(name)).collect();
    let more = if table.header().len() > MOST { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}
