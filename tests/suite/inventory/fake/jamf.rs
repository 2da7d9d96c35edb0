//! Jamf Pro: client credentials, mobile devices and the members of groups.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{House, answer, bearer, only, refuse, serve};

pub(crate) const SECRET: &str = "jamf-secret-0123456789";

pub(crate) struct Jamf {
    pub(crate) house: Arc<House>,
    /// How many devices; every second is in smart group 4, every fifth in static group 12.
    pub(crate) devices: u64,
    /// How many requests a token is good for.
    pub(crate) token_lasts: usize,
    pub(crate) granted: AtomicUsize,
    pub(crate) used: AtomicUsize,
}

type Asked = Query<BTreeMap<String, String>>;

impl Jamf {
    pub(crate) fn of(house: Arc<House>, devices: u64) -> Self {
        let (granted, used) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { house, devices, token_lasts: usize::MAX, granted, used }
    }

    pub(crate) fn start(self) -> String {
        let router = Router::new()
            .route("/api/v1/oauth/token", post(token))
            .route("/api/v2/mobile-devices", get(devices))
            .route("/api/v2/mobile-device-groups/{kind}/{id}", get(members))
            .with_state(Arc::new(self));
        serve(router)
    }

    fn allowed(&self, headers: &HeaderMap) -> Result<(), Response> {
        let granted = self.granted.load(Ordering::SeqCst);
        let current = format!("jamf-bearer-{granted}");
        if bearer(headers) != Some(&current) || self.used.load(Ordering::SeqCst) >= self.token_lasts
        {
            return Err(refuse(401, "INVALID_TOKEN"));
        }
        self.used.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn list(
        &self,
        list: &str,
        sort: &str,
        query: &BTreeMap<String, String>,
        all: &[u64],
        item: impl Fn(u64) -> Value,
    ) -> Result<Response, Response> {
        only(query, &["page", "page-size", "sort"])?;
        if query.get("sort").map(String::as_str) != Some(sort) {
            return Err(refuse(400, "INVALID_FIELD: sort"));
        }
        let size: usize = query.get("page-size").map_or(100, |size| size.parse().unwrap());
        if size > 2000 {
            return Err(refuse(400, "INVALID_FIELD: page-size"));
        }
        let number = query.get("page").map_or(0, |page| page.parse().unwrap());
        let turn = self.house.turn(list, number, all, self.house.page_size)?;
        let results: Vec<Value> = turn.items.iter().map(|id| item(*id)).collect();
        Ok(answer(&json!({ "totalCount": all.len(), "results": results }), turn.broken))
    }
}

async fn token(State(jamf): State<Arc<Jamf>>, body: String) -> Result<Response, Response> {
    let form = super::form(&body);
    only(&form, &["grant_type", "client_id", "client_secret"])?;
    let is = |key: &str, value: &str| form.get(key).map(String::as_str) == Some(value);
    if !is("grant_type", "client_credentials")
        || !is("client_id", "jamf-client")
        || !is("client_secret", SECRET)
    {
        let given = form.get("client_secret").cloned().unwrap_or_default();
        return Err(refuse(401, &format!("invalid_client: {given}")));
    }
    jamf.used.store(0, Ordering::SeqCst);
    let number = jamf.granted.fetch_add(1, Ordering::SeqCst) + 1;
    let token = format!("jamf-bearer-{number}");
    Ok(answer(
        &json!({ "access_token": token, "scope": "api-role:2", "token_type": "Bearer", "expires_in": 59 }),
        false,
    ))
}

async fn devices(
    State(jamf): State<Arc<Jamf>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Result<Response, Response> {
    jamf.allowed(&headers)?;
    let all: Vec<u64> = (1..=jamf.devices).collect();
    jamf.list("devices", "id:asc", &query, &all, |id| {
        json!({
            "id": id.to_string(), "name": format!("iPad {id}"), "serialNumber": format!("JMF{id:07}"),
            "wifiMacAddress": "", "udid": format!("u-{id}"), "phoneNumber": null, "model": "iPad Air",
            "modelIdentifier": "iPad13,16", "username": format!("p{id}"), "type": "ios", "managementId": "m"
        })
    })
}

async fn members(
    State(jamf): State<Arc<Jamf>>,
    headers: HeaderMap,
    Path((kind, id)): Path<(String, String)>,
    Query(query): Asked,
) -> Result<Response, Response> {
    jamf.allowed(&headers)?;
    let every = match (kind.as_str(), id.as_str()) {
        ("smart-group-membership", "4") => 2,
        ("static-group-membership", "12") => 5,
        _ => return Err(refuse(404, "NOT_FOUND")),
    };
    let all: Vec<u64> = (1..=jamf.devices).filter(|device| device % every == 0).collect();
    jamf.list(
        &kind,
        "mobileDeviceId:asc",
        &query,
        &all,
        |id| json!({ "mobileDeviceId": id.to_string(), "serialNumber": format!("JMF{id:07}") }),
    )
}
