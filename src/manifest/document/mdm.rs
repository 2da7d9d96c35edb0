use schemars::JsonSchema;
use serde::Serialize;

use super::value::Name;

/// A driver's own settings.
pub type Settings = serde_json::Map<String, serde_json::Value>;

/// How to reach a device-management server. Exactly one of the drivers is given.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["fleet"] },
    { "required": ["nanomdm"] },
    { "required": ["nanohub"] },
    { "required": ["micromdm"] },
    { "required": ["exec"] },
    { "required": ["sandbox"] },
    { "required": ["intune"] }
]))]
pub struct Mdm {
    /// Its name, which locations refer to.
    #[schemars(example = &"campus")]
    pub name: Name,
    /// Fleet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet: Option<Settings>,
    /// NanoMDM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nanomdm: Option<Settings>,
    /// NanoHUB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nanohub: Option<Settings>,
    /// MicroMDM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micromdm: Option<Settings>,
    /// A program that speaks vpp's JSON contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<Settings>,
    /// The sandbox's simulated devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Settings>,
    /// Microsoft Intune.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intune: Option<Settings>,
}
