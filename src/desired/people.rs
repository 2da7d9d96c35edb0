//! What inventories know of the people any entry may license.

use std::collections::{BTreeMap, HashMap};

use super::numbering::{Numbered, NumberedTable};
use super::{Person, WantedAsset, WantedSubscription, codes};
use crate::diagnostic::{Diagnostic, Span};
use crate::inventory::{KeyColumn, MOST_EXAMPLES, Table, examples, shown};
use crate::license::{ClientUserId, HolderId, HolderRef, HolderSet, Roster};
use crate::manifest::Manifests;
use crate::manifest::kind::{Columns, Intent};

/// One thing known of people.
struct Detail {
    /// What several of it are called.
    plural: &'static str,
    column: for<'t> fn(&'t Table) -> Option<KeyColumn<'t>>,
    span: fn(&Columns) -> Option<Span>,
}

const EMAIL: Detail = Detail {
    plural: "e-mail addresses",
    column: Table::emails,
    span: |columns| columns.email.as_ref().map(|at| at.span),
};

const MANAGED_APPLE_ID: Detail = Detail {
    plural: "Managed Apple Accounts",
    column: Table::managed_apple_ids,
    span: |columns| columns.managed_apple_id.as_ref().map(|at| at.span),
};

/// Where something was first said of a person: which table, which row.
type Said = HashMap<HolderId, (usize, usize)>;

/// Everybody some entry may license, give a seat, or make an administrator.
pub(super) fn licensed(
    assets: &[WantedAsset],
    subscriptions: &[WantedSubscription],
    roster: &Roster,
) -> HolderSet {
    let mut licensed = HolderSet::new();
    for asset in assets {
        for entry in &asset.entries {
            match entry.intent {
                Intent::Required | Intent::Available => {
                    licensed |= &(&entry.holders & roster.users());
                }
                Intent::Uninstall => {}
            }
        }
    }
    for subscription in subscriptions {
        subscription.entries.iter().for_each(|entry| licensed |= &entry.holders);
        let administrators = subscription.administrators.iter().flatten();
        administrators.for_each(|(_, _, people)| licensed |= people);
    }
    licensed
}

pub(super) fn resolve(
    manifests: &Manifests,
    licensed: &HolderSet,
    numbered: &Numbered<'_>,
    roster: &Roster,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<ClientUserId, Person> {
    if licensed.is_empty() {
        return BTreeMap::new();
    }
    let emails = first_said(manifests, &EMAIL, licensed, numbered, roster, diagnostics);
    let accounts =
        first_said(manifests, &MANAGED_APPLE_ID, licensed, numbered, roster, diagnostics);
    let text = |said: &Said, detail: &Detail, id: HolderId| {
        let &(table, row) = said.get(&id)?;
        Some((detail.column)(numbered.tables.get(table)?.table)?.get(row)?.to_owned())
    };
    licensed
        .iter()
        .filter_map(|id| {
            let user = ClientUserId::new(roster.get(id).map(HolderRef::text)?)?;
            let email = text(&emails, &EMAIL, id);
            let managed_apple_id = text(&accounts, &MANAGED_APPLE_ID, id);
            Some((user, Person { email, managed_apple_id }))
        })
        .collect()
}

/// The first thing said of each person: inventories in the order of the manifests, rows in order.
fn first_said(
    manifests: &Manifests,
    detail: &Detail,
    licensed: &HolderSet,
    numbered: &Numbered<'_>,
    roster: &Roster,
    diagnostics: &mut Vec<Diagnostic>,
) -> Said {
    let mut said = Said::new();
    let mut conflicts: BTreeMap<HolderRef<'_>, String> = BTreeMap::new();
    let mut tables = vec![];
    for (index, table) in numbered.tables.iter().enumerate() {
        let Some(column) = (detail.column)(table.table) else { continue };
        for row in 0..table.table.rows() {
            let Some(user) = table.user(row).filter(|&user| licensed.contains(user)) else {
                continue;
            };
            let Some(text) = column.get(row) else { continue };
            let &mut (first_table, first_row) = said.entry(user).or_insert((index, row));
            let Some(first) = numbered.tables.get(first_table) else { continue };
            let known = (detail.column)(first.table).and_then(|column| column.get(first_row));
            // Apple compares neither by case.
            if let Some(known) = known.filter(|known| !known.eq_ignore_ascii_case(text)) {
                let Some(person) = roster.get(user) else { continue };
                tables.extend([first.name, table.name]);
                conflicts.entry(person).or_insert_with(|| {
                    conflict(person, (first, first_row, known), (table, row, text))
                });
            }
        }
    }
    if !conflicts.is_empty() {
        diagnostics.push(disagreement(manifests, detail, &conflicts, &tables));
    }
    said
}

fn conflict(
    person: HolderRef<'_>,
    (first, first_row, known): (&NumberedTable<'_>, usize, &str),
    (table, row, text): (&NumberedTable<'_>, usize, &str),
) -> String {
    format!(
        "{} has {} ({}) and {} ({})",
        shown(person.text()),
        shown(known),
        first.table.place(first_row),
        shown(text),
        table.table.place(row),
    )
}

fn disagreement(
    manifests: &Manifests,
    detail: &Detail,
    conflicts: &BTreeMap<HolderRef<'_>, String>,
    tables: &[&str],
) -> Diagnostic {
    let list: Vec<String> = conflicts.values().take(MOST_EXAMPLES).cloned().collect();
    let count = conflicts.len();
    let people = if count == 1 { "person has" } else { "people have" };
    let message = format!(
        "{count} {people} several {}, and the first is used: {}",
        detail.plural,
        examples(&list, u64::try_from(count).unwrap_or(u64::MAX))
    );
    let mut found = Diagnostic::warning(&codes::TWO_ADDRESSES, message);
    for inventory in &manifests.inventories {
        if tables.contains(&inventory.name.value.as_str())
            && let Some(span) = (detail.span)(&inventory.columns)
        {
            found = found.at(span, "read from this column");
        }
    }
    found.help("correct the rows that are out of date")
}
