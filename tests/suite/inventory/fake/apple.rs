//! Apple Business and Apple School Manager: signed assertions, cursors, relationships.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{House, answer, bearer, only, refuse, serve};

/// Made for these tests and good for nothing else.
pub(crate) const KEY: &str = include_str!("apple-key.pem");
pub(crate) const BARE_KEY: &str = include_str!("apple-key-ec.pem");
const PUBLIC_KEY: &str = include_str!("apple-key-public.pem");
pub(crate) const CLIENT: &str = "BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152";

pub(crate) struct Apple {
    pub(crate) house: Arc<House>,
    pub(crate) school: bool,
    /// How many devices; every second is assigned to server S1. As many people; every fifth is in
    /// group G1.
    pub(crate) devices: u64,
    /// Whether lists say how many they are.
    pub(crate) counts: bool,
    /// How many requests a token is good for.
    pub(crate) token_lasts: usize,
    pub(crate) granted: AtomicUsize,
    pub(crate) used: AtomicUsize,
    pub(crate) seen: Mutex<HashSet<String>>,
}

type Asked = Query<BTreeMap<String, String>>;

impl Apple {
    pub(crate) fn of(house: Arc<House>, devices: u64) -> Self {
        Self {
            house,
            school: false,
            devices,
            counts: true,
            token_lasts: usize::MAX,
            granted: AtomicUsize::new(0),
            used: AtomicUsize::new(0),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn start(self) -> String {
        let people = !self.school;
        let mut router = Router::new()
            .route("/auth/oauth2/token", post(token))
            .route("/v1/orgDevices", get(devices))
            .route("/v1/mdmServers/{id}/relationships/devices", get(assigned));
        if people {
            router = router
                .route("/v1/users", get(users))
                .route("/v1/userGroups/{id}/relationships/users", get(members));
        }
        serve(router.with_state(Arc::new(self)))
    }

    fn allowed(&self, headers: &HeaderMap) -> Result<(), Response> {
        let current = format!("apple-bearer-{}", self.granted.load(Ordering::SeqCst));
        if bearer(headers) != Some(&current) || self.used.load(Ordering::SeqCst) >= self.token_lasts
        {
            return Err(refuse(401, "NOT_AUTHORIZED"));
        }
        self.used.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn list(
        &self,
        list: &str,
        query: &BTreeMap<String, String>,
        all: &[u64],
        item: impl Fn(u64) -> Value,
    ) -> Result<Response, Response> {
        only(query, &["limit", "cursor"])?;
        let limit: usize = query.get("limit").map_or(100, |limit| limit.parse().unwrap());
        if !(1..=1000).contains(&limit) {
            return Err(refuse(400, "PARAMETER_ERROR.INVALID limit"));
        }
        let cursor = query.get("cursor");
        let number = self.house.followed(list, cursor)?;
        let turn = self.house.turn(list, number, all, self.house.size(limit))?;
        self.house.spent(cursor);
        let data: Vec<Value> = turn.items.iter().map(|id| item(*id)).collect();
        let mut body = json!({
            "data": data, "links": { "self": "/v1" },
            "meta": { "paging": { "limit": limit } }
        });
        if self.counts {
            body["meta"]["paging"]["total"] = json!(all.len());
        }
        if let Some(next) = turn.next {
            let cursor = self.house.cursor(list, next);
            body["links"]["next"] = json!(format!("{list}?limit={limit}&cursor={cursor}"));
            body["meta"]["paging"]["nextCursor"] = json!(cursor);
        }
        Ok(answer(&body, turn.broken))
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    iat: i64,
    exp: i64,
    jti: String,
}

fn assertion(apple: &Apple, jwt: &str) -> Result<(), String> {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
    let header = decode_header(jwt).map_err(|error| error.to_string())?;
    if header.kid.as_deref() != Some("the-key-id") {
        return Err("kid".to_owned());
    }
    let key = DecodingKey::from_ec_pem(PUBLIC_KEY.as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["https://account.apple.com/auth/oauth2/v2/token"]);
    // The tests' moment is fixed.
    validation.validate_exp = false;
    let Claims { iss, sub, iat, exp, jti } =
        decode::<Claims>(jwt, &key, &validation).map_err(|error| error.to_string())?.claims;
    if iss != CLIENT || sub != CLIENT || exp <= iat || exp - iat > 180 * 24 * 3600 {
        return Err("claims".to_owned());
    }
    if !apple.seen.lock().unwrap().insert(jti) {
        return Err("jti was used".to_owned());
    }
    Ok(())
}

async fn token(State(apple): State<Arc<Apple>>, body: String) -> Result<Response, Response> {
    let form = super::form(&body);
    let known = ["grant_type", "client_id", "client_assertion_type", "client_assertion", "scope"];
    only(&form, &known)?;
    let scope = if apple.school { "school.api" } else { "business.api" };
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    for (key, value) in [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        ("client_assertion_type", kind),
        ("scope", scope),
    ] {
        if form.get(key).map(String::as_str) != Some(value) {
            return Err(refuse(400, &format!("invalid_request: {key}")));
        }
    }
    assertion(&apple, form.get("client_assertion").map_or("", String::as_str))
        .map_err(|why| refuse(400, &format!("invalid_client: {why}")))?;
    apple.used.store(0, Ordering::SeqCst);
    let number = apple.granted.fetch_add(1, Ordering::SeqCst) + 1;
    let token = format!("apple-bearer-{number}");
    Ok(answer(
        &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": scope }),
        false,
    ))
}

async fn devices(
    State(apple): State<Arc<Apple>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Result<Response, Response> {
    apple.allowed(&headers)?;
    let all: Vec<u64> = (1..=apple.devices).collect();
    apple.list("/v1/orgDevices", &query, &all, |id| {
        let serial = format!("APL{id:07}");
        json!({
            "type": "orgDevices", "id": serial,
            "attributes": {
                "serialNumber": serial, "deviceModel": "iPad Air", "productFamily": "iPad",
                "productType": "iPad13,16", "status": "ASSIGNED", "color": "SPACE GRAY",
                "orderNumber": "W1", "addedToOrgDateTime": "2026-05-01T00:00:00Z", "imei": [],
                "purchaseSourceType": "APPLE", "isMdmMigrationCapable": true
            }
        })
    })
}

async fn assigned(
    State(apple): State<Arc<Apple>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Asked,
) -> Result<Response, Response> {
    apple.allowed(&headers)?;
    if id != "S1" {
        return Err(refuse(404, "NOT_FOUND"));
    }
    let all: Vec<u64> = (1..=apple.devices).filter(|device| device % 2 == 0).collect();
    apple.list(
        "/v1/mdmServers/S1/relationships/devices",
        &query,
        &all,
        |id| json!({ "type": "orgDevices", "id": format!("APL{id:07}") }),
    )
}

async fn users(
    State(apple): State<Arc<Apple>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Result<Response, Response> {
    apple.allowed(&headers)?;
    let all: Vec<u64> = (1..=apple.devices).collect();
    apple.list("/v1/users", &query, &all, |id| {
        json!({
            "type": "users", "id": format!("U{id}"),
            "attributes": {
                "firstName": "A", "lastName": "B", "status": "ACTIVE", "email": format!("p{id}@n.example"),
                "managedAppleAccount": format!("p{id}@n.appleid.example"), "roleOuList": [], "phoneNumbers": []
            }
        })
    })
}

async fn members(
    State(apple): State<Arc<Apple>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Asked,
) -> Result<Response, Response> {
    apple.allowed(&headers)?;
    if id != "G1" {
        return Err(refuse(404, "NOT_FOUND"));
    }
    let all: Vec<u64> = (1..=apple.devices).filter(|person| person % 5 == 0).collect();
    apple.list(
        "/v1/userGroups/G1/relationships/users",
        &query,
        &all,
        |id| json!({ "type": "users", "id": format!("U{id}") }),
    )
}
