use std::fmt;

use secrecy::SecretString;

use super::Address;

/// Who signs in, and how that is proved.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Entra tenant: its id or a domain of it.
    pub tenant: String,
    /// Id of the application that was registered for vpp.
    pub client_id: String,
    /// What proves that we are that application.
    pub proof: Proof,
}

/// What proves that we are an application. Never printed.
#[derive(Clone)]
pub enum Proof {
    /// The application's client secret.
    Secret(SecretString),
    /// A token somebody else issues, taken for a proof by a federated credential of the application.
    Assertion(SecretString),
    /// The token that GitHub Actions gives a job with `permissions: id-token: write`: no secret is
    /// kept anywhere.
    GithubActions {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`, its query included.
        url: SecretString,
        /// Where that is, without its query.
        address: Address,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        token: SecretString,
    },
}

impl Proof {
    /// The token of a job of GitHub Actions, from what it gives the job.
    ///
    /// # Errors
    /// Where the address is none, or not https.
    pub fn github_actions(url: &str, token: &str) -> Result<Self, super::AddressError> {
        let without_query = url.split_once('?').map_or(url, |(address, _)| address);
        Ok(Self::GithubActions {
            address: Address::parse(without_query)?,
            url: SecretString::from(url),
            token: SecretString::from(token),
        })
    }

    /// Where else the proof comes from.
    pub(super) fn address(&self) -> Option<&Address> {
        match self {
            Self::Secret(_) | Self::Assertion(_) => None,
            Self::GithubActions { address, .. } => Some(address),
        }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret",
            Self::Assertion(_) => "Assertion",
            Self::GithubActions { .. } => "GithubActions",
        })
    }
}
