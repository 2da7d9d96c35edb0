use serde::Deserialize;

use super::Text;
use super::assignments::RecordError;
use crate::actual::{UserRecord, UserStatus};
use crate::license::ClientUserId;

/// One registered person as it comes (`ResponseUser`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserEntry<'a> {
    #[serde(borrow)]
    client_user_id: Option<Text<'a>>,
    #[serde(borrow)]
    email: Option<Text<'a>>,
    #[serde(borrow)]
    invite_code: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

impl UserEntry<'_> {
    /// Key of the person. Several records may have the same: at most one of them is active.
    pub fn id(&self) -> Result<ClientUserId, RecordError> {
        self.client_user_id.as_deref().and_then(ClientUserId::new).ok_or(RecordError::NoUser)
    }

    /// What Apple says of them.
    ///
    /// A status this version does not know counts as Registered: the person is there, so they are
    /// not created again, and nothing relies on their being able to install.
    pub fn record(&self) -> UserRecord {
        let given = |text: &Option<Text<'_>>| {
            text.as_deref().filter(|text| !text.is_empty()).map(str::to_owned)
        };
        UserRecord {
            status: match self.status.as_deref() {
                Some("Associated") => UserStatus::Associated,
                Some("Retired") => UserStatus::Retired,
                Some("Deleted") => UserStatus::Deleted,
                Some("Registered") => UserStatus::Registered,
                other => {
                    tracing::warn!(status = other, "unknown user status, taken as Registered");
                    UserStatus::Registered
                }
            },
            email: given(&self.email),
            invite_code: given(&self.invite_code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_the_future_does_not_make_a_person_disappear() {
        let entry: UserEntry<'_> =
            serde_json::from_str(r#"{"clientUserId":"u","status":"Suspended","email":null}"#)
                .unwrap();
        assert_eq!(entry.record().status, UserStatus::Registered);
        assert_eq!(entry.record().email, None);
        assert_eq!(entry.id().unwrap().as_str(), "u");
        let nobody: UserEntry<'_> = serde_json::from_str(r#"{"status":"Retired"}"#).unwrap();
        assert_eq!(nobody.id(), Err(RecordError::NoUser));
    }
}
