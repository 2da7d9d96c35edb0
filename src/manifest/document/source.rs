//! Inventories that servers and rosters keep, as people write them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::location::Token;
use super::value::{Column, Duration, Id, Loopback, Reference, Text};

/// Columns of our own naming, each with the id of what the server knows. In a condition they are
/// `"true"` or `"false"`.
pub type Picks = BTreeMap<Column, Id>;

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum RowsAre {
    /// Devices.
    Devices,
    /// People.
    People,
}

/// Apple Business, through its API. Columns of devices: `serial`, `model`, `family`, `type`,
/// `status`, `color`, `orderNumber`, `addedAt`, `source`. Of people: `id`, `managedAppleAccount`,
/// `email`, `employeeNumber`, `firstName`, `lastName`, `status`, `department`, `division`,
/// `jobTitle`, `costCenter`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct AppleBusiness {
    /// Id of the API account.
    #[schemars(example = &"BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152")]
    pub client_id: Id,
    /// Id of its key.
    #[schemars(example = &"d136aa66-0c3b-4bd4-9892-c20e8db024ab")]
    pub key_id: Id,
    /// Where the private key comes from: the PEM text that was downloaded.
    #[schemars(example = serde_json::json!({ "env": "APPLE_BUSINESS_KEY" }))]
    pub key: Token,
    /// What the rows are: `devices` (the default) or `people`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowsAre>,
    /// Device-management services by id, each a column that says whether the device is assigned to
    /// it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "onCampus": "1F97349736CF4614A94F624E705841AD" }))]
    pub servers: Picks,
    /// User groups by id, each a column that says whether the person is a member. For `rows: people`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "teachers": "a6b1" }))]
    pub user_groups: Picks,
    /// Column of people that is their `clientUserId`; `id` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["id", "managedAppleAccount", "email", "employeeNumber"]))]
    pub user: Option<Text>,
    /// Column with people's e-mail addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["email", "managedAppleAccount"]))]
    pub email: Option<Text>,
    /// Column with people's Managed Apple Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["managedAppleAccount", "email"]))]
    pub managed_apple_id: Option<Text>,
    /// A fake on this machine instead of Apple, for tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Loopback>,
    /// How long reading may take, from 1 second to 1 hour; five minutes where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"5m")]
    pub timeout: Option<Duration>,
}

/// Apple School Manager, through its API, which knows devices only. Columns: `serial`, `model`,
/// `family`, `type`, `status`, `color`, `orderNumber`, `addedAt`, `source`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct AppleSchool {
    /// Id of the API account.
    #[schemars(example = &"SCHOOLAPI.9703f56c-10ce-4876-8f59-e78e5e23a152")]
    pub client_id: Id,
    /// Id of its key.
    #[schemars(example = &"d136aa66-0c3b-4bd4-9892-c20e8db024ab")]
    pub key_id: Id,
    /// Where the private key comes from: the PEM text that was downloaded.
    #[schemars(example = serde_json::json!({ "env": "APPLE_SCHOOL_KEY" }))]
    pub key: Token,
    /// Device-management services by id, each a column that says whether the device is assigned to
    /// it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "onCampus": "1F97349736CF4614A94F624E705841AD" }))]
    pub servers: Picks,
    /// A fake on this machine instead of Apple, for tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Loopback>,
    /// How long reading may take, from 1 second to 1 hour; five minutes where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"5m")]
    pub timeout: Option<Duration>,
}

/// Microsoft Entra, with the devices Intune knows. Columns of devices: `serial`, `id`, `udid`,
/// `userId`, `userPrincipalName`, `azureADDeviceId`, `operatingSystem`, `managementState`,
/// `lastSyncDateTime`. Of people: `userId`, `userPrincipalName`, `mail`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("oneOf" = [{ "required": ["secret"] }, { "required": ["federated"] }]))]
pub struct Entra {
    /// The tenant's id or domain.
    #[schemars(example = &"northfield.example", regex(pattern = "^[A-Za-z0-9.-]{1,100}$"))]
    pub tenant: Id,
    /// The application's id.
    #[schemars(example = &"00001111-aaaa-2222-bbbb-3333cccc4444")]
    pub client_id: Id,
    /// Where the application's secret comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "env": "ENTRA_SECRET" }))]
    pub secret: Option<Token>,
    /// Whose identity stands for a secret: `githubActions`, the job's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federated: Option<Federated>,
    /// What the rows are: `devices` (the default) or `people`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowsAre>,
    /// Groups by id, each a column that says who is a member, also through nested groups. Only
    /// members of one of them are rows; all devices Intune knows where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "year7": "02bd9fd6-8f93-4758-87c3-1fb73740a315" }))]
    pub groups: Picks,
    /// Column that is the person's `clientUserId`. For `rows: people` it is `userId` where it is
    /// not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["userId", "userPrincipalName", "mail"]))]
    pub user: Option<Text>,
    /// Column with people's e-mail addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["mail", "userPrincipalName"]))]
    pub email: Option<Text>,
    /// Column with people's Managed Apple Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["userPrincipalName", "mail"]))]
    pub managed_apple_id: Option<Text>,
    /// A fake on this machine instead of Microsoft, for tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Loopback>,
    /// How long reading may take, from 1 second to 1 hour; five minutes where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"5m")]
    pub timeout: Option<Duration>,
}

/// Whose identity stands for a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Federated {
    /// That of a job of GitHub Actions with `permissions: id-token: write`.
    GithubActions,
}

/// Fleet. Columns: `serial`, `id`, `uuid`, `hostname`, `name`, `platform`, `osVersion`, `model`,
/// `teamId`, `team`, `lastSeen`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Fleet {
    /// Where it is: https, or http to this machine.
    #[schemars(example = &"https://fleet.northfield.example", regex(pattern = "^[Hh][Tt][Tt][Pp][Ss]?://"))]
    pub url: Text,
    /// Where the API token comes from. An account that only observes is enough.
    #[schemars(example = serde_json::json!({ "env": "FLEET_TOKEN" }))]
    pub token: Token,
    /// Only hosts of the team with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 3, regex(pattern = "^[0-9]{1,18}$"))]
    pub team: Option<Id>,
    /// Labels by id, each a column that says whether the host has it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "year7": 12 }))]
    pub labels: Picks,
    /// How long reading may take, from 1 second to 1 hour; five minutes where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"5m")]
    pub timeout: Option<Duration>,
}

/// Jamf Pro's mobile devices. Columns: `serial`, `id`, `udid`, `name`, `model`, `modelIdentifier`,
/// `type`, `username`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Jamf {
    /// Where it is: https, or http to this machine.
    #[schemars(example = &"https://northfield.jamfcloud.example", regex(pattern = "^[Hh][Tt][Tt][Pp][Ss]?://"))]
    pub url: Text,
    /// Id of the API client.
    #[schemars(example = &"cd1d6c1e-6c5e-4b8a-9c1e-1f0a7d2b8e11")]
    pub client_id: Id,
    /// Where its secret comes from.
    #[schemars(example = serde_json::json!({ "env": "JAMF_SECRET" }))]
    pub secret: Token,
    /// Smart groups by id, each a column that says whether the device is a member.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "supervised": 4 }))]
    pub smart_groups: Picks,
    /// Static groups by id, likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "year7": 12 }))]
    pub static_groups: Picks,
    /// Column that is the `clientUserId` of the device's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["username"]))]
    pub user: Option<Text>,
    /// How long reading may take, from 1 second to 1 hour; five minutes where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"5m")]
    pub timeout: Option<Duration>,
}

/// A OneRoster CSV set, version 1.1 or 1.2: `manifest.csv`, `users.csv` and what else is asked for.
/// The columns are those of `users.csv`, and `role`, `school`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct OneRoster {
    /// A folder or a zip, relative to the folder of the manifests.
    #[schemars(example = &"rosters/oneroster.zip")]
    pub path: Text,
    /// Classes by `sourcedId`, each a column that says who is enrolled, teachers too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "music8": "cls-0815" }))]
    pub classes: Picks,
    /// Organizations by `sourcedId`, each a column that says who belongs to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "north": "org-1" }))]
    pub schools: Picks,
    /// Another inventory that says who has which device: rows then are devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<OneRosterDevices>,
    /// Column that is the person's `clientUserId`; `sourcedId` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["sourcedId", "username", "identifier", "email"]))]
    pub user: Option<Text>,
    /// Column with people's e-mail addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["email", "username"]))]
    pub email: Option<Text>,
    /// Column with people's Managed Apple Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["email", "username"]))]
    pub managed_apple_id: Option<Text>,
}

/// Who has which device.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct OneRosterDevices {
    /// Name of an Inventory of devices: a CSV file of carts, or what a server says.
    #[schemars(example = &"carts")]
    pub from: Reference,
    /// Its column that names people; the one that is its `user` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"student")]
    pub person: Option<Text>,
    /// The roster's column with the same names; `sourcedId` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["sourcedId", "username", "identifier", "email"]))]
    pub by: Option<Text>,
}

/// The CSV set Apple School Manager takes by SFTP: `students.csv`, `staff.csv`, `courses.csv`,
/// `classes.csv`, `rosters.csv`, `locations.csv`. The columns are those of the first two, and
/// `role` (`student` or `staff`), `school`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct AsmRoster {
    /// A folder or a zip, relative to the folder of the manifests.
    #[schemars(example = &"rosters/apple.zip")]
    pub path: Text,
    /// Classes by `class_id`, each a column that says who is in it, instructors too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "music8": "C-0815" }))]
    pub classes: Picks,
    /// Locations by `location_id`, each a column that says who belongs to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "north": "L1" }))]
    pub schools: Picks,
    /// Another inventory that says who has which device: rows then are devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<AsmRosterDevices>,
    /// Column that is the person's `clientUserId`; `person_id` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["person_id", "person_number", "sis_username", "email_address"]))]
    pub user: Option<Text>,
    /// Column with people's e-mail addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["email_address"]))]
    pub email: Option<Text>,
    /// Column with people's Managed Apple Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["email_address"]))]
    pub managed_apple_id: Option<Text>,
}

/// Who has which device.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct AsmRosterDevices {
    /// Name of an Inventory of devices: a CSV file of carts, or what a server says.
    #[schemars(example = &"carts")]
    pub from: Reference,
    /// Its column that names people; the one that is its `user` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"student")]
    pub person: Option<Text>,
    /// The roster's column with the same names; `person_id` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["person_id", "person_number", "sis_username", "email_address"]))]
    pub by: Option<Text>,
}
