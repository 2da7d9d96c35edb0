//! NanoMDM and NanoHUB: a 200 says little, results come by webhook.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use vpp::mdm::event::{Heard, webhook};
use vpp::mdm::{Delivery, Enrolment, Mdm, Platform, Presence, Standing};

use super::memory::Memory;
use super::world::{
    APP, SECRET, answer, apps, around, ask, known, list, listed, minute, open_with, parse, remove,
    serve,
};

/// NanoMDM as it was seen to behave.
#[derive(Debug, Default)]
struct World {
    user: &'static str,
    /// Every id it ever saw.
    ids: BTreeSet<Uuid>,
    queue: BTreeMap<String, Vec<(Uuid, String)>>,
    enrolled: BTreeSet<String>,
    push_fails: bool,
}

type Shared = Arc<Mutex<World>>;

async fn enqueue(
    State(world): State<Shared>,
    Path(ids): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = world.lock().unwrap();
    let login = format!("Basic {}", STANDARD.encode(format!("{}:{SECRET}", world.user)));
    if headers.get("authorization").is_none_or(|given| given != login.as_str()) {
        return (StatusCode::UNAUTHORIZED, "Unauthorized").into_response();
    }
    let fail = |error: &str| {
        let body = axum::Json(json!({ "command_error": error }));
        (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
    };
    let Some((id, kind)) = parse(&body) else { return fail("decoding command: no plist") };
    if !world.ids.insert(id) {
        return fail("command already exists: Duplicate entry");
    }
    let mut status = serde_json::Map::new();
    for enrolment in ids.split(',') {
        // Whoever is not enrolled is queued for all the same, and never asked.
        world.queue.entry(enrolment.to_owned()).or_default().push((id, kind.clone()));
        let pushed = if world.push_fails {
            json!({ "push_error": "certificate expired" })
        } else {
            json!({ "push_result": "ok" })
        };
        status.insert(enrolment.to_owned(), pushed);
    }
    let code = if world.push_fails { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    (code, axum::Json(json!({ "status": status, "command_uuid": id, "request_type": kind })))
        .into_response()
}

/// A server, what it is, and what its webhooks came to.
struct Lab {
    mdm: Arc<dyn Mdm>,
    world: Shared,
    store: Arc<Memory>,
}

impl Lab {
    async fn new() -> Self {
        Self::of("nanomdm", "/v1/enqueue/{ids}", vec![]).await
    }

    async fn of(
        driver: &'static str,
        path: &str,
        known: Vec<(vpp::license::SerialNumber, String)>,
    ) -> Self {
        let world = Arc::new(Mutex::new(World { user: driver, ..World::default() }));
        let url = serve(Router::new().route(path, post(enqueue)).with_state(world.clone())).await;
        let store = Arc::new(Memory::default());
        let driver = format!("{driver}: {{ url: \"{url}\", key: {{ env: K }} }}");
        let mut around = around(&store);
        around.known = known;
        Self { mdm: open_with(&driver, around).await.unwrap(), world, store }
    }

    fn hear(&self, body: &Value, at: Timestamp) {
        match webhook("lab", body.to_string().as_bytes(), at).unwrap() {
            Heard::Answer(_, event) | Heard::Enrolment(event) => assert!(self.store.add(event)),
            Heard::Nothing => {}
        }
    }

    /// A device checks in.
    fn check_in(&self, topic: &str, reference: &str, at: i64) {
        let serial = reference.to_uppercase();
        let plist = format!(
            "<plist version=\"1.0\"><dict><key>SerialNumber</key><string>S{serial}</string>\
             <key>ProductName</key><string>iPad7,5</string></dict></plist>"
        );
        let plist = if topic == "mdm.Authenticate" { plist } else { String::new() };
        let ids = json!({ "id": reference, "type": "Device" });
        let event = json!({ "udid": reference, "ids": ids, "raw_payload": STANDARD.encode(plist) });
        let id = Uuid::new_v4();
        self.hear(&json!({ "topic": topic, "event_id": id, "checkin_event": event }), minute(at));
        let mut world = self.world.lock().unwrap();
        match topic {
            // The queue is cleared without a word; the ids stay taken.
            "mdm.Authenticate" => drop(world.queue.remove(reference)),
            "mdm.TokenUpdate" => drop(world.enrolled.insert(reference.to_owned())),
            _ => drop(world.enrolled.remove(reference)),
        }
    }

    fn enrol(&self, reference: &str, at: i64) {
        self.check_in("mdm.Authenticate", reference, at);
        self.check_in("mdm.TokenUpdate", reference, at);
    }

    /// A device answers; only one that is enrolled and was asked can.
    fn answers(&self, command: &vpp::mdm::Command, status: &str, inner: &str, at: i64) {
        let reference = &command.device.reference;
        let world = self.world.lock().unwrap();
        assert!(world.enrolled.contains(reference), "{reference} is not enrolled");
        assert!(world.queue[reference].iter().any(|(id, _)| *id == command.id), "never asked");
        drop(world);
        self.claims(reference, command.id, status, inner, at);
    }

    /// Somebody answers anything: the server passes it on.
    fn claims(&self, reference: &str, id: Uuid, status: &str, inner: &str, at: i64) {
        let plist = answer(id, status, inner);
        let event = json!({
            "udid": reference, "ids": { "id": reference, "type": "Device" }, "status": status,
            "command_uuid": id, "raw_payload": STANDARD.encode(plist)
        });
        let key = Uuid::new_v4();
        let body = json!({ "topic": "mdm.Connect", "event_id": key, "acknowledge_event": event });
        self.hear(&body, minute(at));
    }

    async fn send(&self, command: &vpp::mdm::Command) -> Delivery {
        self.mdm.send(std::slice::from_ref(command), minute(0)).await.remove(0)
    }

    async fn standing(&self, command: &vpp::mdm::Command) -> Standing {
        self.mdm.standing(&[ask(command, minute(1))], minute(60)).await.unwrap().remove(0)
    }
}

const QUEUED: Delivery = Delivery::Queued { reference: None };

#[tokio::test]
async fn a_removal_is_acknowledged_and_the_app_seen_to_be_gone() {
    let lab = Lab::new().await;
    lab.enrol("u1", 0);
    let removal = remove("u1");
    assert_eq!(lab.send(&removal).await, QUEUED);
    assert_eq!(lab.standing(&removal).await, Standing::Waiting);
    lab.answers(&removal, "Acknowledged", "", 2);
    assert_eq!(lab.standing(&removal).await, Standing::Acknowledged { at: minute(2) });
    let list = list("u1", minute(2));
    assert_eq!(lab.send(&list).await, QUEUED);
    lab.answers(&list, "Acknowledged", &apps(&[]), 3);
    assert_eq!(listed(&lab.standing(&list).await), Presence::Absent);
}

#[tokio::test]
async fn nanohub_is_the_same_elsewhere() {
    let lab = Lab::of("nanohub", "/api/v1/nanomdm/enqueue/{ids}", vec![]).await;
    assert_eq!(lab.send(&remove("u1")).await, QUEUED);
}

#[tokio::test]
async fn an_unknown_enrolment_is_taken_and_never_heard_of() {
    let lab = Lab::new().await;
    let removal = remove("nobody");
    assert_eq!(lab.send(&removal).await, QUEUED);
    assert_eq!(lab.standing(&removal).await, Standing::Waiting);
    assert!(!lab.mdm.capabilities().lists_all, "its absence from a list proves nothing");
}

#[tokio::test]
async fn a_push_that_failed_leaves_the_command_in_the_queue() {
    let lab = Lab::new().await;
    lab.enrol("u1", 0);
    lab.world.lock().unwrap().push_fails = true;
    let removal = remove("u1");
    assert_eq!(lab.send(&removal).await, QUEUED);
    lab.answers(&removal, "Acknowledged", "", 2);
    assert_eq!(lab.standing(&removal).await, Standing::Acknowledged { at: minute(2) });
}

#[tokio::test]
async fn an_id_that_exists_is_known_which_does_not_mean_that_it_waits() {
    let lab = Lab::new().await;
    lab.enrol("u1", 0);
    let removal = remove("u1");
    assert_eq!(lab.send(&removal).await, QUEUED);
    assert_eq!(lab.send(&removal).await, Delivery::Known);
    // Enrolling anew clears the queue, and the id can never be queued again.
    lab.check_in("mdm.Authenticate", "u1", 5);
    let why = "the device enrolled anew".to_owned();
    let lost = |enrolled| Standing::Lost { at: minute(5), why: why.clone(), enrolled };
    assert_eq!(lab.standing(&removal).await, lost(false));
    lab.check_in("mdm.TokenUpdate", "u1", 6);
    assert_eq!(lab.standing(&removal).await, lost(true));
    assert_eq!(lab.send(&removal).await, Delivery::Known);
    assert!(!lab.world.lock().unwrap().queue.contains_key("u1"));
}

#[tokio::test]
async fn an_enrolment_before_the_command_and_a_new_push_token_lose_nothing() {
    let lab = Lab::new().await;
    lab.enrol("u1", 0);
    let removal = remove("u1");
    lab.send(&removal).await;
    lab.check_in("mdm.TokenUpdate", "u1", 9);
    assert_eq!(lab.standing(&removal).await, Standing::Waiting);
}

#[tokio::test]
async fn a_device_that_checked_out_has_lost_its_commands_and_is_not_enrolled() {
    let lab = Lab::new().await;
    lab.enrol("u1", 0);
    let removal = remove("u1");
    lab.send(&removal).await;
    lab.check_in("mdm.CheckOut", "u1", 7);
    let why = "the device checked out".to_owned();
    assert_eq!(
        lab.standing(&removal).await,
        Standing::Lost { at: minute(7), why, enrolled: false }
    );
    let devices = lab.mdm.devices().await.unwrap();
    assert_eq!((devices.len(), devices[0].enrolment), (1, Enrolment::None));
}

#[tokio::test]
async fn not_now_lets_a_list_be_answered_before_the_removal() {
    let lab = Lab::new().await;
    lab.enrol("u1", 0);
    let (removal, list) = (remove("u1"), list("u1", minute(0)));
    lab.send(&removal).await;
    lab.send(&list).await;
    lab.answers(&removal, "NotNow", "", 2);
    lab.answers(&list, "Acknowledged", &apps(&[APP]), 3);
    assert_eq!(lab.standing(&removal).await, Standing::NotNow { at: minute(2) });
    assert_eq!(listed(&lab.standing(&list).await), Presence::Present);
    lab.answers(&removal, "Acknowledged", "", 9);
    assert_eq!(lab.standing(&removal).await, Standing::Acknowledged { at: minute(9) });
}

#[tokio::test]
async fn an_acknowledgement_belongs_to_one_command_of_one_device() {
    let lab = Lab::new().await;
    lab.enrol("u1", 0);
    lab.enrol("u2", 0);
    let (first, second) = (remove("u1"), remove("u1"));
    lab.send(&first).await;
    lab.send(&second).await;
    lab.answers(&second, "Acknowledged", "", 2);
    assert_eq!(lab.standing(&first).await, Standing::Waiting);
    // Another device claims to have done what the first was asked for.
    lab.claims("u2", first.id, "Acknowledged", "", 3);
    assert_eq!(lab.standing(&first).await, Standing::Waiting);
    // And the words of an answer are not those of its envelope.
    let event = json!({
        "udid": "u1", "status": "Acknowledged", "command_uuid": first.id,
        "raw_payload": STANDARD.encode(answer(second.id, "Acknowledged", ""))
    });
    lab.hear(&json!({ "topic": "mdm.Connect", "acknowledge_event": event }), minute(4));
    assert_eq!(lab.standing(&first).await, Standing::Waiting);
}

#[tokio::test]
async fn an_event_that_was_lost_is_silence() {
    let lab = Lab::new().await;
    lab.enrol("u1", 0);
    let removal = remove("u1");
    lab.send(&removal).await;
    // The device answered while nobody received: nothing tells.
    assert_eq!(lab.standing(&removal).await, Standing::Waiting);
}

#[tokio::test]
async fn a_wrong_key_is_said_without_the_key() {
    let lab = Lab::new().await;
    lab.world.lock().unwrap().user = "somebody";
    let refused = lab.send(&remove("u1")).await;
    let Delivery::Refused { why, retryable: true } = refused else { panic!("{refused:?}") };
    assert_eq!(why, "POST v1/enqueue/u1: HTTP 401: Unauthorized");
    let login = STANDARD.encode(format!("nanomdm:{SECRET}"));
    let shown = format!("{why} {:?}", lab.mdm);
    assert!(!shown.contains(SECRET) && !shown.contains(&login), "{shown}");
}

#[tokio::test]
async fn devices_are_those_that_were_heard_of_and_those_an_inventory_knows() {
    let more = vec![known("SU1", "U1"), known("SOLD", "u7")];
    let lab = Lab::of("nanomdm", "/v1/enqueue/{ids}", more).await;
    lab.enrol("u1", 1);
    lab.check_in("mdm.Authenticate", "u2", 2);
    // Heard of only after it had enrolled: no serial number.
    lab.check_in("mdm.TokenUpdate", "u3", 3);
    let devices = lab.mdm.devices().await.unwrap();
    let told: Vec<_> = devices
        .iter()
        .map(|one| {
            (
                one.serial.as_str(),
                one.reference.as_str(),
                one.platform,
                one.enrolment,
                one.enrolled_at,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("SU1", "u1", Platform::Ios, Enrolment::Device, Some(minute(1))),
            ("SU2", "u2", Platform::Ios, Enrolment::None, Some(minute(2))),
            ("SOLD", "u7", Platform::Unknown, Enrolment::Device, None),
        ]
    );
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_no_silence() {
    let lab = Lab::new().await;
    *lab.store.broken.lock().unwrap() = true;
    let error = lab.mdm.standing(&[ask(&remove("u1"), minute(0))], minute(1)).await.unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(lab.mdm.devices().await.is_err());
}
