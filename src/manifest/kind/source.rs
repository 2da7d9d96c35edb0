//! Inventories that servers and rosters keep: how to reach them and what of them to read.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::TokenSource;
use crate::diagnostic::At;

/// Sets a server knows by an id, each as a column that is `true` or `false`: by the column's name.
pub type Picks = BTreeMap<String, At<String>>;

/// What the rows of an inventory are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RowsAre {
    /// Devices.
    #[default]
    Devices,
    /// People.
    People,
}

/// Which of Apple's two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppleEdition {
    /// Apple Business.
    Business,
    /// Apple School Manager.
    School,
}

/// Apple Business or Apple School Manager, through their API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppleOrganization {
    /// Which of the two.
    pub edition: AppleEdition,
    /// Id of the API account.
    pub client_id: String,
    /// Id of its key.
    pub key_id: String,
    /// The private key, as the PEM text downloaded.
    pub key: TokenSource,
    /// Devices, or (business only) people.
    pub rows: RowsAre,
    /// Device-management services, whose devices are marked.
    pub servers: Picks,
    /// User groups, whose people are marked.
    pub user_groups: Picks,
    /// A fake on this machine instead of Apple.
    pub endpoint: Option<String>,
    /// How long reading may take.
    pub timeout: Duration,
}

/// Microsoft Entra with the devices Intune knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entra {
    /// The tenant's id or domain.
    pub tenant: String,
    /// The application's id.
    pub client_id: String,
    /// How the application proves who it is.
    pub proof: EntraProof,
    /// Devices or people.
    pub rows: RowsAre,
    /// Groups whose members, also through nested groups, are read and marked.
    pub groups: Picks,
    /// A fake on this machine instead of Microsoft.
    pub endpoint: Option<String>,
    /// How long reading may take.
    pub timeout: Duration,
}

/// How an application proves to Entra who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntraProof {
    /// A client secret.
    Secret(TokenSource),
    /// The identity GitHub Actions gives a job, without any secret.
    GithubActions,
}

/// Fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetInventory {
    /// Where it is.
    pub url: String,
    /// The API token.
    pub token: TokenSource,
    /// Only hosts of the team with this id.
    pub team: Option<String>,
    /// Labels, whose hosts are marked.
    pub labels: Picks,
    /// How long reading may take.
    pub timeout: Duration,
}

/// Jamf Pro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JamfInventory {
    /// Where it is.
    pub url: String,
    /// Id of the API client.
    pub client_id: String,
    /// Its secret.
    pub secret: TokenSource,
    /// Smart groups, whose devices are marked.
    pub smart_groups: Picks,
    /// Static groups, whose devices are marked.
    pub static_groups: Picks,
    /// How long reading may take.
    pub timeout: Duration,
}

/// Which form a roster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterForm {
    /// OneRoster CSV, 1.1 or 1.2.
    OneRoster,
    /// The CSV set Apple School Manager takes.
    AppleSchool,
}

/// A set of CSV files of people, classes and schools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// Which form.
    pub form: RosterForm,
    /// A folder or a zip, relative to the folder of the manifests.
    pub path: Utf8PathBuf,
    /// Classes, whose people are marked.
    pub classes: Picks,
    /// Schools (and what else the roster calls an organization or a location), likewise.
    pub schools: Picks,
    /// Who has which device.
    pub devices: Option<DeviceMap>,
}

/// Another inventory that says who has which device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceMap {
    /// Its name.
    pub from: At<String>,
    /// Its column that names people; the one with its users where it is not said.
    pub person: Option<At<String>>,
    /// The roster's column with the same names.
    pub by: At<String>,
}
