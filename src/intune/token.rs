use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// A content token as Intune knows it. The token's text, which Graph also returns, is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Intune's id of it.
    pub id: String,
    /// The organization Apple names.
    pub organization: String,
    /// The Apple Account that downloaded it.
    pub apple_id: String,
    /// `business` or `education`.
    pub account_type: String,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// When Intune last synced with Apple.
    pub last_sync: Option<Timestamp>,
    /// How that went: `none`, `inProgress`, `completed` or `failed`.
    pub last_sync_status: String,
    /// Whether it can be used.
    pub state: TokenState,
}

/// Whether a token can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TokenState {
    /// Yes.
    Valid,
    /// It has ended.
    Expired,
    /// Apple does not take it.
    Invalid,
    /// Another server has taken it over.
    AssignedToExternalMDM,
    /// Another token of the tenant is for the same location.
    DuplicateLocationId,
    /// Intune does not know.
    Unknown,
    /// A state this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl TokenState {
    fn of(text: &str) -> Self {
        match text {
            "valid" => Self::Valid,
            "expired" => Self::Expired,
            "invalid" => Self::Invalid,
            "assignedToExternalMDM" => Self::AssignedToExternalMDM,
            "duplicateLocationId" => Self::DuplicateLocationId,
            "unknown" => Self::Unknown,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Graph's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
            Self::AssignedToExternalMDM => "assignedToExternalMDM",
            Self::DuplicateLocationId => "duplicateLocationId",
            Self::Unknown => "unknown",
            Self::Other(text) => text,
        }
    }

    /// What to do where it cannot be used.
    pub fn what_to_do(&self) -> Option<&'static str> {
        match self {
            Self::Valid => None,
            Self::Expired => Some(
                "download a new token at Apple with the same account and renew it in Intune \
                 (Tenant administration, Connectors and tokens, Apple VPP Tokens); assignments stay",
            ),
            Self::Invalid => Some(
                "Apple does not take it, usually because the account's password was changed or a \
                 newer token was downloaded; download a new one and renew it in Intune",
            ),
            Self::AssignedToExternalMDM => Some(
                "another server has taken the location over; remove the token there, or take it \
                 back in Intune (\"Take control of token from another MDM\")",
            ),
            Self::DuplicateLocationId => Some(
                "two tokens of the tenant are for one location, and Intune assigns through neither; \
                 delete one of them in Intune",
            ),
            Self::Unknown | Self::Other(_) => {
                Some("sync the token in Intune and look what it says there")
            }
        }
    }
}

impl fmt::Display for TokenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TokenState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&String::deserialize(deserializer)?))
    }
}

/// As Graph writes it. Its `token` is not read at all.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    #[serde(default)]
    organization_name: Option<String>,
    #[serde(default)]
    vpp_token_account_type: Option<String>,
    #[serde(default)]
    apple_id: Option<String>,
    #[serde(default)]
    expiration_date_time: Option<Timestamp>,
    #[serde(default)]
    last_sync_date_time: Option<Timestamp>,
    #[serde(default)]
    last_sync_status: Option<String>,
    state: TokenState,
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        // Graph writes the beginning of time where there is none.
        let real = |at: Option<Timestamp>| at.filter(|at| *at > Timestamp::UNIX_EPOCH);
        Ok(Self {
            id: wire.id,
            organization: wire.organization_name.unwrap_or_default(),
            apple_id: wire.apple_id.unwrap_or_default(),
            account_type: wire.vpp_token_account_type.unwrap_or_default(),
            expires: real(wire.expiration_date_time),
            last_sync: real(wire.last_sync_date_time),
            last_sync_status: wire.last_sync_status.unwrap_or_else(|| "none".to_owned()),
            state: wire.state,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_token_is_never_kept() {
        let token: Token = serde_json::from_str(
            r#"{"id":"t1","organizationName":"Northfield","vppTokenAccountType":"education",
                "appleId":"it@northfield.example","expirationDateTime":"2027-01-01T00:00:00Z",
                "lastSyncDateTime":"0001-01-01T00:00:00Z","lastSyncStatus":"none","state":"valid",
                "token":"TheSecretOfAll"}"#,
        )
        .unwrap();
        assert_eq!((token.state.clone(), token.last_sync), (TokenState::Valid, None));
        assert!(!format!("{token:?}").contains("TheSecretOfAll"));
    }

    #[test]
    fn every_state_but_valid_says_what_to_do() {
        for word in ["expired", "invalid", "assignedToExternalMDM", "unknown", "somethingNew"] {
            let state = TokenState::of(word);
            assert_eq!(state.as_str(), word);
            assert!(state.what_to_do().is_some(), "{word}");
        }
        assert!(TokenState::Valid.what_to_do().is_none());
    }
}
