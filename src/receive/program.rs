//! Signed events of programs of ours: an app is gone from a device.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::door::Door;
use super::webhook::SIGNATURE;
use super::{Letter, Receiver, Refusal, Taken};
use crate::license::SerialNumber;
use crate::mdm::event::{self, Event};
use crate::store::Received;

/// When the event was signed, in seconds since 1970; signed with the body.
const TIMESTAMP: &str = "X-Vpp-Timestamp";
/// How far from now an event may have been signed: longer, and a copy could be sent again later.
const WINDOW: Duration = Duration::from_mins(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    #[serde(rename = "type")]
    kind: String,
    serial: SerialNumber,
    bundle_id: String,
    observed_at: Timestamp,
    request_id: String,
}

pub(super) async fn take(
    receiver: &Receiver,
    door: &Door,
    letter: &Letter<'_>,
) -> Result<Taken, Refusal> {
    let now = receiver.now();
    let text = |name: &str| letter.headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(signature), Some(timestamp)) = (text(SIGNATURE), text(TIMESTAMP)) else {
        return Err(Refusal::Forged("there is no X-Hmac-Signature, or no X-Vpp-Timestamp"));
    };
    if !door.secret.signed(&[timestamp.as_bytes(), &letter.body], signature) {
        return Err(Refusal::Forged("the signature is not that of this timestamp and body"));
    }
    let signed = timestamp.parse().ok().and_then(|second| Timestamp::from_second(second).ok());
    let within = signed.is_some_and(|signed| now.duration_since(signed).unsigned_abs() <= WINDOW);
    if !within {
        return Err(Refusal::Stale);
    }
    let told: Told = serde_json::from_slice(&letter.body)
        .map_err(|error| Refusal::Malformed(format!("the body is no event ({error})")))?;
    let Told { kind, serial, bundle_id, observed_at, request_id } = told;
    if kind != "app.absent" {
        return Err(Refusal::Malformed("the only type of event is app.absent".to_owned()));
    }
    if observed_at > now {
        return Err(Refusal::Malformed("`observed_at` is in the future".to_owned()));
    }
    if !receiver.is_ours(&request_id).await? {
        return Err(Refusal::Unknown);
    }
    let body = serde_json::to_string(&Event::AppAbsent { bundle_id, observed_at })
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    let event = Received {
        source: event::sightings(&door.name),
        key: event::digest(&letter.body),
        subject: event::subject(serial.as_str()),
        at: now,
        body,
    };
    receiver.keep(&event).await
}
