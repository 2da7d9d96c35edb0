use schemars::JsonSchema;
use serde::Serialize;

use super::location::Token;
use super::source::Federated;
use super::value::{Duration, Id, Loopback};

/// Microsoft Intune, where it owns the token of locations (`licenses: mdm`). Exactly one of
/// `secret`, `assertion` and `federated` proves who asks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("oneOf" = [
    { "required": ["secret"] },
    { "required": ["assertion"] },
    { "required": ["federated"] }
]))]
pub struct IntuneMdm {
    /// Entra tenant: its id or a domain of it.
    #[schemars(example = &"northfield.example", regex(pattern = "^[A-Za-z0-9.-]{1,100}$"))]
    pub tenant: Id,
    /// Id of the application that was registered for vpp.
    #[schemars(
        example = &"5c1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11",
        regex(pattern = "^[A-Za-z0-9.-]{1,100}$")
    )]
    pub client_id: Id,
    /// Where the application's client secret comes from. It is read late and never printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "env": "INTUNE_SECRET" }))]
    pub secret: Option<Token>,
    /// Where a token comes from that a federated credential of the application takes, for example
    /// the file that a workload identity is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "file": "/var/run/secrets/azure/token" }))]
    pub assertion: Option<Token>,
    /// Whose identity stands for a secret: `githubActions`, the job's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federated: Option<Federated>,
    /// A fake on this machine instead of Microsoft, for tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Loopback>,
    /// Whether devices are asked to check in when an app is to be removed from them; otherwise they
    /// do so by themselves, within some hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_devices: Option<bool>,
    /// How long after an app is gone a license that Intune has not taken back is revoked (Graph's beta
    /// version), from 1 hour to 90 days; never where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"7d")]
    pub revoke_after: Option<Duration>,
}
