use schemars::JsonSchema;
use serde::Serialize;

use super::source::{AppleBusiness, AppleSchool, AsmRoster, Entra, Fleet, Jamf, OneRoster};
use super::value::{Duration, Name, Text, Variable};

/// Where groups get their members: a table of devices, of people, or of devices and their users.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["csv"] },
    { "required": ["exec"] },
    { "required": ["appleBusiness"] },
    { "required": ["appleSchool"] },
    { "required": ["entra"] },
    { "required": ["fleet"] },
    { "required": ["jamf"] },
    { "required": ["oneroster"] },
    { "required": ["asmRoster"] }
]))]
pub struct Inventory {
    /// Its name, which groups refer to.
    #[schemars(example = &"devices")]
    pub name: Name,
    /// A CSV file with a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv: Option<Csv>,
    /// A program whose standard output is JSON lines, one object a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<Exec>,
    /// Apple Business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apple_business: Option<AppleBusiness>,
    /// Apple School Manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apple_school: Option<AppleSchool>,
    /// Microsoft Entra and Intune.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entra: Option<Entra>,
    /// Fleet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet: Option<Fleet>,
    /// Jamf Pro.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jamf: Option<Jamf>,
    /// A OneRoster CSV set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oneroster: Option<OneRoster>,
    /// Apple School Manager's CSV set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asm_roster: Option<AsmRoster>,
}

/// A CSV file with a header. At least one of `serial` and `user` is needed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("anyOf" = [{ "required": ["serial"] }, { "required": ["user"] }]))]
pub struct Csv {
    /// The file, relative to the folder of the manifests.
    #[schemars(example = &"inventory/devices.csv")]
    pub path: Text,
    /// Column with the device's serial number: rows are devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"serial")]
    pub serial: Option<Text>,
    /// Column with the person's `clientUserId`: the device's user or, without `serial`, rows are
    /// people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"owner")]
    pub user: Option<Text>,
    /// Column with the person's e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"mail")]
    pub email: Option<Text>,
    /// Column with the person's Managed Apple Account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"appleAccount")]
    pub managed_apple_id: Option<Text>,
}

/// A program whose standard output is JSON lines. At least one of `serial` and `user` is needed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("anyOf" = [{ "required": ["serial"] }, { "required": ["user"] }]))]
pub struct Exec {
    /// The program and its arguments; never a shell line.
    #[schemars(example = ["inventory/list-devices", "--all"], length(min = 1))]
    pub command: Vec<String>,
    /// Names of the environment variables it gets, beside PATH and HOME.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = ["DIRECTORY_TOKEN"])]
    pub env: Vec<Variable>,
    /// How long it may take, from 1 second to 1 hour; a minute where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"60s")]
    pub timeout: Option<Duration>,
    /// Key of the device's serial number: rows are devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"serial")]
    pub serial: Option<Text>,
    /// Key of the person's `clientUserId`: the device's user or, without `serial`, rows are people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"owner")]
    pub user: Option<Text>,
    /// Key of the person's e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"mail")]
    pub email: Option<Text>,
    /// Key of the person's Managed Apple Account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"appleAccount")]
    pub managed_apple_id: Option<Text>,
}
