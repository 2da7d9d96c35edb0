use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::apple::{Apple, SCHOOL, manage};

type Seen = Arc<Mutex<Vec<(String, Value)>>>;

/// Somebody who takes notifications; the first few answers after the test can be failures.
struct Receiver {
    url: String,
    seen: Seen,
    refuse: Arc<Mutex<u32>>,
}

impl Receiver {
    async fn start() -> Self {
        let seen = Seen::default();
        let refuse = Arc::new(Mutex::new(0));
        let take = async |State((seen, refuse)): State<(Seen, Arc<Mutex<u32>>)>,
                          headers: HeaderMap,
                          Json(body): Json<Value>| {
            let bearer = headers["authorization"].to_str().unwrap().to_owned();
            let mut left = refuse.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            seen.lock().unwrap().push((bearer, body));
            StatusCode::NO_CONTENT
        };
        let router =
            Router::new().route("/n", post(take)).with_state((seen.clone(), refuse.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/n", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, refuse }
    }

    fn config(&self, types: &[&str]) -> Value {
        json!({ "notificationUrl": self.url, "notificationAuthToken": "s3cret", "notificationTypes": types })
    }

    /// Waits until so many have come.
    async fn wait(&self, count: usize) -> Vec<Value> {
        for _ in 0..500 {
            let seen = self.seen.lock().unwrap().clone();
            if seen.len() >= count {
                return seen.into_iter().map(|(_, body)| body).collect();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("only {:?}", self.seen.lock().unwrap());
    }
}

const ALL: [&str; 4] = ["ASSET_COUNT", "ASSET_MANAGEMENT", "USER_MANAGEMENT", "USER_ASSOCIATED"];

#[tokio::test]
async fn a_test_comes_first_and_the_settings_are_told_back() {
    let (apple, receiver) = (Apple::school().await, Receiver::start().await);
    let (status, config) = apple.post("client/config", receiver.config(&ALL)).await;
    assert_eq!(status, 200, "{config}");
    assert_eq!(config["notificationAuthToken"], "s3cret");
    assert_eq!(config["subscribedNotificationTypes"].as_array().unwrap().len(), 4);
    let seen = receiver.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 1, "sent before the answer");
    assert_eq!(seen[0].0, "Bearer s3cret");
    assert_eq!(seen[0].1["notificationType"], "TEST_NOTIFICATION");
    assert_eq!((&seen[0].1["notification"], &seen[0].1["uId"]), (&json!({}), &json!("100")));

    *receiver.refuse.lock().unwrap() = 1;
    let other = json!({ "notificationUrl": receiver.url, "notificationAuthToken": "new" });
    assert_eq!(apple.refuses("client/config", other).await, (9728, 400));
    assert_eq!(apple.ok("client/config").await["notificationAuthToken"], "s3cret", "unchanged");
}

#[tokio::test]
async fn assignments_are_told_by_hundreds_and_errors_apart() {
    let (apple, receiver) = (Apple::school().await, Receiver::start().await);
    apple.post("client/config", receiver.config(&ALL)).await;
    let serials: Vec<String> = (0..150).map(|n| format!("N{n}")).collect();
    let body = json!({ "assets": [{ "adamId": "12" }], "serialNumbers": serials, "clientUserIds": ["nobody"] });
    apple.change("assets/associate", body).await;
    let seen = receiver.wait(4).await;
    let told: Vec<&Value> = seen.iter().map(|one| &one["notification"]).collect();
    let of = |result: &str| {
        told.iter().filter(|one| one["result"] == result).copied().collect::<Vec<_>>()
    };
    let rows = |one: &Value| one["assignments"].as_array().unwrap().len();
    let good: Vec<usize> = of("SUCCESS").into_iter().map(rows).collect();
    assert_eq!((good.iter().sum::<usize>(), good.len()), (150, 2));
    assert!(good.iter().all(|count| *count <= 100));
    let failed = of("FAILURE");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["error"]["errorNumber"], 9609);
    assert_eq!(
        failed[0]["assignments"],
        json!([{ "adamId": "12", "pricingParam": "STDQ", "clientUserId": "nobody" }])
    );
    assert_eq!((&failed[0]["type"], failed[0]["eventId"].is_string()), (&json!("ASSOCIATE"), true));
    let ids: std::collections::BTreeSet<String> =
        seen.iter().map(|one| one["notificationId"].to_string()).collect();
    assert_eq!(ids.len(), seen.len());
}

#[tokio::test]
async fn users_invitations_and_purchases_are_told() {
    let (apple, receiver) = (Apple::school().await, Receiver::start().await);
    apple.post("client/config", receiver.config(&ALL)).await;
    apple.change("users/create", json!({ "users": [{ "clientUserId": "eve" }] })).await;
    receiver.wait(2).await;
    apple.hand("invitations/accept", json!({ "clientUserId": "eve" })).await;
    receiver.wait(3).await;
    apple.hand("assets/buy", json!({ "adamId": "11", "count": -1 })).await;
    let seen = receiver.wait(4).await;
    assert_eq!(seen[1]["notificationType"], "USER_MANAGEMENT");
    assert_eq!(seen[1]["notification"]["type"], "CREATE");
    assert_eq!(seen[1]["notification"]["users"][0]["clientUserId"], "eve");
    assert_eq!(seen[2]["notificationType"], "USER_ASSOCIATED");
    assert_eq!(seen[2]["notification"]["associatedUsers"][0]["status"], "Associated");
    assert_eq!(seen[2]["notification"].get("eventId"), None);
    assert_eq!(
        seen[3]["notification"],
        json!({ "adamId": "11", "pricingParam": "STDQ", "countDelta": -1 })
    );
}

#[tokio::test]
async fn only_subscribed_types_come() {
    let (apple, receiver) = (Apple::school().await, Receiver::start().await);
    apple.post("client/config", receiver.config(&["ASSET_COUNT"])).await;
    apple.change("assets/associate", manage(&["12"], &[], &["N"])).await;
    apple.hand("assets/buy", json!({ "adamId": "11", "count": 1 })).await;
    let seen = receiver.wait(2).await;
    assert_eq!(seen[1]["notificationType"], "ASSET_COUNT");
    let (_, config) = apple.post("client/config", json!({ "notificationTypes": [] })).await;
    assert_eq!(config["subscribedNotificationTypes"], json!([]), "the set is replaced");
}

#[tokio::test]
async fn three_attempts_and_then_it_is_lost() {
    let receiver = Receiver::start().await;
    let apple = Apple::with(SCHOOL, |o| o.notification_retry = Duration::from_millis(1)).await;
    apple.post("client/config", receiver.config(&ALL)).await;
    *receiver.refuse.lock().unwrap() = 2;
    apple.hand("assets/buy", json!({ "adamId": "11", "count": 1 })).await;
    receiver.wait(2).await;
    *receiver.refuse.lock().unwrap() = 3;
    apple.hand("assets/buy", json!({ "adamId": "11", "count": 1 })).await;
    for _ in 0..500 {
        if apple.sandbox.deliveries().len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let ends: Vec<(u32, bool)> =
        apple.sandbox.deliveries().iter().map(|one| (one.attempts, one.delivered)).collect();
    assert_eq!(ends, [(1, true), (3, true), (3, false)]);
    assert_eq!(*receiver.refuse.lock().unwrap(), 0, "no fourth attempt");
}

const SEATS: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 1000000 }
locations:
  - name: n
    uid: "1"
    users:
      - { clientUserId: ada, managedAppleId: ada@s.example }
    subscriptions:
      - { adamId: 71, parentAdamId: 7, renewing: 3 }
"#;

#[tokio::test]
async fn seats_that_move_and_seats_that_are_bought_are_told_with_numbers_as_numbers() {
    let (apple, receiver) = (Apple::with(SEATS, |_| ()).await, Receiver::start().await);
    let types = ["SUBSCRIPTION_MANAGEMENT", "SUBSCRIPTION_COUNT"];
    apple.post("client/config", receiver.config(&types)).await;
    let give = json!({ "adamIds": [71], "clientUserIds": ["ada"], "renewing": true });
    apple.change("subscriptions/associate", give).await;
    let seen = receiver.wait(2).await;
    assert_eq!(seen[1]["notificationType"], "SUBSCRIPTION_MANAGEMENT");
    let told = &seen[1]["notification"];
    assert_eq!((&told["type"], &told["result"]), (&json!("ASSOCIATE"), &json!("SUCCESS")));
    assert!(told["eventId"].is_string());
    let row = json!([{ "adamId": 71, "clientUserId": "ada", "renewing": true }]);
    assert_eq!(told["assignments"], row);

    let order = json!({ "adamId": 71, "renewing": 2 });
    assert_eq!(apple.hand("subscriptions/buy", order).await.0, 200);
    let seen = receiver.wait(3).await;
    assert_eq!(seen[2]["notificationType"], "SUBSCRIPTION_COUNT");
    assert_eq!(
        seen[2]["notification"],
        json!({ "parentAdamId": 7, "adamId": 71, "counts": {
            "available": { "renewing": 4, "expiring": 0 }, "total": { "renewing": 5, "expiring": 0 } } })
    );
}
