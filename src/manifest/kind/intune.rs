use jiff::SignedDuration;

use super::TokenSource;
use crate::diagnostic::At;

/// Microsoft Intune, where it owns the token of locations.
#[derive(Debug, Clone, PartialEq)]
pub struct Intune {
    /// Entra tenant: its id or a domain of it.
    pub tenant: At<String>,
    /// Id of the application that was registered for vpp.
    pub client_id: At<String>,
    /// What proves that we are that application.
    pub proof: IntuneProof,
    /// A fake on this machine instead of Microsoft.
    pub endpoint: Option<String>,
    /// Whether devices are asked to check in when an app is to be removed.
    pub sync_devices: bool,
    /// How long after an app is gone a license that has not come back is taken back by force.
    pub revoke_after: Option<At<SignedDuration>>,
}

/// What proves that we are an application.
#[derive(Debug, Clone, PartialEq)]
pub enum IntuneProof {
    /// Its client secret.
    Secret(At<TokenSource>),
    /// A token that a federated credential of the application takes.
    Assertion(At<TokenSource>),
    /// The token GitHub Actions gives its jobs.
    GithubActions,
}

/// What a Group is at Entra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntraGroup {
    /// A group, by its object id in lower case.
    Id(String),
    /// Every device.
    AllDevices,
    /// Everybody with a license of Intune.
    AllUsers,
}
