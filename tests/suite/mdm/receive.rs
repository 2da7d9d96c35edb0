//! The receiver, over HTTP.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;
use vpp::receive::{Doors, Kind, Receiver, Secret};

use super::memory::Memory;
use super::world::{answer, minute, serve};

const KEY: &str = "key-of-the-webhooks";

struct House {
    url: String,
    store: Arc<Memory>,
    client: reqwest::Client,
}

impl House {
    async fn new() -> Self {
        let store = Arc::new(Memory::default());
        let secret = || Secret::new(&KEY.into()).unwrap();
        let mut doors = Doors::default();
        doors.add_mdm("nano", Kind::Signed, secret());
        doors.add_mdm("micro mdm", Kind::Password, secret());
        doors.add_mdm("program", Kind::Program, secret());
        doors.add_location("northfield", Some("123".to_owned()), secret());
        assert_eq!(
            doors.paths(),
            ["/mdm/micro%20mdm", "/mdm/nano", "/mdm/program", "/apple/northfield"]
        );
        let receiver = Receiver::new(doors, store.clone(), Arc::new(|| minute(10)));
        let url = serve(receiver.router()).await;
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { url, store, client }
    }

    async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> u16 {
        let mut request = self.client.post(format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    }

    async fn signed(&self, path: &str, body: &str) -> u16 {
        self.post(path, &[("x-hmac-signature", &sign(&[body]))], body.to_owned()).await
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

fn sign(pieces: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    for piece in pieces {
        mac.update(piece.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

fn acknowledged(id: Uuid) -> String {
    let plist = STANDARD.encode(answer(id, "Acknowledged", ""));
    let event =
        json!({ "udid": "u1", "status": "Acknowledged", "command_uuid": id, "raw_payload": plist });
    json!({ "topic": "mdm.Connect", "event_id": id, "acknowledge_event": event }).to_string()
}

#[tokio::test]
async fn a_signed_answer_to_a_command_of_ours_is_kept_once() {
    let house = House::new().await;
    let id = Uuid::new_v4();
    house.store.intend_one(id);
    let body = acknowledged(id);
    assert_eq!(house.signed("/mdm/nano", &body).await, 204);
    assert_eq!(house.signed("/mdm/nano", &body).await, 204);
    let kept = house.store.kept();
    assert_eq!((kept.len(), kept[0].source.as_str(), kept[0].at), (1, "nano", minute(10)));
    assert_eq!(kept[0].subject, id.to_string());
    let (_, figures) = house.get("/metrics").await;
    for line in [
        "vpp_receive_events_total{source=\"nano\",outcome=\"kept\"} 1",
        "vpp_receive_events_total{source=\"nano\",outcome=\"repeated\"} 1",
        "vpp_receive_events_total{source=\"nano\",outcome=\"forged\"} 0",
        &format!("vpp_receive_last_event_seconds{{source=\"nano\"}} {}", minute(10).as_second()),
    ] {
        assert!(figures.contains(line), "{line}\n{figures}");
    }
}

#[tokio::test]
async fn what_is_not_signed_by_the_server_is_refused_and_counted() {
    let house = House::new().await;
    let id = Uuid::new_v4();
    house.store.intend_one(id);
    let body = acknowledged(id);
    let other = sign(&["another body"]);
    let (bearer, basic) =
        (format!("Bearer {KEY}"), format!("Basic {}", STANDARD.encode(format!("vpp:{KEY}"))));
    for headers in [
        vec![],
        vec![("x-hmac-signature", other.as_str())],
        vec![("x-hmac-signature", "")],
        vec![("x-hmac-signature", "not base64")],
        // The key itself is no signature, nor is what opens other doors.
        vec![("authorization", bearer.as_str())],
        vec![("authorization", basic.as_str())],
    ] {
        assert_eq!(house.post("/mdm/nano", &headers, body.clone()).await, 401, "{headers:?}");
    }
    assert!(house.store.kept().is_empty());
    let (_, figures) = house.get("/metrics").await;
    assert!(figures.contains("{source=\"nano\",outcome=\"forged\"} 6"), "{figures}");
    assert!(!figures.contains(KEY));
}

#[tokio::test]
async fn an_answer_to_a_command_that_was_never_issued_is_refused() {
    let house = House::new().await;
    assert_eq!(house.signed("/mdm/nano", &acknowledged(Uuid::new_v4())).await, 400);
    let body = acknowledged(Uuid::nil()).replace(&Uuid::nil().to_string(), "no-uuid-at-all");
    assert_eq!(house.signed("/mdm/nano", &body).await, 400);
    assert!(house.store.kept().is_empty());
    let (_, figures) = house.get("/metrics").await;
    assert!(figures.contains("{source=\"nano\",outcome=\"unknown\"} 2"), "{figures}");
}

#[tokio::test]
async fn enrolments_are_kept_and_idle_devices_are_not() {
    let house = House::new().await;
    let event = json!({ "udid": "u1", "raw_payload": "" });
    for topic in ["mdm.Authenticate", "mdm.TokenUpdate", "mdm.CheckOut"] {
        let body = json!({ "topic": topic, "checkin_event": event }).to_string();
        assert_eq!(house.signed("/mdm/nano", &body).await, 204, "{topic}");
    }
    let idle =
        json!({ "topic": "mdm.Connect", "acknowledge_event": { "udid": "u1", "status": "Idle" } });
    assert_eq!(house.signed("/mdm/nano", &idle.to_string()).await, 204);
    let sources: Vec<_> = house.store.kept().into_iter().map(|event| event.source).collect();
    assert_eq!(sources, ["nano/enrolments"; 3]);
}

#[tokio::test]
async fn a_body_that_is_no_event_or_too_long_is_refused() {
    let house = House::new().await;
    for body in ["", "{}", "[1]", "{\"topic\":5}", "{\"topic\":\"mdm.Connect\"}"] {
        assert_eq!(house.signed("/mdm/nano", body).await, 400, "{body}");
    }
    assert_eq!(house.post("/mdm/nano", &[], vec![b' '; (4 << 20) + 1]).await, 413);
    // Without a length it is found out on the way.
    let pieces = (0..100).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 16]));
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    assert_eq!(house.post("/mdm/nano", &[], stream).await, 413);
    assert_eq!(house.post("/mdm/nobody", &[], "{}").await, 404);
    assert_eq!(house.post("/mdm/northfield", &[], "{}").await, 404, "a location is no Mdm");
    assert_eq!(house.get("/mdm/nano").await.0, 405);
}

#[tokio::test]
async fn micromdm_proves_itself_by_the_password_in_its_address() {
    let house = House::new().await;
    let id = Uuid::new_v4();
    house.store.intend_one(id);
    let basic = |password: &str| format!("Basic {}", STANDARD.encode(format!("vpp:{password}")));
    let (good, bad) = (basic(KEY), basic("key-of-somebody-else"));
    let path = "/mdm/micro%20mdm";
    assert_eq!(house.post(path, &[("authorization", &bad)], acknowledged(id)).await, 401);
    assert_eq!(house.post(path, &[], acknowledged(id)).await, 401);
    assert_eq!(house.post(path, &[("authorization", &good)], acknowledged(id)).await, 204);
    assert_eq!(house.store.kept().len(), 1);
}

#[tokio::test]
async fn success_means_that_the_event_is_kept() {
    let house = House::new().await;
    let id = Uuid::new_v4();
    house.store.intend_one(id);
    *house.store.broken.lock().unwrap() = true;
    let body = acknowledged(id);
    let request = house.client.post(format!("{}/mdm/nano", house.url));
    let response =
        request.header("x-hmac-signature", sign(&[&body])).body(body.clone()).send().await.unwrap();
    assert_eq!(response.status(), 503);
    let text = response.text().await.unwrap();
    assert!(!text.contains("secret-place") && !text.contains("disk"), "{text}");
    assert_eq!(house.get("/healthz").await.0, 503);
    *house.store.broken.lock().unwrap() = false;
    assert_eq!(house.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(house.signed("/mdm/nano", &body).await, 204);
}

/// A program's event, signed so many seconds from now.
async fn sighting(house: &House, body: &Value, seconds: i64) -> u16 {
    let body = body.to_string();
    let at = (minute(10) + SignedDuration::from_secs(seconds)).as_second().to_string();
    let signature = sign(&[&at, &body]);
    let headers = [("x-hmac-signature", signature.as_str()), ("x-vpp-timestamp", at.as_str())];
    house.post("/mdm/program", &headers, body).await
}

#[tokio::test]
async fn a_programs_sighting_counts_for_five_minutes_and_for_our_requests() {
    let house = House::new().await;
    let id = Uuid::new_v4();
    house.store.intend_one(id);
    let event = json!({
        "type": "app.absent", "serial": "s1", "bundle_id": "com.example.app",
        "observed_at": minute(9).to_string(), "request_id": id
    });
    assert_eq!(sighting(&house, &event, -301).await, 401);
    assert_eq!(sighting(&house, &event, 301).await, 401);
    assert_eq!(sighting(&house, &event, -299).await, 204);
    let with = |key: &str, value: Value| {
        let mut event = event.clone();
        event[key] = value;
        event
    };
    for bad in [
        with("request_id", json!(Uuid::new_v4())),
        with("observed_at", json!(minute(11).to_string())),
        with("type", json!("app.present")),
        with("serial", json!("no serial")),
        with("extra", json!(1)),
    ] {
        assert_eq!(sighting(&house, &bad, 0).await, 400, "{bad}");
    }
    // A signature without its moment could be used for ever.
    assert_eq!(house.signed("/mdm/program", &event.to_string()).await, 401);
    let kept = house.store.kept();
    assert_eq!(
        (kept.len(), kept[0].source.as_str(), kept[0].subject.as_str()),
        (1, "program/sightings", "s1")
    );
}

#[tokio::test]
async fn apples_notifications_need_their_bearer_and_are_kept_once() {
    let house = House::new().await;
    let bearer = format!("Bearer {KEY}");
    let ours = [("authorization", bearer.as_str())];
    let path = "/apple/northfield";
    let event = json!({
        "notificationId": "n1", "notificationType": "ASSET_MANAGEMENT", "uId": "123",
        "notification": { "type": "ASSOCIATE", "result": "SUCCESS", "eventId": "e1", "assignments": [] }
    });
    assert_eq!(house.post(path, &[], event.to_string()).await, 401);
    assert_eq!(
        house.post(path, &[("authorization", "Bearer guess")], event.to_string()).await,
        401
    );
    let test = json!({ "notificationId": "t", "notificationType": "TEST_NOTIFICATION", "notification": {}, "uId": "123" });
    assert_eq!(house.post(path, &ours, test.to_string()).await, 204);
    assert_eq!(house.post(path, &ours, event.to_string()).await, 204);
    assert_eq!(house.post(path, &ours, event.to_string()).await, 204);
    let mut foreign = event.clone();
    foreign["uId"] = json!("456");
    foreign["notificationId"] = json!("n2");
    assert_eq!(house.post(path, &ours, foreign.to_string()).await, 400);
    let count = json!({
        "notificationId": "n3", "notificationType": "ASSET_COUNT", "uId": "123",
        "notification": { "adamId": "1", "pricingParam": "STDQ", "countDelta": -2 }
    });
    assert_eq!(house.post(path, &ours, count.to_string()).await, 204);
    let kept: Vec<_> =
        house.store.kept().into_iter().map(|e| (e.source, e.key, e.subject)).collect();
    let row = |key: &str, subject: &str| ("apple".to_owned(), key.to_owned(), subject.to_owned());
    assert_eq!(kept, [row("n1", "e1"), row("n3", "123/ASSET_COUNT")]);
}

#[tokio::test]
async fn notifications_of_subscriptions_are_kept_under_what_they_are_about() {
    let house = House::new().await;
    let bearer = format!("Bearer {KEY}");
    let ours = [("authorization", bearer.as_str())];
    let path = "/apple/northfield";
    // Here Apple writes its numbers as numbers.
    let moved = json!({
        "notificationId": "s1", "notificationType": "SUBSCRIPTION_MANAGEMENT", "uId": "123",
        "notification": {
            "type": "ASSOCIATE", "result": "SUCCESS", "eventId": "e9",
            "assignments": [{ "adamId": 1_590_000_001, "clientUserId": "ada", "renewing": true }]
        }
    });
    let count = json!({
        "notificationId": "s2", "notificationType": "SUBSCRIPTION_COUNT", "uId": "123",
        "notification": {
            "parentAdamId": 1_590_000_000, "adamId": 1_590_000_001,
            "counts": { "available": { "renewing": 3 }, "total": { "renewing": 4 } }
        }
    });
    for event in [&moved, &moved, &count] {
        assert_eq!(house.post(path, &ours, event.to_string()).await, 204, "{event}");
    }
    let kept: Vec<_> = house.store.kept().into_iter().map(|e| (e.key, e.subject)).collect();
    let row = |key: &str, subject: &str| (key.to_owned(), subject.to_owned());
    assert_eq!(kept, [row("s1", "e9"), row("s2", "123/SUBSCRIPTION_COUNT")]);
}
