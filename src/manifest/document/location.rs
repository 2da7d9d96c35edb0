use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::value::{Id, Name, Reference, Text, Variable};
use crate::manifest::kind::ReclaimMode;

/// One pool of licenses at Apple: an organizational unit of Apple Business Manager or Apple School
/// Manager, opened by one content token.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    extend("if" = { "properties": { "licenses": { "const": "mdm" } }, "required": ["licenses"] }),
    extend("then" = { "required": ["mdm"] }),
    extend("else" = { "required": ["token"] })
)]
pub struct Location {
    /// Its name, which apps refer to.
    #[schemars(example = &"northfield")]
    pub name: Name,
    /// Apple's id of the library the token must open. A token that opens another library is
    /// refused; without this key any token would do, and every plan warns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2049025000431439", regex(pattern = "^[A-Za-z0-9_.-]{1,100}$"))]
    pub uid: Option<Id>,
    /// Where the content token comes from. It is read late and never printed. Where the MDM owns it
    /// (`licenses: mdm`) it may be left out; a read-only one is then for comparing with Apple.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "env": "VPP_TOKEN" }))]
    pub token: Option<Token>,
    /// How this installation names itself to Apple (`mdmInfo`), so that no two tools manage one
    /// location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Who holds the token and assigns licenses: `apple` (vpp does, at Apple) or `mdm` (the Mdm does, and
    /// vpp tells it which groups have which app).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licenses: Option<Licenses>,
    /// Name of the Mdm that removes apps here. Needed for `reclaim: uninstall` and for `licenses: mdm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"campus")]
    pub mdm: Option<Reference>,
    /// The Mdm's own id of the token, where it has several (`licenses: mdm`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[A-Za-z0-9-]{1,100}$"))]
    pub mdm_token: Option<Id>,
    /// How licenses come back from holders that no entry names, for apps that do not say:
    /// `uninstall` (remove the app, prove that it is gone, then take the license), `release` (take
    /// the license, leave the app on the device) or `keep` (report, never touch).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = ReclaimMode::Uninstall)]
    pub reclaim: Option<ReclaimMode>,
    /// What becomes of the license of a device that has left the Mdm before its app was proven
    /// gone: `keep` (it stays, and is reported) or `release` (it comes back, though the device may
    /// still have the app). Without this key it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_gone: Option<WhenGone>,
    /// Whether the Mdm is told to install an app on a device once the device's license, or that of
    /// its user, reads back as assigned: for entries with `intent: required`. Without this key
    /// nothing is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<bool>,
    /// Another server than Apple's: https, or http to this machine. For sandboxes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"http://127.0.0.1:8080", regex(pattern = "^[Hh][Tt][Tt][Pp][Ss]?://"))]
    pub endpoint: Option<Text>,
    /// Where Apple sends notifications for `vpp receive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,
    /// What becomes of people registered at Apple.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Users>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Northfield Schools")]
    pub description: Option<String>,
    /// For filtering.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(example = serde_json::json!({ "region": "north" }))]
    pub labels: BTreeMap<String, String>,
}

/// Where a content token comes from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Token {
    /// The environment variable of this name.
    Env(Variable),
    /// A file, relative to the folder of the manifests.
    File(Text),
    /// Standard output of a program, given as an argument list and never as a shell line.
    Command(#[schemars(length(min = 1))] Vec<String>),
}

/// Where Apple sends notifications.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Notifications {
    /// The address of `vpp receive` as Apple reaches it: https, and the path of the location.
    #[schemars(
        example = &"https://hooks.northfield.example/apple/northfield",
        regex(pattern = "^[Hh][Tt][Tt][Pp][Ss]?://")
    )]
    pub url: Text,
    /// Where the text comes from that Apple sends along to prove itself. Not the content token.
    #[schemars(example = serde_json::json!({ "env": "VPP_NOTIFICATION_TOKEN" }))]
    pub token: Token,
}

/// The owner a location is claimed for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Owner {
    /// Unique per installation; the only part that is compared. At most 100 characters.
    #[schemars(example = &"5c1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11", length(max = 100))]
    pub id: Id,
    /// For people. At most 100 characters.
    #[schemars(example = &"Northfield IT", length(max = 100))]
    pub name: Text,
    /// For people. At most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub metadata: Option<Text>,
}

/// Who assigns licenses in a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Licenses {
    /// vpp, at Apple.
    Apple,
    /// The Mdm, which holds the token.
    Mdm,
}

/// What becomes of the license of a device that has left the Mdm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum WhenGone {
    /// It stays, and is reported.
    Keep,
    /// It is released: the device may still have the app.
    Release,
}

/// What becomes of people registered at Apple.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Users {
    /// Whether people are retired whom no entry names and who hold nothing a manifest manages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retire: Option<Retire>,
}

/// Whom to retire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Retire {
    /// People no entry names and who hold nothing a manifest manages.
    Unreferenced,
    /// Nobody.
    Never,
}
