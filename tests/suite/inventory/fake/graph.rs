//! Microsoft's sign-in and Graph: groups with nested ones, managed devices, batches, delta links; and
//! what GitHub Actions gives a job for its identity.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Json, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{House, answer, bearer, only, refuse, serve};

pub(crate) const SECRET: &str = "entra-secret-0123456789";
pub(crate) const JOB_TOKEN: &str = "job-request-token-0123456789";
const JOB_IDENTITY: &str = "eyJ.job-identity-0123456789.x";
pub(crate) const ALL: [&str; 4] = [
    "GroupMember.Read.All",
    "Device.Read.All",
    "User.Read.All",
    "DeviceManagementManagedDevices.Read.All",
];

pub(crate) struct Graph {
    pub(crate) house: Arc<House>,
    /// How many managed devices, each with a person of its own. Group G1 has every second device and
    /// every fifth person.
    pub(crate) managed: u64,
    /// Whether the group has a device Intune does not know, a person without a device, and a person
    /// with two.
    pub(crate) strangers: bool,
    pub(crate) permissions: Vec<&'static str>,
    /// The state of the groups: a change makes delta links tell something.
    pub(crate) version: Arc<AtomicUsize>,
    /// Answers within batches that are throttled before any other is.
    pub(crate) throttle: AtomicUsize,
    /// Answers within batches that are left out.
    pub(crate) drop: AtomicUsize,
    pub(crate) batches: Arc<AtomicUsize>,
    pub(crate) member_pages: Arc<AtomicUsize>,
    /// Lists that were made already.
    pub(crate) made: Mutex<HashMap<String, Arc<Vec<Value>>>>,
}

type Asked = Query<BTreeMap<String, String>>;

impl Graph {
    pub(crate) fn of(house: Arc<House>, managed: u64) -> Self {
        Self {
            house,
            managed,
            strangers: false,
            permissions: ALL.to_vec(),
            version: Arc::default(),
            throttle: AtomicUsize::new(0),
            drop: AtomicUsize::new(0),
            batches: Arc::default(),
            member_pages: Arc::default(),
            made: Mutex::default(),
        }
    }

    pub(crate) fn start(self) -> String {
        let router = Router::new()
            .route("/github/identity", get(identity))
            .route("/{tenant}/oauth2/v2.0/token", post(token))
            .route("/v1.0/groups/delta", get(delta))
            .route("/v1.0/groups/{id}/transitiveMembers/{cast}", get(members))
            .route("/v1.0/deviceManagement/managedDevices", get(devices))
            .route("/v1.0/$batch", post(batch))
            .with_state(Arc::new(self));
        serve(router)
    }

    fn allowed(&self, headers: &HeaderMap, permission: &str) -> Result<(), Response> {
        if bearer(headers) != Some("graph-bearer") {
            return Err(refuse(401, "InvalidAuthenticationToken"));
        }
        if !self.permissions.contains(&permission) {
            return Err(refuse(403, "Authorization_RequestDenied: Insufficient privileges"));
        }
        Ok(())
    }

    fn page(
        &self,
        list: &str,
        query: &BTreeMap<String, String>,
        all: &[Value],
        counted: bool,
    ) -> Result<Response, Response> {
        let cursor = query.get("$skiptoken");
        let number = self.house.followed(list, cursor)?;
        let size = match query.get("$top").map(|top| top.parse::<usize>().unwrap()) {
            None | Some(999) => self.house.page_size,
            Some(top) => self.house.size(top),
        };
        let turn = self.house.turn(list, number, all, size)?;
        self.house.spent(cursor);
        let mut body = json!({ "@odata.context": "x", "value": turn.items });
        if counted && number == 0 {
            body["@odata.count"] = json!(all.len());
        }
        if let Some(next) = turn.next {
            let cursor = self.house.cursor(list, next);
            let kept: Vec<String> = query
                .iter()
                .filter(|(key, _)| *key != "$skiptoken")
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            let kept = kept.join("&");
            body["@odata.nextLink"] = json!(format!("{list}?{kept}&$skiptoken={cursor}"));
        }
        Ok(answer(&body, turn.broken))
    }

    fn managed_device(number: u64, person: u64) -> Value {
        json!({
            "id": format!("M{number}"), "serialNumber": format!("INT{number:07}"), "udid": "",
            "userId": format!("user-{person}"), "userPrincipalName": format!("p{person}@n.example"),
            // Another case than in Entra.
            "azureADDeviceId": format!("DEV-{number}"), "operatingSystem": "iOS",
            "lastSyncDateTime": "2026-11-27T08:00:00Z", "managementState": "managed"
        })
    }

    fn make_members(&self, cast: &str) -> Vec<Value> {
        let shown = self.permissions.contains(&"Device.Read.All");
        let mut all: Vec<Value> = match cast {
            "microsoft.graph.device" => (1..=self.managed)
                .filter(|number| number % 2 == 0)
                .map(|number| {
                    json!({ "id": format!("o{number}"), "deviceId": shown.then(|| format!("dev-{number}")) })
                })
                .collect(),
            "microsoft.graph.user" => (1..=self.managed)
                .filter(|number| number % 5 == 0)
                .map(|number| {
                    let name = format!("p{number}@n.example");
                    json!({ "id": format!("user-{number}"), "userPrincipalName": name, "mail": name })
                })
                .collect(),
            "microsoft.graph.group" => vec![json!({ "id": "G2" })],
            _ => vec![],
        };
        if self.strangers && cast == "microsoft.graph.device" {
            all.push(json!({ "id": "oX", "deviceId": "dev-unknown" }));
        }
        if self.strangers && cast == "microsoft.graph.user" {
            all.push(
                json!({ "id": "user-none", "userPrincipalName": "none@n.example", "mail": null }),
            );
        }
        all
    }

    fn made(&self, list: &str, make: impl FnOnce() -> Vec<Value>) -> Arc<Vec<Value>> {
        let mut made = self.made.lock().unwrap();
        Arc::clone(made.entry(list.to_owned()).or_insert_with(|| Arc::new(make())))
    }

    fn all_managed(&self) -> Arc<Vec<Value>> {
        self.made("managed", || self.make_managed())
    }

    fn make_managed(&self) -> Vec<Value> {
        let mut all: Vec<Value> =
            (1..=self.managed).map(|number| Self::managed_device(number, number)).collect();
        if self.strangers {
            // A second device of person 5.
            all.push(Self::managed_device(9_000_001, 5));
        }
        all
    }
}

async fn identity(headers: HeaderMap, Query(query): Asked) -> Result<Response, Response> {
    only(&query, &["api-version", "audience"])?;
    if bearer(&headers) != Some(JOB_TOKEN)
        || query.get("audience").map(String::as_str) != Some("api://AzureADTokenExchange")
    {
        return Err(refuse(401, "not a job"));
    }
    Ok(answer(&json!({ "count": 1, "value": JOB_IDENTITY }), false))
}

async fn token(Path(tenant): Path<String>, body: String) -> Result<Response, Response> {
    let form = super::form(&body);
    let known = [
        "client_id",
        "scope",
        "grant_type",
        "client_secret",
        "client_assertion_type",
        "client_assertion",
    ];
    only(&form, &known)?;
    let is = |key: &str, value: &str| form.get(key).map(String::as_str) == Some(value);
    let plain = is("grant_type", "client_credentials")
        && is("client_id", "the-app")
        && is("scope", "https://graph.microsoft.com/.default");
    let by_secret = is("client_secret", SECRET) && !form.contains_key("client_assertion");
    let by_job = is("client_assertion", JOB_IDENTITY)
        && is("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        && !form.contains_key("client_secret");
    if tenant != "n.example" || !plain || !(by_secret || by_job) {
        let given = form.get("client_secret").cloned().unwrap_or_default();
        return Err(refuse(401, &format!("AADSTS7000215: Invalid client secret: {given}")));
    }
    let body =
        json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "graph-bearer" });
    Ok(answer(&body, false))
}

async fn members(
    State(graph): State<Arc<Graph>>,
    headers: HeaderMap,
    Path((group, cast)): Path<(String, String)>,
    Query(query): Asked,
) -> Result<Response, Response> {
    graph.allowed(&headers, "GroupMember.Read.All")?;
    only(&query, &["$select", "$count", "$top", "$skiptoken"])?;
    let eventual = headers.get("consistencylevel").is_some_and(|level| level == "eventual");
    if !eventual || query.get("$count").map(String::as_str) != Some("true") {
        return Err(refuse(
            400,
            "Request_UnsupportedQuery: casts need ConsistencyLevel and $count",
        ));
    }
    if query.get("$top").is_some_and(|top| top.parse::<u32>().unwrap() > 999) {
        return Err(refuse(400, "Request_UnsupportedQuery: $top"));
    }
    if group != "G1" {
        return Err(refuse(404, "Request_ResourceNotFound"));
    }
    graph.member_pages.fetch_add(1, Ordering::SeqCst);
    if !["microsoft.graph.device", "microsoft.graph.user", "microsoft.graph.group"]
        .contains(&cast.as_str())
    {
        return Err(refuse(400, "unknown cast"));
    }
    let all = graph.made(&cast, || graph.make_members(&cast));
    graph.page(&format!("/v1.0/groups/G1/transitiveMembers/{cast}"), &query, &all, true)
}

async fn devices(
    State(graph): State<Arc<Graph>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Result<Response, Response> {
    graph.allowed(&headers, "DeviceManagementManagedDevices.Read.All")?;
    only(&query, &["$select", "$top", "$skiptoken"])?;
    graph.page("/v1.0/deviceManagement/managedDevices", &query, &graph.all_managed(), false)
}

async fn delta(
    State(graph): State<Arc<Graph>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Result<Response, Response> {
    graph.allowed(&headers, "GroupMember.Read.All")?;
    only(&query, &["$select", "$filter", "$deltatoken"])?;
    let version = graph.version.load(Ordering::SeqCst);
    let changed = match query.get("$deltatoken") {
        Some(token) if token == "gone" => return Err(refuse(410, "syncStateNotFound")),
        Some(token) => token.parse::<usize>().unwrap() != version,
        None => {
            let filter = query.get("$filter").map_or("", String::as_str);
            if filter != "id eq 'G1' or id eq 'G2'" || !query.contains_key("$select") {
                return Err(refuse(400, &format!("unexpected filter {filter}")));
            }
            true
        }
    };
    let value = if changed {
        json!([{ "id": "G1", "members@delta": [{ "id": "o2" }] }])
    } else {
        json!([])
    };
    let link = format!("/v1.0/groups/delta?$deltatoken={version}");
    Ok(answer(&json!({ "value": value, "@odata.deltaLink": link }), false))
}

async fn batch(
    State(graph): State<Arc<Graph>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Result<Response, Response> {
    if bearer(&headers) != Some("graph-bearer") {
        return Err(refuse(401, "InvalidAuthenticationToken"));
    }
    graph.batches.fetch_add(1, Ordering::SeqCst);
    let requests = body["requests"].as_array().ok_or_else(|| refuse(400, "no requests"))?;
    if requests.len() > 20 {
        return Err(refuse(400, "the number of batch requests exceeds 20"));
    }
    let managed = graph.all_managed();
    let mut responses = vec![];
    for request in requests {
        let id = request["id"].clone();
        if take(&graph.drop) {
            continue;
        }
        if take(&graph.throttle) {
            let headers = json!({ "Retry-After": "0" });
            responses.push(json!({ "id": id, "status": 429, "headers": headers, "body": {} }));
            continue;
        }
        if !graph.permissions.contains(&"DeviceManagementManagedDevices.Read.All") {
            let body = json!({ "error": { "code": "Forbidden" } });
            responses.push(json!({ "id": id, "status": 403, "body": body }));
            continue;
        }
        let url =
            url::Url::parse(&format!("http://x{}", request["url"].as_str().unwrap())).unwrap();
        assert_eq!(
            (request["method"].as_str(), url.path()),
            (Some("GET"), "/deviceManagement/managedDevices")
        );
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        only(&query, &["$filter", "$select"])?;
        let (key, value) = query["$filter"].split_once(" eq ").unwrap();
        let value = value.trim_matches('\'');
        let found: Vec<&Value> = managed
            .iter()
            .filter(|device| {
                device[key].as_str().is_some_and(|known| known.eq_ignore_ascii_case(value))
            })
            .collect();
        responses
            .push(json!({ "id": id, "status": 200, "headers": {}, "body": { "value": found } }));
    }
    responses.reverse();
    Ok(answer(&json!({ "responses": responses }), false))
}

fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}
