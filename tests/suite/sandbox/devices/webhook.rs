//! The traps of servers that only tell: NanoMDM's and MicroMDM's API, results by webhook.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use uuid::Uuid;
use vpp::sandbox::world::Fate;

use super::school::{NOTES, School};
use crate::sandbox::apple::{client, read};

const KEY: &str = "hook key";

/// What a receiver has got, and how many it refuses first.
#[derive(Clone, Default)]
struct Receiver {
    seen: Arc<Mutex<Vec<(Option<String>, Vec<u8>)>>>,
    refuses: Arc<Mutex<u32>>,
}

impl Receiver {
    /// A receiver that the school's sandbox tells.
    async fn of(school: &School) -> Self {
        let receiver = Self::default();
        let take = async |State(to): State<Self>, headers: HeaderMap, body: Bytes| {
            let mut left = to.refuses.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let signature =
                headers.get("x-hmac-signature").map(|one| one.to_str().unwrap().to_owned());
            to.seen.lock().unwrap().push((signature, body.to_vec()));
            StatusCode::OK
        };
        let router = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let hook = json!({ "url": url, "key": KEY });
        let (status, answer) =
            read(client().post(format!("{}mdm/webhook", school.running.hands_url())).json(&hook))
                .await;
        assert_eq!(status, 200, "{answer}");
        receiver
    }

    /// The events so far, once there are so many.
    async fn wait(&self, count: usize) -> Vec<Value> {
        for _ in 0..1000 {
            let seen = self.seen.lock().unwrap().clone();
            if seen.len() >= count {
                return seen
                    .iter()
                    .map(|(_, body)| serde_json::from_slice(body).unwrap())
                    .collect();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("only {}", self.seen.lock().unwrap().len());
    }
}

fn order(id: Uuid, inner: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>CommandUUID</key><string>{id}</string>
<key>Command</key><dict>{inner}</dict></dict></plist>"#
    )
}

fn removal(id: Uuid) -> String {
    let inner = "<key>RequestType</key><string>RemoveApplication</string>\
                 <key>Identifier</key><string>com.example.notes</string>";
    order(id, inner)
}

async fn nano(school: &School, reference: &str, body: String) -> (u16, Value) {
    let url = format!("{}nanomdm/v1/enqueue/{reference}", school.running.mdm_url());
    read(client().put(url).basic_auth("nanomdm", Some("sandbox")).body(body)).await
}

async fn micro(school: &School, method: &str, path: &str, body: String) -> (u16, Value) {
    let url = format!("{}micromdm/v1/{path}", school.running.mdm_url());
    let request = client().request(method.parse().unwrap(), url);
    read(request.basic_auth("micromdm", Some("sandbox")).body(body)).await
}

fn payload(event: &Value, of: &str) -> plist::Dictionary {
    let bytes = STANDARD.decode(event[of]["raw_payload"].as_str().unwrap()).unwrap();
    plist::from_bytes::<plist::Value>(&bytes).unwrap().into_dictionary().unwrap()
}

fn topics(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["topic"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn answers_are_told_signed_and_in_the_schema_of_nanomdm() {
    let school = School::of("").await;
    let receiver = Receiver::of(&school).await;
    let device = school.device("D1").await;
    let id = Uuid::new_v4();
    let (status, answer) = nano(&school, &device.reference, removal(id)).await;
    assert_eq!((status, &answer["request_type"]), (200, &json!("RemoveApplication")), "{answer}");
    assert_eq!(answer["command_uuid"], json!(id));
    let event = receiver.wait(1).await.remove(0);
    assert_eq!(event["topic"], "mdm.Connect");
    let told = &event["acknowledge_event"];
    assert_eq!((&told["status"], &told["command_uuid"]), (&json!("Acknowledged"), &json!(id)));
    assert_eq!((&told["udid"], &told["ids"]["type"]), (&json!(device.reference), &json!("Device")));
    let said = payload(&event, "acknowledge_event");
    assert_eq!(said["Status"].as_string(), Some("Acknowledged"));
    assert!(said.get("Identifier").is_none(), "an acknowledgement does not say which app");

    let (signature, body) = receiver.seen.lock().unwrap()[0].clone();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(&body);
    assert_eq!(signature.unwrap(), STANDARD.encode(mac.finalize().into_bytes()));

    let list = "<key>RequestType</key><string>InstalledApplicationList</string>\
                <key>Identifiers</key><array><string>com.example.notes</string></array>";
    let other = school.device("D2").await;
    nano(&school, &other.reference, order(Uuid::new_v4(), list)).await;
    let event = receiver.wait(2).await.remove(1);
    let said = payload(&event, "acknowledge_event");
    let apps = said["InstalledApplicationList"].as_array().unwrap();
    let names: Vec<_> = apps
        .iter()
        .map(|app| app.as_dictionary().unwrap()["Identifier"].as_string().unwrap())
        .collect();
    assert_eq!(names, [NOTES]);
}

#[tokio::test]
async fn an_event_nobody_takes_is_lost_for_good() {
    let school = School::of("").await;
    let receiver = Receiver::of(&school).await;
    *receiver.refuses.lock().unwrap() = 1;
    let device = school.device("D1").await;
    let (_, ask) = school.send_as(Uuid::new_v4(), &device, super::school::remove()).await;
    school.send(&device, super::school::list()).await;
    let seen = receiver.wait(1).await;
    assert_ne!(seen[0]["acknowledge_event"]["command_uuid"], json!(ask.id));
    let mut told = school.sandbox.told();
    while told.len() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
        told = school.sandbox.told();
    }
    assert_eq!(told.iter().map(|one| one.taken).collect::<Vec<_>>(), [false, true]);
    assert_eq!(school.effects("D1"), [1, 0], "the device did it all the same");
}

#[tokio::test]
async fn enrolling_and_leaving_are_told() {
    let school = School::of("").await;
    let receiver = Receiver::of(&school).await;
    let serials = ["D1".to_owned()];
    school.sandbox.befall(&serials, Fate::CheckOut).unwrap();
    school.sandbox.befall(&serials, Fate::ReEnrol).unwrap();
    let events = receiver.wait(3).await;
    assert_eq!(topics(&events), ["mdm.CheckOut", "mdm.Authenticate", "mdm.TokenUpdate"]);
    let first = payload(&events[1], "checkin_event");
    assert_eq!(first["SerialNumber"].as_string(), Some("D1"), "told only here");
    assert!(payload(&events[2], "checkin_event").get("SerialNumber").is_none());
}

#[tokio::test]
async fn an_answer_to_a_command_nobody_sent_is_told_like_any_other() {
    let school = School::of("").await;
    let receiver = Receiver::of(&school).await;
    let id = Uuid::new_v4();
    school.sandbox.forge("D1", id).unwrap();
    let event = receiver.wait(1).await.remove(0);
    assert_eq!(event["acknowledge_event"]["command_uuid"], json!(id));
    assert_eq!(event["acknowledge_event"]["status"], "Acknowledged");
}

#[tokio::test]
async fn nanomdm_refuses_wrong_keys_and_what_is_no_property_list() {
    let school = School::of("devices: [{ serial: D1, behaves: { pushFails: true } }]").await;
    let device = school.device("D1").await;
    let url = format!("{}nanomdm/v1/enqueue/{}", school.running.mdm_url(), device.reference);
    let (status, _) = read(client().put(&url).basic_auth("nanomdm", Some("wrong")).body("")).await;
    assert_eq!(status, 401);
    let (status, answer) = nano(&school, &device.reference, "no plist".to_owned()).await;
    assert_eq!(status, 500);
    assert!(answer["command_error"].is_string(), "{answer}");
    let id = Uuid::new_v4();
    let (status, answer) = nano(&school, &device.reference, removal(id)).await;
    assert_eq!(status, 500);
    assert!(answer["status"][&device.reference]["push_error"].is_string(), "{answer}");
    let (status, answer) = nano(&school, &device.reference, removal(id)).await;
    assert_eq!(status, 500);
    let error = answer["status"][&device.reference]["command_error"].as_str().unwrap();
    assert!(error.starts_with("command already exists: "), "{error}");
    let (status, _) = nano(&school, &Uuid::new_v4().to_string(), removal(Uuid::new_v4())).await;
    assert_eq!(status, 200, "nobody has that enrolment, and it is taken");
    school.pass(4);
    assert_eq!(school.effects("D1"), [1, 0], "the push had failed, the command had not");
}

#[tokio::test]
async fn micromdm_takes_the_same_command_twice_and_delivers_it_twice() {
    let school = School::of("devices: [{ serial: D1, behaves: { offline: 1h } }]").await;
    let receiver = Receiver::of(&school).await;
    let udid = school.device("D1").await.reference;
    let id = Uuid::new_v4();
    for _ in 0..2 {
        let (status, answer) =
            micro(&school, "POST", &format!("commands/{udid}"), removal(id)).await;
        assert_eq!((status, &answer["payload"]["command_uuid"]), (201, &json!(id)));
    }
    let (_, queue) = micro(&school, "GET", &format!("commands/{udid}"), String::new()).await;
    assert_eq!(queue["commands"].as_array().unwrap().len(), 2);
    school.pass(1);
    let events = receiver.wait(2).await;
    let said: Vec<_> = events.iter().map(|one| &one["acknowledge_event"]["status"]).collect();
    assert_eq!(said, ["Acknowledged", "Error"], "the second finds no app to remove");
    assert_eq!(school.effects("D1"), [1, 0]);
}

#[tokio::test]
async fn micromdm_takes_commands_for_nobody_lists_devices_and_clears_queues() {
    let school = School::of("devices: [{ serial: D1, behaves: { offline: 1h } }]").await;
    let command = |udid: &str| {
        json!({ "udid": udid, "request_type": "RemoveApplication", "identifier": NOTES })
            .to_string()
    };
    let (status, answer) = micro(&school, "POST", "commands", command("nobody")).await;
    assert_eq!(status, 201);
    assert!(answer["payload"]["command_uuid"].is_string(), "{answer}");
    let udid = school.device("D1").await.reference;
    micro(&school, "POST", "commands", command(&udid)).await;
    let (_, listed) = micro(&school, "POST", "devices", "{}".to_owned()).await;
    let first = &listed["devices"][0];
    assert_eq!(
        (&first["serial_number"], &first["udid"], &first["enrollment_status"]),
        (&json!("D1"), &json!(udid), &json!(true))
    );
    assert_eq!(micro(&school, "DELETE", &format!("commands/{udid}"), String::new()).await.0, 200);
    school.pass(2);
    assert_eq!(school.effects("D1"), [0, 0]);
}
