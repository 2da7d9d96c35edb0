use std::time::Duration;

use camino::Utf8PathBuf;

use super::{AppleOrganization, Entra, FleetInventory, JamfInventory, Roster};
use crate::diagnostic::At;

/// Where groups get their members.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// Its name among the manifests.
    pub name: At<String>,
    /// Where the rows come from.
    pub source: At<InventorySource>,
    /// Which columns mean what.
    pub columns: Columns,
}

/// Where an inventory's rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventorySource {
    /// A CSV file with a header, relative to the folder of the manifests.
    Csv {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A program whose standard output is JSON lines, one object a row.
    Exec {
        /// The program and its arguments; never a shell line.
        command: Vec<String>,
        /// Names of the environment variables it gets, beside PATH and HOME.
        env: Vec<String>,
        /// How long it may take.
        timeout: Duration,
    },
    /// Apple Business or Apple School Manager.
    Apple(AppleOrganization),
    /// Microsoft Entra and Intune.
    Entra(Entra),
    /// Fleet.
    Fleet(FleetInventory),
    /// Jamf Pro.
    Jamf(JamfInventory),
    /// A roster of a school.
    Roster(Roster),
}

/// Which columns of an inventory mean what. At least one of `serial` and `user` is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The device's serial number: rows are devices.
    pub serial: Option<At<String>>,
    /// The person's `clientUserId`: the device's user, or, without `serial`, rows are people.
    pub user: Option<At<String>>,
    /// The person's e-mail address.
    pub email: Option<At<String>>,
    /// The person's Managed Apple Account.
    pub managed_apple_id: Option<At<String>>,
}
