use std::collections::BTreeMap;

use crate::inventory::{KeyColumn, Table};
use crate::license::{HolderId, HolderRef, Roster, RosterFull};
use crate::manifest::Manifests;

/// The tables in the order of the manifests, every device and person in them numbered.
pub(super) struct Numbered<'t> {
    pub(super) tables: Vec<NumberedTable<'t>>,
}

/// One inventory's table with the numbers of its devices and people.
pub(super) struct NumberedTable<'t> {
    pub(super) name: &'t str,
    pub(super) table: &'t Table,
    devices: Option<Ids<'t>>,
    users: Option<Ids<'t>>,
}

/// The numbers of one column's distinct values.
struct Ids<'t> {
    column: KeyColumn<'t>,
    ids: Vec<Option<HolderId>>,
}

impl Ids<'_> {
    fn get(&self, row: usize) -> Option<HolderId> {
        self.ids.get(self.column.code(row)).copied().flatten()
    }
}

impl<'t> Numbered<'t> {
    /// Numbers inventory after inventory, in each devices before people: neighbors in a file are
    /// neighbors in a bitmap.
    pub(super) fn of(
        manifests: &Manifests,
        tables: &'t BTreeMap<String, Table>,
        roster: &mut Roster,
    ) -> Result<Self, RosterFull> {
        let mut numbered = vec![];
        for inventory in &manifests.inventories {
            let Some((name, table)) = tables.get_key_value(&inventory.name.value) else { continue };
            let devices = number(table.serials(), HolderRef::Device, roster)?;
            let users = number(table.users(), HolderRef::User, roster)?;
            numbered.push(NumberedTable { name, table, devices, users });
        }
        Ok(Self { tables: numbered })
    }
}

fn number<'t>(
    column: Option<KeyColumn<'t>>,
    holder: impl Fn(&'t str) -> HolderRef<'t>,
    roster: &mut Roster,
) -> Result<Option<Ids<'t>>, RosterFull> {
    let Some(column) = column else { return Ok(None) };
    let ids = column
        .values()
        .map(|text| (!text.is_empty()).then(|| roster.number(holder(text))).transpose())
        .collect::<Result<_, _>>()?;
    Ok(Some(Ids { column, ids }))
}

impl NumberedTable<'_> {
    /// Whether its rows are devices; they are people otherwise.
    pub(super) fn has_devices(&self) -> bool {
        self.devices.is_some()
    }

    /// Whether it says who uses which device.
    pub(super) fn associates(&self) -> bool {
        self.devices.is_some() && self.users.is_some()
    }

    pub(super) fn device(&self, row: usize) -> Option<HolderId> {
        self.devices.as_ref()?.get(row)
    }

    pub(super) fn user(&self, row: usize) -> Option<HolderId> {
        self.users.as_ref()?.get(row)
    }
}
