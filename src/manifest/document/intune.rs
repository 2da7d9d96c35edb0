use schemars::JsonSchema;
use serde::Serialize;

use super::location::Token;
use super::value::{Duration, Id, Text};

/// Addresses of this machine: another one could have the secret sent to it.
const HERE: &str =
    r"^[Hh][Tt][Tt][Pp][Ss]?://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(/[A-Za-z0-9/_-]*)?$";

/// Microsoft Intune, where it owns the token of locations (`licenses: mdm`). Exactly one of
/// `clientSecret`, `assertion` and `federated` proves who asks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("oneOf" = [
    { "required": ["clientSecret"] },
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
    pub client_secret: Option<Token>,
    /// Where a token comes from that a federated credential of the application takes, for example
    /// the file that a workload identity is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "file": "/var/run/secrets/azure/token" }))]
    pub assertion: Option<Token>,
    /// No secret at all: the token that GitHub Actions gives a job with `permissions: id-token: write`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federated: Option<Federated>,
    /// Another server than Microsoft Graph's: an address of this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"http://127.0.0.1:8080", regex(pattern = HERE))]
    pub graph: Option<Text>,
    /// Another server than Microsoft's for signing in: an address of this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"http://127.0.0.1:8080", regex(pattern = HERE))]
    pub login: Option<Text>,
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

/// Who issues the token that is taken for a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Federated {
    /// GitHub Actions.
    GithubActions,
}
