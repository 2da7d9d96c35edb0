//! A sandbox and a caller without any knowledge of it.

use std::time::Duration;

use serde_json::{Value, json};
use vpp::sandbox::{Options, Running, Sandbox, World};

/// Three apps (limited, unlimited, irrevocable), a book, three people, some assignments.
pub(super) const SCHOOL: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000 }
locations:
  - name: north
    appleName: North School
    uid: "100"
    accounts: [free@school.example]
    users:
      - { clientUserId: ada, managedAppleId: ada@school.example, email: ada@school.example }
      - { clientUserId: bob }
      - { clientUserId: gone, status: Retired }
    assets:
      - adamId: 11
        name: Notes
        total: 5
        assigned: { devices: [D1, D2], users: [ada] }
      - { adamId: 12, total: unlimited, platforms: [iOS, macOS] }
      - { adamId: 13, total: 3, pricing: PLUS, revocable: false, assigned: { users: [ada] } }
      - { adamId: 14, total: 4, type: Book, assigned: { users: [ada, gone] } }
"#;

pub(super) struct Apple {
    pub(super) sandbox: Sandbox,
    pub(super) token: String,
    running: Running,
    client: reqwest::Client,
}

pub(super) fn options() -> Options {
    Options::at("2026-03-01T08:00:00Z".parse().unwrap())
}

pub(super) fn world(yaml: &str) -> World {
    vpp::yaml::from_str(yaml).unwrap()
}

impl Apple {
    pub(super) async fn school() -> Self {
        Self::with(SCHOOL, |_| ()).await
    }

    pub(super) async fn with(yaml: &str, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = options();
        change(&mut options);
        Self::of(Sandbox::new(world(yaml), options).unwrap()).await
    }

    pub(super) async fn of(sandbox: Sandbox) -> Self {
        let token = sandbox.token(&sandbox.locations()[0].0).unwrap();
        let running = sandbox.start().await.unwrap();
        Self { sandbox, token, running, client: client() }
    }

    pub(super) fn url(&self) -> String {
        self.running.url()
    }

    /// A request without anything; for what the other methods take care of.
    pub(super) fn raw(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.url()))
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.raw("GET", path).bearer_auth(&self.token)).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.raw("POST", path).bearer_auth(&self.token).json(&body)).await
    }

    /// A GET that must be answered.
    pub(super) async fn ok(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The number and status a GET is refused with.
    pub(super) async fn refused(&self, path: &str) -> (u64, u16) {
        let (status, body) = self.get(path).await;
        (number(&body), status)
    }

    /// The number and status a POST is refused with.
    pub(super) async fn refuses(&self, path: &str, body: Value) -> (u64, u16) {
        let (status, body) = self.post(path, body).await;
        (number(&body), status)
    }

    /// Asks for a change and waits for its end.
    pub(super) async fn change(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.post(path, body).await;
        assert_eq!(status, 200, "{path}: {body}");
        self.settled(body["eventId"].as_str().unwrap()).await
    }

    pub(super) async fn settled(&self, event: &str) -> Value {
        for _ in 0..1000 {
            let status = self.ok(&format!("status?eventId={event}")).await;
            if status["eventStatus"] != "PENDING" {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{event} does not end");
    }

    pub(super) async fn hand(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.running.hands_url());
        read(self.client.post(url).json(&body)).await
    }

    pub(super) async fn look(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.running.hands_url());
        read(self.client.get(url)).await.1
    }

    pub(super) async fn stop(self) {
        self.running.stop().await.unwrap();
    }
}

pub(super) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(super) async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

pub(super) fn number(body: &Value) -> u64 {
    body["errorNumber"].as_u64().unwrap_or(0)
}

/// A body for associate and disassociate.
pub(super) fn manage(assets: &[&str], users: &[&str], serials: &[&str]) -> Value {
    let assets: Vec<Value> = assets.iter().map(|id| json!({ "adamId": id })).collect();
    json!({ "assets": assets, "clientUserIds": users, "serialNumbers": serials })
}

/// `adamId/holder` of every row, in order.
pub(super) fn pairs(page: &Value) -> Vec<String> {
    let rows = page["assignments"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let holder = row["serialNumber"].as_str().or(row["clientUserId"].as_str()).unwrap();
            format!("{}/{holder}", row["adamId"].as_str().unwrap())
        })
        .collect()
}
