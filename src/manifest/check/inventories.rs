use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::kind::{Inventory, InventorySource};

/// Rosters that take their devices from something that has none to give.
pub(super) fn without_devices(inventories: &[Inventory]) -> Vec<Diagnostic> {
    let mut found = vec![];
    for inventory in inventories {
        let InventorySource::Roster(roster) = &inventory.source.value else { continue };
        let Some(devices) = &roster.devices else { continue };
        let named = inventories.iter().find(|other| other.name.value == devices.from.value);
        // One that is not there is reported as such.
        let Some(named) = named else { continue };
        let why = if matches!(named.source.value, InventorySource::Roster(_)) {
            "is a roster"
        } else if named.columns.serial.is_none() {
            "has no serial numbers"
        } else if devices.person.is_none() && named.columns.user.is_none() {
            "does not say who has which device"
        } else {
            continue;
        };
        let message = format!("inventory `{}` {why}", named.name.value);
        found.push(
            Diagnostic::error(&codes::NO_SUCH, message)
                .at(devices.from.span, "must say who has which device")
                .at(named.name.span, "this one")
                .help("name an Inventory with a `serial` column, and its column of people as `person`"),
        );
    }
    found
}
