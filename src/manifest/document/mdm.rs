use schemars::JsonSchema;
use serde::Serialize;

use super::intune::IntuneMdm;
use super::location::Token;
use super::value::{Duration, Name, Reference, Text, Variable};

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
    /// Fleet: its commands API, whose results are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetMdm>,
    /// NanoMDM: commands over its API, results by webhook to `vpp receive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nanomdm: Option<NanoMdm>,
    /// NanoHUB: as NanoMDM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nanohub: Option<NanoMdm>,
    /// MicroMDM: commands over its API, results by webhook to `vpp receive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micromdm: Option<MicroMdm>,
    /// A program that speaks vpp's JSON contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<MdmExec>,
    /// The sandbox's simulated devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<SandboxMdm>,
    /// Microsoft Intune.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intune: Option<IntuneMdm>,
}

/// A Fleet server.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct FleetMdm {
    /// Address of the server: https, or http to this machine.
    #[schemars(
        example = &"https://fleet.northfield.example",
        regex(pattern = "^[Hh][Tt][Tt][Pp][Ss]?://")
    )]
    pub url: Text,
    /// Where the token of an API-only user comes from. It is read late and never printed.
    #[schemars(example = serde_json::json!({ "env": "FLEET_TOKEN" }))]
    pub token: Token,
    /// How long one request may take, from 1 second to 10 minutes; 30 seconds where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"30s")]
    pub timeout: Option<Duration>,
}

/// A NanoMDM or NanoHUB server.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct NanoMdm {
    /// Address of the server: https, or http to this machine.
    #[schemars(
        example = &"https://mdm.northfield.example",
        regex(pattern = "^[Hh][Tt][Tt][Pp][Ss]?://")
    )]
    pub url: Text,
    /// Where the API key comes from. It is read late and never printed.
    #[schemars(example = serde_json::json!({ "env": "NANOMDM_KEY" }))]
    pub key: Token,
    /// Where the key comes from that the server signs its webhooks with (`-webhook-hmac-key`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "env": "NANOMDM_WEBHOOK_KEY" }))]
    pub webhook_key: Option<Token>,
    /// An inventory that knows the devices, for those that enrolled before `vpp receive` ran: the
    /// server has no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<DeviceColumn>,
    /// How long one request may take, from 1 second to 10 minutes; 30 seconds where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"30s")]
    pub timeout: Option<Duration>,
}

/// A MicroMDM server.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct MicroMdm {
    /// Address of the server: https, or http to this machine.
    #[schemars(
        example = &"https://mdm.northfield.example",
        regex(pattern = "^[Hh][Tt][Tt][Pp][Ss]?://")
    )]
    pub url: Text,
    /// Where the API key comes from. It is read late and never printed.
    #[schemars(example = serde_json::json!({ "env": "MICROMDM_KEY" }))]
    pub key: Token,
    /// Where the password comes from that stands in the address of the server's webhook
    /// (`-command-webhook-url https://vpp:PASSWORD@…`): MicroMDM does not sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "env": "MICROMDM_WEBHOOK_KEY" }))]
    pub webhook_key: Option<Token>,
    /// How long one request may take, from 1 second to 10 minutes; 30 seconds where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"30s")]
    pub timeout: Option<Duration>,
}

/// A program that speaks vpp's JSON contract.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct MdmExec {
    /// The program and its arguments; never a shell line.
    #[schemars(example = ["mdm/adapter", "--site", "north"], length(min = 1))]
    pub command: Vec<String>,
    /// Names of the environment variables it gets, beside PATH and HOME.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = ["ADAPTER_TOKEN"])]
    pub env: Vec<Variable>,
    /// Where the key comes from that its events to `vpp receive` are signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "env": "ADAPTER_WEBHOOK_KEY" }))]
    pub webhook_key: Option<Token>,
    /// How long one answer may take, from 1 second to 1 hour; a minute where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"60s")]
    pub timeout: Option<Duration>,
}

/// The sandbox's simulated devices: nothing to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct SandboxMdm {}

/// A column of an inventory that says how the server addresses each device.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct DeviceColumn {
    /// Name of an inventory whose rows are devices.
    #[schemars(example = &"devices")]
    pub inventory: Reference,
    /// The column with the server's enrolment ids (for NanoMDM the devices' UDIDs).
    #[schemars(example = &"udid")]
    pub reference: Text,
}
