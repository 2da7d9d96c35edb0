//! What servers tell by webhook: read once by `vpp receive`, kept in the store, read again by drivers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use plist::Value;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Platform, raw};
use crate::license::SerialNumber;
use crate::store::Received;

/// What the store keeps of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A device answered a command.
    Answer {
        /// The device's enrolment id.
        enrolment: String,
        /// Apple's word: `Acknowledged`, `Error`, …
        status: String,
        /// The property list, in base64.
        payload: String,
    },
    /// A device began to enrol: from here on its queue is empty.
    Enrolling {
        /// The only place where a serial number is told.
        serial: Option<SerialNumber>,
        /// What it is.
        platform: Platform,
        /// Whether it is a person's own.
        own: bool,
    },
    /// A device can be reached: the end of an enrolment, and now and then later.
    Reachable,
    /// A device left.
    Left,
    /// A program of ours says that an app is gone.
    AppAbsent {
        /// The app.
        bundle_id: String,
        /// When it was seen to be gone.
        observed_at: Timestamp,
    },
}

/// What a webhook's body comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A device's answer to the command with this id.
    Answer(String, Received),
    /// A device enrolled or left.
    Enrolment(Received),
    /// Nothing anybody here reads: an idle device, a person's own channel.
    Nothing,
}

/// The body is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

#[derive(Deserialize)]
struct Hook {
    topic: String,
    event_id: Option<String>,
    acknowledge_event: Option<Told>,
    checkin_event: Option<Told>,
}

#[derive(Deserialize)]
struct Told {
    udid: Option<String>,
    enrollment_id: Option<String>,
    ids: Option<Ids>,
    status: Option<String>,
    command_uuid: Option<String>,
    raw_payload: Option<String>,
}

#[derive(Deserialize)]
struct Ids {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Told {
    /// How the server addresses the device.
    fn enrolment(&self) -> Option<&str> {
        let by_ids = self.ids.as_ref().and_then(|ids| ids.id.as_deref());
        [by_ids, self.enrollment_id.as_deref(), self.udid.as_deref()]
            .into_iter()
            .flatten()
            .find(|id| !id.is_empty())
    }

    /// Whether it is the channel of one person on a device: apps are removed on the device's.
    fn is_persons_channel(&self) -> bool {
        let kind = self.ids.as_ref().and_then(|ids| ids.kind.as_deref());
        matches!(kind, Some("User" | "User Enrollment" | "Shared iPad"))
    }

    fn is_persons_device(&self) -> bool {
        let kind = self.ids.as_ref().and_then(|ids| ids.kind.as_deref());
        kind == Some("User Enrollment (Device)")
    }
}

/// Where the store keeps enrolments of an Mdm, apart from its many answers. No manifest can have
/// this name.
pub fn enrolments(mdm: &str) -> String {
    format!("{mdm}/enrolments")
}

/// Where the store keeps what a program's events say of devices.
pub fn sightings(mdm: &str) -> String {
    format!("{mdm}/sightings")
}

/// How the store keys an enrolment or a command: servers differ in case.
pub fn subject(id: &str) -> String {
    id.to_ascii_lowercase()
}

/// Reads a webhook's body in MicroMDM's schema, which NanoMDM and NanoHUB share.
///
/// # Errors
/// [`Malformed`], without any of the body.
pub fn webhook(mdm: &str, body: &[u8], at: Timestamp) -> Result<Heard, Malformed> {
    let hook: Hook = serde_json::from_slice(body).map_err(|error| {
        Malformed(format!("the body is no event in MicroMDM's schema ({error})"))
    })?;
    let key = hook
        .event_id
        .as_deref()
        .filter(|id| !id.is_empty())
        .map_or_else(|| digest(body), str::to_owned);
    let received = |source: String, id: &str, event: &Event| -> Result<Received, Malformed> {
        let body = serde_json::to_string(event).map_err(|error| Malformed(error.to_string()))?;
        Ok(Received { source, key: key.clone(), subject: subject(id), at, body })
    };
    let told = match hook.topic.as_str() {
        "mdm.Connect" => hook.acknowledge_event,
        "mdm.Authenticate" | "mdm.TokenUpdate" | "mdm.CheckOut" => hook.checkin_event,
        _ => return Ok(Heard::Nothing),
    };
    let Some(told) = told else {
        return Err(Malformed(format!(
            "an event of topic {} without its content",
            hook.topic.escape_debug()
        )));
    };
    if told.is_persons_channel() {
        return Ok(Heard::Nothing);
    }
    let Some(enrolment) = told.enrolment() else {
        return Err(Malformed("an event without an enrolment id".to_owned()));
    };
    let event = match hook.topic.as_str() {
        "mdm.Connect" => {
            let Some(command) = told.command_uuid.as_deref().filter(|id| !id.is_empty()) else {
                return Ok(Heard::Nothing);
            };
            let event = Event::Answer {
                enrolment: subject(enrolment),
                status: told.status.clone().unwrap_or_default(),
                payload: told.raw_payload.clone().unwrap_or_default(),
            };
            let received = received(mdm.to_owned(), command, &event)?;
            return Ok(Heard::Answer(subject(command), received));
        }
        "mdm.Authenticate" => enrolling(&told),
        "mdm.TokenUpdate" => Event::Reachable,
        _ => Event::Left,
    };
    Ok(Heard::Enrolment(received(enrolments(mdm), enrolment, &event)?))
}

fn enrolling(told: &Told) -> Event {
    let payload = STANDARD.decode(told.raw_payload.as_deref().unwrap_or_default()).ok();
    let facts = payload.and_then(|bytes| raw::read(&bytes)).unwrap_or_default();
    let text = |key: &str| facts.get(key).and_then(Value::as_string);
    let model = text("ProductName").or_else(|| text("Model")).unwrap_or_default();
    Event::Enrolling {
        serial: text("SerialNumber").and_then(|serial| serial.parse().ok()),
        platform: platform(model),
        own: told.is_persons_device(),
    }
}

/// What a device is, by Apple's name of its model (`iPad7,5`).
fn platform(model: &str) -> Platform {
    let is = |prefix: &str| model.starts_with(prefix);
    if is("iPad") || is("iPhone") || is("iPod") {
        Platform::Ios
    } else if is("AppleTV") {
        Platform::Tvos
    } else if is("Watch") {
        Platform::Watchos
    } else if is("RealityDevice") {
        Platform::Visionos
    } else if model.contains("Mac") {
        Platform::Macos
    } else {
        Platform::Unknown
    }
}

/// Tells a body without an id of its own from others.
pub(crate) fn digest(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    format!("sha256:{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at() -> Timestamp {
        "2026-03-01T08:00:00Z".parse().unwrap()
    }

    fn heard(body: &serde_json::Value) -> Heard {
        webhook("lab", body.to_string().as_bytes(), at()).unwrap()
    }

    #[test]
    fn an_answer_is_kept_under_its_command_and_an_enrolment_under_its_own_source() {
        let Heard::Answer(id, received) = heard(&json!({
            "topic": "mdm.Connect", "event_id": "e1", "created_at": "2026-03-01T07:59:59Z",
            "acknowledge_event": { "udid": "U", "ids": { "id": "U1", "type": "Device" },
                "status": "Acknowledged", "command_uuid": "ABC", "raw_payload": "cGxpc3Q=" }
        })) else {
            panic!()
        };
        assert_eq!(
            (id.as_str(), received.source.as_str(), received.key.as_str()),
            ("abc", "lab", "e1")
        );
        assert_eq!(
            received.body,
            r#"{"event":"answer","enrolment":"u1","status":"Acknowledged","payload":"cGxpc3Q="}"#
        );
        let plist = "<plist version=\"1.0\"><dict><key>SerialNumber</key><string>s1</string><key>ProductName</key><string>iPad7,5</string></dict></plist>";
        let Heard::Enrolment(received) = heard(&json!({
            "topic": "mdm.Authenticate",
            "checkin_event": { "udid": "U1", "raw_payload": STANDARD.encode(plist) }
        })) else {
            panic!()
        };
        assert_eq!((received.source.as_str(), received.subject.as_str()), ("lab/enrolments", "u1"));
        assert!(received.key.starts_with("sha256:"), "{}", received.key);
        assert_eq!(
            received.body,
            r#"{"event":"enrolling","serial":"S1","platform":"ios","own":false}"#
        );
    }

    #[test]
    fn what_nobody_reads_is_nothing_and_what_makes_no_sense_is_an_error() {
        for nothing in [
            json!({ "topic": "mdm.Connect", "acknowledge_event": { "udid": "U", "status": "Idle" } }),
            json!({ "topic": "mdm.GetToken" }),
            json!({ "topic": "mdm.TokenUpdate", "checkin_event": { "ids": { "id": "U:P", "type": "User" } } }),
        ] {
            assert_eq!(heard(&nothing), Heard::Nothing, "{nothing}");
        }
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"topic":"mdm.Connect"}"#,
            r#"{"topic":"mdm.CheckOut","checkin_event":{}}"#,
        ] {
            assert!(webhook("lab", bad.as_bytes(), at()).is_err(), "{bad}");
        }
    }
}
