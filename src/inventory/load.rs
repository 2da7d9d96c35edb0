use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use camino::Utf8Path;
use jiff::Timestamp;

use super::ask::Patience;
use super::codes;
use super::filter::Filter;
use super::memory::Memory;
use super::source::{
    Apple, CsvFile, Entra, Fleet, Freshness, Given, Jamf, Program, Roster, Source,
};
use super::table::{Rows, Table, Wanted};
use crate::diagnostic::Diagnostic;
use crate::license::SerialNumber;
use crate::manifest::Manifests;
use crate::manifest::kind::{DeviceColumn, DeviceMap, Inventory, InventorySource};

/// How many inventories are read at once. Programs mostly wait, so this is not about cores.
const AT_ONCE: usize = 8;

/// What sources may see and use, and whether programs of the manifests are run at all.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The moment this run is about, for what sources sign and keep.
    pub now: Timestamp,
    /// What sources keep for the next run; without it they read whole.
    pub memory: Option<Arc<dyn Memory>>,
    /// How patiently servers are asked.
    pub patience: Patience,
    /// The variables of this process, from which a program gets PATH, HOME and those it names.
    pub vars: BTreeMap<String, String>,
    /// Whether the person or pipeline that started this run trusts the manifests to name programs.
    pub allow_exec: bool,
}

/// All inventories, as far as they could be read.
#[derive(Debug, Default)]
pub struct LoadedInventories {
    /// The rows, by the inventory's name. One that failed is not here.
    pub tables: BTreeMap<String, Table>,
    /// What is wrong with them, in the order of the manifests.
    pub diagnostics: Vec<Diagnostic>,
    /// Where each table came from, by the inventory's name.
    pub sources: BTreeMap<String, SourceReport>,
}

/// Where a table came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReport {
    /// A path relative to the manifests, a command, or a server's address.
    pub origin: String,
    /// How many rows it gave.
    pub rows: u64,
    /// How old its data is.
    pub freshness: Freshness,
}

type Read = Result<(Table, Freshness, Vec<Diagnostic>), Vec<Diagnostic>>;

/// Reads every inventory of the manifests, several at once. Blocks until the last is done.
///
/// `folder` is the folder of the manifests. Columns that no group reads are not kept.
pub fn load_all(
    manifests: &Manifests,
    folder: &Utf8Path,
    environment: &Environment,
) -> LoadedInventories {
    // Rosters whose people's devices another inventory knows come after it.
    let (after, first): (Vec<_>, Vec<_>) = manifests
        .inventories
        .iter()
        .enumerate()
        .partition(|(_, inventory)| devices_of(inventory).is_some());
    let mut done = read_all(&first, |inventory| {
        read(inventory, wanted(manifests, inventory), folder, environment, None)
    });
    let joined = read_all(&after, |inventory| {
        let from = devices_of(inventory).map(|devices| &devices.from.value);
        let known = first.iter().find(|(_, other)| Some(&other.name.value) == from);
        let table = known.and_then(|(index, _)| done.get(index)?.as_ref().ok());
        let table = table.map(|(table, ..)| table);
        read(inventory, wanted(manifests, inventory), folder, environment, table)
    });
    done.extend(joined);
    let inventories = &manifests.inventories;
    let mut loaded = LoadedInventories::default();
    for (index, read) in done {
        let Some(inventory) = inventories.get(index) else { continue };
        let name = &inventory.name.value;
        match read {
            Ok((table, freshness, warnings)) => {
                let rows = u64::try_from(table.rows()).unwrap_or(u64::MAX);
                let origin = table.origin().to_owned();
                loaded.sources.insert(name.clone(), SourceReport { origin, rows, freshness });
                loaded.tables.insert(name.clone(), table);
                loaded.diagnostics.extend(warnings);
            }
            Err(errors) => loaded.diagnostics.extend(errors),
        }
    }
    loaded
}

/// Serial numbers of an inventory's devices with another of its columns: how a server addresses them.
/// Rows with nothing in the column are left out.
///
/// # Errors
/// Where the inventory cannot be read, has people for rows, or lacks the column.
pub fn load_references(
    manifests: &Manifests,
    column: &DeviceColumn,
    folder: &Utf8Path,
    environment: &Environment,
) -> Result<Vec<(SerialNumber, String)>, Vec<Diagnostic>> {
    let DeviceColumn { inventory: name, reference } = column;
    let inventory = manifests.inventories.iter().find(|one| one.name.value == name.value);
    // One that is missing was reported with the manifests.
    let Some(inventory) = inventory else { return Ok(Vec::new()) };
    let wanted = Wanted::Named(BTreeSet::from([reference.value.clone()]));
    let (table, ..) = read(inventory, wanted, folder, environment, None)?;
    let Some(serials) = table.serials() else {
        let message = format!("the rows of {} are people, not devices", table.origin());
        let people = Diagnostic::error(&codes::NO_COLUMN, message);
        return Err(vec![people.at(name.span, "needs an inventory with `serial`")]);
    };
    if !table.header().contains(&reference.value) {
        let message =
            format!("{} has no column {}", table.origin(), super::shown(&reference.value));
        let missing = Diagnostic::error(&codes::NO_COLUMN, message);
        let missing = missing.at(reference.span, "no such column");
        return Err(vec![match table.nearest_column(&reference.value) {
            Some(near) => missing.help(format!("did you mean {}?", super::shown(near))),
            None => missing.help("name the column with the server's ids of the devices"),
        }]);
    }
    let rows = (0..table.rows()).filter_map(|row| {
        let serial = serials.get(row)?.parse().ok()?;
        let id = table.value(row, &reference.value)?.trim();
        (!id.is_empty()).then(|| (serial, id.to_owned()))
    });
    Ok(rows.collect())
}

/// Reads these inventories, several at once.
fn read_all(
    inventories: &[(usize, &Inventory)],
    read: impl Fn(&Inventory) -> Read + Sync,
) -> BTreeMap<usize, Read> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Read>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..inventories.len().min(AT_ONCE) {
            scope.spawn(|| {
                while let Some((index, inventory)) =
                    inventories.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let read = read(inventory);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(*index, read);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The inventory a roster takes its people's devices from.
fn devices_of(inventory: &Inventory) -> Option<&DeviceMap> {
    match &inventory.source.value {
        InventorySource::Roster(roster) => roster.devices.as_ref(),
        InventorySource::Csv { .. }
        | InventorySource::Exec { .. }
        | InventorySource::Apple(_)
        | InventorySource::Entra(_)
        | InventorySource::Fleet(_)
        | InventorySource::Jamf(_) => None,
    }
}

fn read(
    inventory: &Inventory,
    wanted: Wanted,
    folder: &Utf8Path,
    environment: &Environment,
    devices: Option<&Table>,
) -> Read {
    let span = inventory.source.span;
    let given = Given { folder, environment, span };
    match &inventory.source.value {
        InventorySource::Csv { path } => {
            read_from(&CsvFile { folder, path, span }, inventory, wanted)
        }
        InventorySource::Exec { command, env, timeout } => {
            let program =
                Program { folder, command, variables: env, timeout: *timeout, environment, span };
            read_from(&program, inventory, wanted)
        }
        InventorySource::Apple(apple) => read_from(&Apple { given, apple }, inventory, wanted),
        InventorySource::Entra(entra) => read_from(&Entra { given, entra }, inventory, wanted),
        InventorySource::Fleet(fleet) => read_from(&Fleet { given, fleet }, inventory, wanted),
        InventorySource::Jamf(jamf) => read_from(&Jamf { given, jamf }, inventory, wanted),
        InventorySource::Roster(roster) => {
            read_from(&Roster { folder, asked: roster, devices, span }, inventory, wanted)
        }
    }
}

fn read_from(source: &dyn Source, inventory: &Inventory, wanted: Wanted) -> Read {
    let mut rows = Rows::new(inventory, source.origin(), wanted);
    let freshness = source.read(&mut rows)?;
    let (table, warnings) = rows.finish()?;
    Ok((table, freshness, warnings))
}

/// The columns the groups from this inventory read.
fn wanted(manifests: &Manifests, inventory: &Inventory) -> Wanted {
    let mut named = BTreeSet::new();
    let maps = manifests.inventories.iter().filter_map(devices_of);
    let maps = maps.filter(|devices| devices.from.value == inventory.name.value);
    named.extend(maps.filter_map(|devices| Some(devices.person.as_ref()?.value.clone())));
    for group in &manifests.groups {
        let from_here = group.from.as_ref().is_some_and(|from| from.value == inventory.name.value);
        let Some(filter) = group.filter.as_ref().filter(|_| from_here) else { continue };
        // What is no filter is reported elsewhere.
        let Ok(filter) = Filter::compile(&filter.value) else { continue };
        if filter.reads_whole_rows() {
            return Wanted::All;
        }
        named.extend(filter.columns().map(str::to_owned));
    }
    Wanted::Named(named)
}
