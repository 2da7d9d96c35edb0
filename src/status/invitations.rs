use schemars::JsonSchema;
use serde::Serialize;

use crate::actual::{Actual, UserStatus};
use crate::license::ClientUserId;

/// One person, and how they can accept where they have not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Invitation {
    /// Key at Apple.
    pub client_user_id: ClientUserId,
    /// The terms status.
    pub status: UserStatus,
    /// E-mail address.
    pub email: Option<String>,
    /// Where the person accepts, while Registered.
    pub link: Option<String>,
}

/// Everybody who is not retired: first who has not accepted yet, then by id.
pub(super) fn of(actual: &Actual, link: impl Fn(&str) -> String) -> Vec<Invitation> {
    let mut people: Vec<_> = actual
        .users
        .iter()
        .filter(|(_, record)| match record.status {
            UserStatus::Registered | UserStatus::Associated => true,
            UserStatus::Retired | UserStatus::Deleted => false,
        })
        .map(|(id, record)| Invitation {
            client_user_id: id.clone(),
            status: record.status,
            email: record.email.clone(),
            link: match record.status {
                UserStatus::Registered => record.invite_code.as_deref().map(&link),
                UserStatus::Associated | UserStatus::Retired | UserStatus::Deleted => None,
            },
        })
        .collect();
    people.sort_by(|a, b| (a.status, &a.client_user_id).cmp(&(b.status, &b.client_user_id)));
    people
}
