//! Apple's notifications. Apple's page: subscribing-to-notifications.

use axum::http::header::AUTHORIZATION;
use serde::Deserialize;

use super::door::Door;
use super::{Letter, Receiver, Refusal, Taken};
use crate::store::Received;

/// Where the store keeps Apple's notifications.
const SOURCE: &str = "apple";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    notification_id: Option<String>,
    notification_type: Option<String>,
    u_id: Option<String>,
    notification: Option<serde_json::Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Inside {
    event_id: Option<String>,
}

pub(super) async fn take(
    receiver: &Receiver,
    door: &Door,
    letter: &Letter<'_>,
) -> Result<Taken, Refusal> {
    let header = letter.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = header.and_then(|header| header.strip_prefix("Bearer ")) else {
        return Err(Refusal::Forged("there is no bearer token"));
    };
    if !door.secret.is(token.trim()) {
        return Err(Refusal::Forged("the bearer token is another"));
    }
    let malformed = |why: &str| Refusal::Malformed(why.to_owned());
    let text = std::str::from_utf8(&letter.body).map_err(|_| malformed("the body is not UTF-8"))?;
    let envelope: Envelope = serde_json::from_str(text)
        .map_err(|error| Refusal::Malformed(format!("the body is no notification ({error})")))?;
    let Some(kind) = envelope.notification_type else {
        return Err(malformed("a notification without its type"));
    };
    if kind == "TEST_NOTIFICATION" {
        // Sent while a subscription is made; it tells nothing.
        return Ok(Taken::Ignored);
    }
    let Some(key) = envelope.notification_id.filter(|id| !id.is_empty()) else {
        return Err(malformed("a notification without its id"));
    };
    let uid = envelope.u_id.unwrap_or_default();
    if door.uid.as_ref().is_some_and(|pinned| *pinned != uid) {
        return Err(malformed("a notification about another library"));
    }
    let inside: Inside = envelope
        .notification
        .and_then(|inside| serde_json::from_value(inside).ok())
        .unwrap_or_default();
    let event = Received {
        source: SOURCE.to_owned(),
        key,
        // Whoever waits for an event asks for it; what is about no event is found by its kind.
        subject: inside.event_id.unwrap_or_else(|| format!("{uid}/{kind}")),
        at: receiver.now(),
        body: text.to_owned(),
    };
    receiver.keep(&event).await
}
