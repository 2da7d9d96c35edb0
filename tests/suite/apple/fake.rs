//! A small Apple whose world changes on cue between two answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::routing::get;
use base64::Engine;
use serde_json::{Value, json};
use vpp::apple::{Connection, Endpoint, Reader, Token};

pub(super) type Pair = (u64, String);

const UID: &str = "2049025000431439";

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) page_size: usize,
    pub(super) uid: String,
    /// Records of the page before that a page begins with again.
    pub(super) overlap: usize,
    pub(super) assets: BTreeMap<u64, Value>,
    /// Rows in the order Apple would list them, with the version they came in.
    pub(super) rows: Vec<(Pair, u64)>,
    pub(super) users: Vec<(String, String, u64)>,
    pub(super) version: u64,
    /// Versions before this one are forgotten.
    pub(super) oldest: u64,
    /// What happens before the n-th request is answered.
    pub(super) cues: Vec<(usize, Op)>,
    /// Every set each asset ever had, from the first request on.
    pub(super) history: BTreeMap<u64, Vec<BTreeSet<String>>>,
    pub(super) seen: Vec<String>,
    pub(super) owner: Option<Value>,
    /// Added to every `assignedCount`.
    pub(super) miscount: i64,
    /// Beyond the last page: an error, else an empty page.
    pub(super) strict_pages: bool,
    /// Requests the reader may send at once.
    pub(super) at_once: usize,
    /// Filters by asset are ignored.
    pub(super) deaf: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Op {
    Add(Pair),
    /// Added where the pages were read already.
    AddFirst(Pair),
    Remove(Pair),
    User(String, &'static str),
    AddAsset(u64),
    Forget,
}

impl World {
    pub(super) fn new(page_size: usize) -> Self {
        Self {
            page_size,
            uid: UID.to_owned(),
            strict_pages: true,
            version: 100,
            at_once: 5,
            ..Self::default()
        }
    }

    pub(super) fn app(&mut self, adam: u64) {
        self.assets.insert(adam, json!({"productType": "App", "revocable": true}));
    }

    pub(super) fn give(&mut self, adam: u64, holder: &str) {
        self.rows.push(((adam, holder.to_owned()), self.version));
    }

    pub(super) fn apply(&mut self, op: Op) {
        self.version += 1;
        match op {
            Op::Add(pair) => {
                if !self.rows.iter().any(|(row, _)| *row == pair) {
                    self.rows.push((pair, self.version));
                }
            }
            Op::AddFirst(pair) => self.rows.insert(0, (pair, self.version)),
            Op::Remove(pair) => self.rows.retain(|(row, _)| *row != pair),
            Op::User(id, status) => {
                self.users.retain(|(user, ..)| *user != id);
                self.users.push((id, status.to_owned(), self.version));
            }
            Op::AddAsset(adam) => self.app(adam),
            Op::Forget => self.oldest = self.version,
        }
        self.remember();
    }

    fn remember(&mut self) {
        for &adam in self.assets.keys() {
            let now = self.rows.iter().filter(|((a, _), _)| *a == adam);
            let now: BTreeSet<String> = now.map(|((_, holder), _)| holder.clone()).collect();
            let history = self.history.entry(adam).or_default();
            if history.last() != Some(&now) {
                history.push(now);
            }
        }
    }

    fn is_retired(&self, holder: &str) -> bool {
        self.users.iter().any(|(id, status, _)| {
            Some(id.as_str()) == holder.strip_prefix("u:") && status == "Retired"
        })
    }

    fn request(&mut self, seen: String) {
        if self.history.is_empty() {
            self.remember();
        }
        self.seen.push(seen);
        let n = self.seen.len();
        while let Some(index) = self.cues.iter().position(|(at, _)| *at <= n) {
            let (_, op) = self.cues.remove(index);
            self.apply(op);
        }
    }

    fn page(&self, key: &str, records: &[Value], query: &HashMap<String, String>) -> Value {
        let index: usize = query.get("pageIndex").map_or(0, |text| text.parse().unwrap());
        let total = records.len().div_ceil(self.page_size).max(1);
        if index >= total && self.strict_pages {
            return json!({"errorNumber": 9650, "errorMessage": "pageIndex out of range"});
        }
        let start = (index * self.page_size).saturating_sub(self.overlap).min(records.len());
        let end = ((index + 1) * self.page_size).min(records.len());
        let page = &records[start..end.max(start)];
        let mut answer = json!({
            key: page, "uId": self.uid, "versionId": format!("v{}", self.version),
            "currentPageIndex": index, "size": page.len(), "totalPages": total, "newField": [1],
            "mdmInfo": self.owner,
        });
        if index + 1 < total {
            answer["nextPageIndex"] = json!(index + 1);
        }
        answer
    }

    /// Versions as text, so that nobody takes them for numbers.
    fn since(&self, query: &HashMap<String, String>) -> Result<Option<u64>, Value> {
        let Some(text) = query.get("sinceVersionId") else { return Ok(None) };
        let version = text.strip_prefix('v').unwrap().parse().unwrap();
        if version < self.oldest {
            return Err(json!({"errorNumber": 9721, "errorMessage": "Invalid version"}));
        }
        Ok(Some(version))
    }

    fn assets(&self, query: &HashMap<String, String>) -> Value {
        let wanted = |adam: u64| query.get("adamId").is_none_or(|id| *id == adam.to_string());
        let assets: Vec<_> = self
            .assets
            .iter()
            .filter(|(adam, _)| wanted(**adam))
            .map(|(adam, facts)| {
                let rows = self.rows.iter().filter(|((a, _), _)| a == adam);
                let (retired, active): (Vec<_>, Vec<_>) =
                    rows.partition(|((_, holder), _)| self.is_retired(holder));
                let mut asset = json!({
                    "adamId": adam.to_string(), "pricingParam": "STDQ",
                    "assignedCount": i64::try_from(active.len()).unwrap() + self.miscount,
                    "retiredCount": retired.len(), "totalCount": 1000, "availableCount": 500,
                    "deviceAssignable": true, "supportedPlatforms": ["iOS"],
                });
                for (key, value) in facts.as_object().unwrap() {
                    asset[key] = value.clone();
                }
                asset
            })
            .collect();
        self.page("assets", &assets, query)
    }

    fn assignments(&self, query: &HashMap<String, String>) -> Value {
        let since = match self.since(query) {
            Ok(since) => since,
            Err(error) => return error,
        };
        let wanted =
            |adam: u64| self.deaf || query.get("adamId").is_none_or(|id| *id == adam.to_string());
        let rows: Vec<_> = self
            .rows
            .iter()
            .filter(|((adam, _), version)| {
                wanted(*adam) && since.is_none_or(|since| *version > since)
            })
            .map(|((adam, holder), _)| {
                let mut row = json!({"adamId": adam.to_string(), "pricingParam": "STDQ"});
                match holder.strip_prefix("u:") {
                    Some(user) => {
                        row["clientUserId"] = json!(user);
                        if query.contains_key("includeUserState") {
                            let retired = self.is_retired(holder);
                            row["userStatus"] =
                                json!(if retired { "Retired" } else { "Associated" });
                        }
                    }
                    None => row["serialNumber"] = json!(holder),
                }
                row
            })
            .collect();
        self.page("assignments", &rows, query)
    }

    fn users(&self, query: &HashMap<String, String>) -> Value {
        let since = match self.since(query) {
            Ok(since) => since,
            Err(error) => return error,
        };
        let users: Vec<_> = self
            .users
            .iter()
            .filter(|(id, ..)| query.get("clientUserId").is_none_or(|wanted| wanted == id))
            .filter(|(.., version)| since.is_none_or(|since| *version > since))
            .map(|(id, status, _)| json!({"clientUserId": id, "status": status, "email": null}))
            .collect();
        self.page("users", &users, query)
    }
}

pub(super) type Shared = Arc<Mutex<World>>;

/// Serves the world on loopback; gives a reader of it.
pub(super) async fn serve(world: World) -> (Reader, Shared) {
    let at_once = world.at_once;
    let world = Arc::new(Mutex::new(world));
    let app = Router::new().fallback(get(answer)).with_state(world.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (connection(&url).at_once(at_once).connect().unwrap(), world)
}

async fn answer(State(world): State<Shared>, uri: Uri) -> axum::Json<Value> {
    let query: Query<HashMap<String, String>> = Query::try_from_uri(&uri).unwrap();
    let mut world = world.lock().unwrap();
    let path = uri.path().strip_prefix("/mdm/v2/").unwrap().to_owned();
    world.request(uri.to_string().replace("/mdm/v2/", ""));
    axum::Json(match path.as_str() {
        "service/config" => json!({"limits": {"maxRequestPerSecond": 1_000_000, "maxAssets": 10}}),
        "client/config" => json!({
            "uId": world.uid, "locationName": "Northfield", "mdmInfo": world.owner,
            "tokenExpirationDate": "2027-01-02T03:04:05+0000", "countryISO2ACode": "US",
        }),
        "assets" => world.assets(&query),
        "assignments" => world.assignments(&query),
        "users" => world.users(&query),
        other => panic!("the fake does not know {other}"),
    })
}

pub(super) fn token_text() -> String {
    let json = r#"{"token":"cXVpdGUtYS1zZWNyZXQtaW5uZXItdG9rZW4=","expDate":"2030-11-08T22:33:22+0000","orgName":"ORG12345"}"#;
    base64::engine::general_purpose::STANDARD.encode(json)
}

pub(super) fn connection(url: &str) -> Connection {
    Connection::new(Token::parse(&token_text()).unwrap())
        .endpoint(Endpoint::parse(url).unwrap())
        .first_backoff(Duration::from_millis(1))
        .poll_interval(Duration::from_millis(5))
}
