use schemars::JsonSchema;
use serde::Serialize;

use super::value::{Id, Name, Reference, Text};

/// A named set of devices and people. Members named one by one, chosen from an inventory and taken
/// from other groups add up.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    extend("anyOf" = [
        { "required": ["devices"] },
        { "required": ["users"] },
        { "required": ["from"] },
        { "required": ["include"] },
        { "required": ["entraGroup"] }
    ]),
    extend("dependencies" = { "where": ["from"] })
)]
pub struct Group {
    /// Its name, which apps and other groups refer to.
    #[schemars(example = &"year-7")]
    pub name: Name,
    /// Devices named one by one, by serial number. Quote what YAML would take for a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = ["DMPXK1A2HJ0M", "012345678901"], inner(regex(pattern = "^\\s*[A-Za-z0-9]{1,64}\\s*$")))]
    pub devices: Option<Vec<Id>>,
    /// People named one by one, by `clientUserId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = ["amelia.hart"], inner(length(max = 255)))]
    pub users: Option<Vec<Id>>,
    /// Name of the Inventory whose rows are members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"devices")]
    pub from: Option<Reference>,
    /// CEL condition over the inventory's columns, all of them texts; every row where it is left
    /// out.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    #[schemars(example = r#"row.grade == "7" && row.family == "iPad""#, length(max = 4096))]
    pub filter: Option<Text>,
    /// Names of groups whose members are members here too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = ["year-7", "year-8"])]
    pub include: Option<Vec<Reference>>,
    /// What it is at Entra, for locations whose server owns the token (`licenses: mdm`): a group's object
    /// id, or `allDevices` or `allUsers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        example = &"5c1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11",
        regex(pattern = "^([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}|allDevices|allUsers)$")
    )]
    pub entra_group: Option<Text>,
    /// Fewer members than this block the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 200)]
    pub minimum: Option<u64>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
