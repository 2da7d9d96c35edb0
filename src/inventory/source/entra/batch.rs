use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::Managed;
use super::graph::{Graph, Page};
use crate::inventory::ask::{Request, Trouble};
use crate::web::retry_after;

/// What Graph takes in one batch.
const MOST: usize = 20;

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Response>,
}

#[derive(Deserialize)]
struct Response {
    id: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    body: Value,
}

impl Graph {
    /// The managed devices of these devices and people, looked up one by one.
    pub(super) async fn managed_of(
        &self,
        select: &str,
        devices: &BTreeSet<&str>,
        people: &BTreeSet<&str>,
    ) -> Result<Vec<Managed>, Trouble> {
        let by = |key: &str, id: &str| format!("{key} eq '{}'", id.replace('\'', "''"));
        let filters: Vec<String> = devices
            .iter()
            .map(|id| by("azureADDeviceId", id))
            .chain(people.iter().map(|id| by("userId", id)))
            .collect();
        let (mut all, mut seen) = (vec![], HashSet::new());
        for filters in filters.chunks(MOST) {
            for page in self.batch(select, filters).await? {
                let mut take = |device: Managed| {
                    if seen.insert(device.id.clone()) {
                        all.push(device);
                    }
                    Ok(())
                };
                for device in page.value {
                    take(device)?;
                }
                if let Some(next) = page.next {
                    let elsewhere = || {
                        Trouble::Incomplete(
                            "managed devices: the next page is elsewhere".to_owned(),
                        )
                    };
                    let url = self.address.link(&next).ok_or_else(elsewhere)?;
                    self.pages(Request::get(url), "managed devices", take).await?;
                }
            }
        }
        Ok(all)
    }

    /// One batch, every answer judged by itself: what is throttled is asked again.
    async fn batch(&self, select: &str, filters: &[String]) -> Result<Vec<Page<Managed>>, Trouble> {
        let url = self.address.at(&["v1.0", "$batch"], &[]);
        let path = |filter: &str| {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("$filter", filter)
                .append_pair("$select", select)
                .finish();
            format!("/deviceManagement/managedDevices?{query}")
        };
        let call = "POST /v1.0/$batch";
        let incomplete = |why: String| Trouble::Incomplete(format!("{call}: {why}"));
        let mut got: BTreeMap<usize, Page<Managed>> = BTreeMap::new();
        let mut tries = 0;
        while got.len() < filters.len() {
            tries += 1;
            let left: Vec<_> =
                filters.iter().enumerate().filter(|(at, _)| !got.contains_key(at)).collect();
            let requests: Vec<Value> = left
                .iter()
                .map(|(at, filter)| {
                    let id = at.to_string();
                    serde_json::json!({ "id": id, "method": "GET", "url": path(filter) })
                })
                .collect();
            let body = serde_json::json!({ "requests": requests }).to_string().into_bytes();
            let Responses { responses } =
                self.session.json(Request::json(url.clone(), body)).await?;
            let mut answered = HashSet::new();
            let mut throttled = None;
            for Response { id, status, headers, body } in responses {
                let at = id.parse().ok().filter(|at| left.iter().any(|(left, _)| left == at));
                let at: usize =
                    at.ok_or_else(|| incomplete("an answer to nothing that was asked".to_owned()))?;
                if !answered.insert(at) {
                    return Err(incomplete(format!("question {at} is answered twice")));
                }
                match status {
                    200..300 => {
                        let body = body.to_string();
                        got.insert(at, self.session.asker.parse(call, body.as_bytes())?);
                    }
                    429 | 408 | 424 | 500..600 => {
                        let asked = headers
                            .iter()
                            .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
                            .map(|(_, value)| {
                                value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                            })
                            .and_then(|text| retry_after(&text, None));
                        throttled = throttled.max(Some(asked));
                    }
                    _ => {
                        let said = self.session.asker.line(&body.to_string());
                        let call = "GET /v1.0/deviceManagement/managedDevices".to_owned();
                        return Err(Trouble::Refused { call, status, said: format!(": {said}") });
                    }
                }
            }
            if answered.len() < left.len() {
                let why = format!("{} of {} questions are answered", answered.len(), left.len());
                return Err(incomplete(why));
            }
            if let Some(asked) = throttled {
                self.session.asker.wait(call, asked, tries).await?;
            }
        }
        Ok(got.into_values().collect())
    }
}
