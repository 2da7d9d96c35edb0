//! MicroMDM: it takes everything, also twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;
use vpp::mdm::event::{Heard, webhook};
use vpp::mdm::{Delivery, Enrolment, Mdm, Standing};

use super::memory::Memory;
use super::world::{SECRET, answer, ask, minute, open, parse, remove, serve};

#[derive(Debug, Default)]
struct World {
    queue: BTreeMap<String, Vec<Uuid>>,
    delivered: Vec<Uuid>,
    queue_is_shut: bool,
}

type Shared = Arc<Mutex<World>>;

fn stranger(headers: &HeaderMap) -> Option<Response> {
    let login = format!("Basic {}", STANDARD.encode(format!("micromdm:{SECRET}")));
    let is_ours = headers.get("authorization").is_some_and(|given| given == login.as_str());
    (!is_ours).then(|| StatusCode::UNAUTHORIZED.into_response())
}

async fn enqueue(
    State(world): State<Shared>,
    Path(udid): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(response) = stranger(&headers) {
        return response;
    }
    let Some((id, _)) = parse(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    world.lock().unwrap().queue.entry(udid).or_default().push(id);
    let payload = json!({ "payload": { "command_uuid": id } });
    (StatusCode::CREATED, Json(payload)).into_response()
}

async fn queue(
    State(world): State<Shared>,
    Path(udid): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = stranger(&headers) {
        return response;
    }
    let world = world.lock().unwrap();
    if world.queue_is_shut {
        return StatusCode::NOT_IMPLEMENTED.into_response();
    }
    let uuids: Vec<_> = world.queue.get(&udid).into_iter().flatten().collect();
    let commands: Vec<_> = uuids.iter().map(|id| json!({ "uuid": id, "payload": "" })).collect();
    Json(json!({ "commands": commands })).into_response()
}

async fn devices(headers: HeaderMap, body: Bytes) -> Response {
    if let Some(response) = stranger(&headers) {
        return response;
    }
    assert_eq!(&body[..], b"{}");
    let one = |serial: &str, udid: &str, enrolled: bool, seen: &str| json!({ "serial_number": serial, "udid": udid, "enrollment_status": enrolled, "last_seen": seen });
    Json(json!({ "devices": [
        one("SU1", "U1", true, "2026-03-01T07:00:00Z"),
        one("SU2", "U2", false, "0001-01-01T00:00:00Z"),
        one("", "U3", true, "2026-03-01T07:00:00Z"),
    ] }))
    .into_response()
}

async fn lab() -> (Arc<dyn Mdm>, Shared, Arc<Memory>) {
    let world = Shared::default();
    let router = Router::new()
        .route("/v1/commands/{udid}", post(enqueue).merge(get(queue)))
        .route("/v1/devices", post(devices))
        .with_state(world.clone());
    let url = serve(router).await;
    let store = Arc::new(Memory::default());
    let driver = format!("micromdm: {{ url: \"{url}\", key: {{ env: K }} }}");
    (open(&driver, &store).await.unwrap(), world, store)
}

#[tokio::test]
async fn a_command_is_queued_once_however_often_it_is_sent() {
    let (mdm, world, store) = lab().await;
    let removal = remove("U1");
    let send = || async { mdm.send(std::slice::from_ref(&removal), minute(0)).await.remove(0) };
    assert_eq!(send().await, Delivery::Queued { reference: None });
    assert_eq!(send().await, Delivery::Known, "it waits");
    assert_eq!(world.lock().unwrap().queue["U1"].len(), 1);
    // Delivered and answered, it is in the queue no more: the events know it.
    let done = world.lock().unwrap().queue.remove("U1").unwrap();
    world.lock().unwrap().delivered.extend(done);
    let event = json!({
        "udid": "U1", "status": "Acknowledged", "command_uuid": removal.id,
        "raw_payload": STANDARD.encode(answer(removal.id, "Acknowledged", ""))
    });
    let body = json!({ "topic": "mdm.Connect", "acknowledge_event": event }).to_string();
    let Heard::Answer(_, event) = webhook("lab", body.as_bytes(), minute(3)).unwrap() else {
        panic!()
    };
    store.add(event);
    assert_eq!(send().await, Delivery::Known, "it was answered");
    let standing = mdm.standing(&[ask(&removal, minute(0))], minute(5)).await.unwrap();
    assert_eq!(standing, [Standing::Acknowledged { at: minute(3) }]);
    assert!(world.lock().unwrap().queue.is_empty());
}

#[tokio::test]
async fn without_a_look_into_the_queue_nothing_is_sent() {
    let (mdm, world, _) = lab().await;
    world.lock().unwrap().queue_is_shut = true;
    let sent = mdm.send(&[remove("U1")], minute(0)).await;
    assert!(matches!(&sent[..], [Delivery::Refused { retryable: true, .. }]), "{sent:?}");
    assert!(world.lock().unwrap().queue.is_empty());
}

#[tokio::test]
async fn an_unknown_device_is_taken_and_never_heard_of() {
    let (mdm, _, _) = lab().await;
    let removal = remove("nobody");
    let sent = mdm.send(std::slice::from_ref(&removal), minute(0)).await;
    assert_eq!(sent, [Delivery::Queued { reference: None }]);
    let standing = mdm.standing(&[ask(&removal, minute(0))], minute(5)).await.unwrap();
    assert_eq!(standing, [Standing::Waiting]);
}

#[tokio::test]
async fn devices_are_listed_by_the_server() {
    let (mdm, _, store) = lab().await;
    let event =
        json!({ "topic": "mdm.Authenticate", "checkin_event": { "udid": "U1" } }).to_string();
    let Heard::Enrolment(event) = webhook("lab", event.as_bytes(), minute(1)).unwrap() else {
        panic!()
    };
    store.add(event);
    let devices = mdm.devices().await.unwrap();
    let told: Vec<_> = devices
        .iter()
        .map(|one| (one.serial.as_str(), one.enrolment, one.last_seen.is_some(), one.enrolled_at))
        .collect();
    assert_eq!(
        told,
        [("SU1", Enrolment::Device, true, Some(minute(1))), ("SU2", Enrolment::None, false, None)]
    );
}
