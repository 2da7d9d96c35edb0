use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assignments::asset;
use super::{Envelope, Enveloped, RawMdmInfo};
use crate::apple::error::clean;
use crate::apple::number::{Class, error_number};
use crate::license::{Asset, ClientUserId, SerialNumber};

/// Apple's name of one asynchronous unit of work (`eventId`).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// An id from text; `None` where there is none, or something no id can be.
    pub fn new(text: &str) -> Option<Self> {
        let plain =
            !text.is_empty() && text.len() <= 200 && text.chars().all(|c| c.is_ascii_graphic());
        plain.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an event is about (`eventType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// Licenses given.
    Associate,
    /// Licenses taken back.
    Disassociate,
    /// Everything taken back from some holders.
    Revoke,
    /// People registered.
    Create,
    /// People changed.
    Update,
    /// People retired.
    Retire,
    /// Something this version does not know.
    Other,
}

/// How far an event is (`eventStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// Still at work, as far as is known: also where it was followed no longer.
    Pending,
    /// Done. Whether all of it succeeded, only reading back tells.
    Complete,
    /// Done, and some or all of it failed.
    Failed,
    /// Apple does not know it (9708).
    Forgotten,
}

/// What Apple says of an event (`StatusResponse`, Apple's page: events-status).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventStatus {
    /// Which event.
    pub id: EventId,
    /// How far it is.
    pub state: EventState,
    /// What it is about, where Apple says so.
    pub kind: Option<EventType>,
    /// Units of work in it: pairs of asset and holder, or people (`numRequested`).
    pub requested: Option<u64>,
    /// Units that succeeded (`numCompleted`).
    pub completed: Option<u64>,
    /// What went wrong, one per error, not per pair.
    pub failures: Vec<Failure>,
}

/// One error of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Apple's error number, where given.
    pub number: Option<i64>,
    /// Apple's text, cleaned.
    pub message: String,
    /// Assets it concerns. With several assets and holders the pairs cannot be told from this.
    pub assets: Vec<Asset>,
    /// People it concerns.
    pub users: Vec<ClientUserId>,
    /// Devices it concerns.
    pub devices: Vec<SerialNumber>,
}

impl Failure {
    /// What to do about it.
    pub fn class(&self) -> Class {
        self.number.and_then(error_number).map_or(Class::Change, |entry| entry.class)
    }

    /// What the user does next.
    pub fn next(&self) -> Option<&'static str> {
        self.number.and_then(error_number).map(|entry| entry.next)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.number, self.number.and_then(error_number)) {
            (Some(number), Some(entry)) => write!(f, "error {number}, {}", entry.meaning)?,
            (Some(number), None) => write!(f, "error {number}, which vpp does not know")?,
            (None, _) => f.write_str("an error without a number")?,
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, " (Apple: \"{}\")", self.message) }
    }
}

impl EventStatus {
    /// Whether every unit is said to be done. Only reading back proves it.
    pub fn is_success(&self) -> bool {
        self.state == EventState::Complete
            && self.failures.is_empty()
            && self.requested.is_none_or(|requested| self.completed == Some(requested))
    }

    /// Whether Apple has finished with it.
    pub fn is_settled(&self) -> bool {
        self.state != EventState::Pending
    }

    /// An event of which nothing else is known.
    pub(in crate::apple) fn bare(id: EventId, state: EventState) -> Self {
        Self { id, state, kind: None, requested: None, completed: None, failures: vec![] }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::apple) struct RawEvent {
    event_id: Option<String>,
    u_id: Option<String>,
    mdm_info: Option<RawMdmInfo>,
    token_expiration_date: Option<String>,
}

impl RawEvent {
    pub(in crate::apple) fn id(&self) -> Option<EventId> {
        EventId::new(self.event_id.as_deref()?)
    }
}

impl Enveloped for RawEvent {
    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            uid: self.u_id.as_deref(),
            owner: self.mdm_info.as_ref().and_then(RawMdmInfo::owner),
            expires: self.token_expiration_date.as_deref(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::apple) struct RawStatus {
    event_status: Option<String>,
    event_type: Option<String>,
    failures: Option<Vec<RawFailure>>,
    num_completed: Option<i64>,
    num_requested: Option<i64>,
    u_id: Option<String>,
    mdm_info: Option<RawMdmInfo>,
    token_expiration_date: Option<String>,
}

#[derive(Deserialize)]
struct RawFailure {
    #[serde(rename = "errorNumber")]
    number: Option<i64>,
    #[serde(rename = "errorMessage")]
    message: Option<String>,
    #[serde(rename = "errorInfo")]
    info: Option<RawErrorInfo>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawErrorInfo {
    assets: Option<Vec<RawAsset>>,
    client_user_ids: Option<Vec<String>>,
    serial_numbers: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAsset {
    adam_id: Option<String>,
    pricing_param: Option<String>,
}

impl Enveloped for RawStatus {
    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            uid: self.u_id.as_deref(),
            owner: self.mdm_info.as_ref().and_then(RawMdmInfo::owner),
            expires: self.token_expiration_date.as_deref(),
        }
    }
}

impl RawStatus {
    pub(in crate::apple) fn into_status(self, id: EventId) -> EventStatus {
        let count = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok());
        EventStatus {
            id,
            state: match self.event_status.as_deref() {
                Some("COMPLETE") => EventState::Complete,
                Some("FAILED") => EventState::Failed,
                // Of a state of the future nothing may be concluded.
                Some(_) | None => EventState::Pending,
            },
            kind: self.event_type.as_deref().map(|kind| match kind {
                "ASSOCIATE" => EventType::Associate,
                "DISASSOCIATE" => EventType::Disassociate,
                "REVOKE" => EventType::Revoke,
                "CREATE" => EventType::Create,
                "UPDATE" => EventType::Update,
                "RETIRE" => EventType::Retire,
                _ => EventType::Other,
            }),
            requested: count(self.num_requested),
            completed: count(self.num_completed),
            failures: self.failures.unwrap_or_default().into_iter().map(Failure::from).collect(),
        }
    }
}

impl From<RawFailure> for Failure {
    /// Names that cannot be read are left out: they are for people, reading back decides.
    fn from(raw: RawFailure) -> Self {
        let info = raw.info.unwrap_or_default();
        Self {
            number: raw.number,
            message: clean(&raw.message.unwrap_or_default()),
            assets: info
                .assets
                .unwrap_or_default()
                .iter()
                .filter_map(|raw| asset(raw.adam_id.as_deref(), raw.pricing_param.as_deref()).ok())
                .collect(),
            users: info
                .client_user_ids
                .unwrap_or_default()
                .iter()
                .filter_map(|id| ClientUserId::new(id))
                .collect(),
            devices: info
                .serial_numbers
                .unwrap_or_default()
                .iter()
                .filter_map(|serial| serial.parse().ok())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(json: &str) -> EventStatus {
        let raw: RawStatus = serde_json::from_str(json).unwrap();
        raw.into_status(EventId::new("e").unwrap())
    }

    #[test]
    fn failed_does_not_mean_that_nothing_happened() {
        let status = status(
            r#"{"eventStatus":"FAILED","eventType":"ASSOCIATE","numCompleted":14,"numRequested":16,
                "failures":[{"errorNumber":9609,"errorMessage":"not\u001b[1m found","errorInfo":
                {"assets":[{"adamId":"1","pricingParam":"STDQ"},{"adamId":"?"}],
                 "clientUserIds":["u"],"serialNumbers":null}}]}"#,
        );
        assert_eq!((status.requested, status.completed), (Some(16), Some(14)));
        let failure = &status.failures[0];
        assert_eq!(failure.class(), Class::Change);
        assert_eq!((failure.assets.len(), failure.users.len(), failure.devices.len()), (1, 1, 0));
        assert_eq!(
            failure.to_string(),
            "error 9609, registered user not found (Apple: \"not [1m found\")"
        );
        assert!(status.is_settled() && !status.is_success());
    }

    #[test]
    fn success_is_complete_in_every_unit() {
        assert!(
            status(r#"{"eventStatus":"COMPLETE","numCompleted":4,"numRequested":4}"#).is_success()
        );
        for not in [
            r#"{"eventStatus":"COMPLETE","numCompleted":3,"numRequested":4}"#,
            r#"{"eventStatus":"COMPLETE","numRequested":4}"#,
            r#"{"eventStatus":"COMPLETE","failures":[{}]}"#,
            r#"{"eventStatus":"PENDING","numCompleted":4,"numRequested":4}"#,
            r#"{"eventStatus":"PAUSED"}"#,
            "{}",
        ] {
            assert!(!status(not).is_success(), "{not}");
        }
        assert!(!status(r#"{"eventStatus":"PAUSED"}"#).is_settled());
    }
}
