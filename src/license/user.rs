use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ClientUserId;

/// What is sent to Apple of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct UserDetails {
    /// Key at Apple.
    pub client_user_id: ClientUserId,
    /// E-mail address.
    pub email: Option<String>,
    /// Managed Apple Account: with it Apple links the account without an invitation.
    pub managed_apple_id: Option<String>,
}
