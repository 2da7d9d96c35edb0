//! Fleet: hosts after a host, the count of them, and labels.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::{House, answer, bearer, only, refuse, serve};

pub(crate) const TOKEN: &str = "fleet-token-0123456789";

pub(crate) struct Fleet {
    pub(crate) house: Arc<House>,
    /// How many hosts; every third is in team 3, every second has label 12.
    pub(crate) hosts: u64,
}

type Asked = Query<BTreeMap<String, String>>;

impl Fleet {
    pub(crate) fn start(self) -> String {
        let router = Router::new()
            .route("/api/v1/fleet/hosts", get(hosts))
            .route("/api/v1/fleet/hosts/count", get(count))
            .route("/api/v1/fleet/labels/{id}/hosts", get(label))
            .with_state(Arc::new(self));
        serve(router)
    }

    fn of(&self, label: Option<&str>, team: Option<&str>) -> Vec<u64> {
        let labeled = |id: &u64| label.is_none() || id % 2 == 0;
        let in_team = |id: &u64| team.is_none_or(|team| team == "3" && id % 3 == 0);
        (1..=self.hosts).filter(|id| labeled(id) && in_team(id)).collect()
    }

    fn list(
        &self,
        list: &str,
        query: &BTreeMap<String, String>,
        all: &[u64],
    ) -> Result<Response, Response> {
        only(query, &["order_key", "order_direction", "per_page", "after", "team_id"])?;
        let wanted = |key: &str, value: &str| query.get(key).map(String::as_str) == Some(value);
        if query.contains_key("after") && !wanted("order_key", "id") {
            return Err(refuse(400, "after needs order_key"));
        }
        if !query.contains_key("order_key") && query.contains_key("order_direction") {
            return Err(refuse(400, "order_direction needs order_key"));
        }
        let after: u64 = query.get("after").map_or(0, |after| after.parse().unwrap());
        let number = all.partition_point(|id| *id <= after).div_ceil(self.house.page_size);
        let turn = self.house.turn(list, number, all, self.house.page_size)?;
        let hosts: Vec<Value> = turn.items.iter().map(|id| host(*id)).collect();
        Ok(answer(&json!({ "hosts": hosts }), turn.broken))
    }
}

fn host(id: u64) -> Value {
    json!({
        "id": id, "hardware_serial": format!("FLT{id:07}"), "uuid": format!("u-{id}"),
        "hostname": format!("ipad-{id}"), "display_name": format!("iPad {id}"), "platform": "ipados",
        "os_version": "iPadOS 26.1", "hardware_model": "iPad14,1", "seen_time": "2026-11-27T08:00:00Z",
        "team_id": (id % 3 == 0).then_some(3), "team_name": (id % 3 == 0).then_some("North"),
        "mdm": { "enrollment_status": "On (automatic)" }, "issues": { "total_issues_count": 0 }
    })
}

fn allowed(headers: &HeaderMap) -> Result<(), Response> {
    match bearer(headers) {
        Some(TOKEN) => Ok(()),
        other => Err(refuse(401, &format!("Authentication required, got {other:?}"))),
    }
}

async fn hosts(
    State(fleet): State<Arc<Fleet>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Result<Response, Response> {
    allowed(&headers)?;
    let all = fleet.of(None, query.get("team_id").map(String::as_str));
    fleet.list("hosts", &query, &all)
}

async fn label(
    State(fleet): State<Arc<Fleet>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Asked,
) -> Result<Response, Response> {
    allowed(&headers)?;
    if id != "12" {
        return Err(refuse(404, "Label was not found in the datastore"));
    }
    let all = fleet.of(Some("12"), query.get("team_id").map(String::as_str));
    fleet.list("label", &query, &all)
}

async fn count(
    State(fleet): State<Arc<Fleet>>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Result<Response, Response> {
    allowed(&headers)?;
    only(&query, &["team_id", "label_id"])?;
    let get = |key: &str| query.get(key).map(String::as_str);
    Ok(answer(&json!({ "count": fleet.of(get("label_id"), get("team_id")).len() }), false))
}
