use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::response::Asset;

/// Apple's error numbers with their HTTP status and text. Apple's page: handling-error-responses.
/// Numbers that only appear in events have status 200; 9622 is one of v1 that v2 still gives.
pub(crate) const CODES: &[(u32, u16, &str)] = &[
    (9601, 401, "Login required."),
    (9602, 400, "Invalid argument."),
    (9603, 500, "Internal error."),
    (9609, 400, "Registered user not found."),
    (9621, 401, "The token is expired. Generate a new token in the portal."),
    (9622, 401, "Invalid authentication token."),
    (9625, 401, "The server has revoked the sToken."),
    (9634, 410, "This service is no longer available."),
    (9635, 200, "The Apple Account can't be associated with this registered user."),
    (9637, 403, "The account is not allowed to perform this operation."),
    (9641, 200, "The Apple Account is already associated with another registered user."),
    (9644, 200, "The service is in maintenance mode. Try again later."),
    (9646, 429, "Too many requests for the organization. Try again later."),
    (9647, 403, "Not supported for legacy tokens."),
    (9650, 400, "The page index is out of range."),
    (9700, 400, "The request exceeds the maximum number of assets."),
    (9701, 400, "The request exceeds the maximum number of client user IDs."),
    (9702, 400, "The request exceeds the maximum number of serial numbers."),
    (9703, 400, "The request contains duplicate assets."),
    (9704, 400, "The request contains duplicate client user IDs."),
    (9705, 400, "The request contains duplicate serial numbers."),
    (9706, 400, "The asset isn't revocable."),
    (9707, 400, "The asset isn't device-assignable."),
    (9708, 400, "EventId could not be found."),
    (9709, 200, "There are not enough licenses available."),
    (9710, 400, "The notification URL and the authentication token must be given together."),
    (9711, 400, "The notification URL or the authentication token is too long."),
    (9712, 400, "The notification URL must be a valid HTTPS URL."),
    (9713, 400, "The metadata of mdmInfo is too long."),
    (9714, 400, "The request exceeds the maximum number of users."),
    (9715, 400, "The request contains duplicate users."),
    (9716, 200, "A registered user already exists for this client user ID."),
    (9717, 400, "The email address is invalid."),
    (9718, 400, "The request contains no assets."),
    (9719, 400, "The request contains neither client user IDs nor serial numbers."),
    (9720, 400, "The request contains no users."),
    (9721, 400, "Invalid version ID."),
    (9722, 401, "The Authorization header is malformed."),
    (9723, 400, "mdmInfo requires an id, a name, and metadata."),
    (9724, 400, "The id of mdmInfo is too long."),
    (9725, 400, "The name of mdmInfo is too long."),
    (9726, 405, "The HTTP method isn't allowed for this endpoint."),
    (9727, 415, "The content type must be application/json."),
    (9728, 400, "The notification URL isn't reachable."),
    (9729, 503, "The service is temporarily unavailable."),
    (9811, 400, "The subscription association request is invalid."),
    (9812, 400, "The cursor is invalid."),
    (9813, 400, "The Adam ID is invalid."),
    (9814, 400, "There's no associated registered user for the client user ID."),
    (9815, 400, "The user isn't assigned the Adam ID."),
    (9816, 400, "The request exceeds the limits for subscriptions."),
    (9817, 400, "The user is already assigned through a group membership."),
    (9818, 400, "Subscriptions exist, so subscription management can't be disabled."),
];

/// The text for a number.
pub(crate) fn message(number: u32) -> &'static str {
    CODES
        .iter()
        .find(|(known, _, _)| *known == number)
        .map_or("Unknown error.", |(_, _, message)| message)
}

/// What an error is about: per error, not per pair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorInfo {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) assets: BTreeSet<Asset>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) client_user_ids: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) serial_numbers: BTreeSet<String>,
}

impl ErrorInfo {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { assets, client_user_ids, serial_numbers } = self;
        assets.is_empty() && client_user_ids.is_empty() && serial_numbers.is_empty()
    }
}

/// An error as Apple sends it: alone for a refused request, in `failures` for an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "Apple's own names")]
pub(crate) struct Failure {
    pub(crate) error_number: u32,
    pub(crate) error_message: String,
    #[serde(default, skip_serializing_if = "ErrorInfo::is_empty")]
    pub(crate) error_info: ErrorInfo,
}

impl Failure {
    pub(crate) fn new(number: u32) -> Self {
        Self {
            error_number: number,
            error_message: message(number).to_owned(),
            error_info: ErrorInfo::default(),
        }
    }
}

/// A request that was refused; nothing of it was queued.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) failure: Box<Failure>,
    pub(crate) retry_after: Option<RetryAfter>,
}

/// How long a caller is told to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RetryAfter {
    /// This text as it stands.
    Text(String),
    /// A date so far after now.
    Date(Duration),
}

impl Refusal {
    /// Apple's answer for a number.
    pub(crate) fn new(number: u32) -> Self {
        let status = CODES
            .iter()
            .find(|(known, _, _)| *known == number)
            .map_or(400, |(_, status, _)| *status);
        Self { status, failure: Box::new(Failure::new(number)), retry_after: None }
    }

    /// 9602 with the reason in the text. Apple is less talkative.
    pub(crate) fn invalid(reason: impl std::fmt::Display) -> Self {
        Self::new(9602).because(reason)
    }

    /// Adds the reason to Apple's text.
    pub(crate) fn because(mut self, reason: impl std::fmt::Display) -> Self {
        self.failure.error_message = format!("{} ({reason})", self.failure.error_message);
        self
    }

    /// Says what it is about.
    pub(crate) fn about(mut self, info: ErrorInfo) -> Self {
        self.failure.error_info = info;
        self
    }
}
