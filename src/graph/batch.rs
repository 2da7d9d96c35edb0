//! Many small questions in few requests.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::client::{Refusal, help, line, parse};
use super::page::{Chain, Page};
use super::{Call, Graph, GraphError, Version};
use crate::web;

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
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

impl Graph {
    /// GETs many lists, each whole, in the order asked. `None` where there is no such thing.
    ///
    /// # Errors
    /// Where any of them cannot be had.
    pub async fn lists<T: DeserializeOwned>(
        &self,
        version: Version,
        paths: &[String],
    ) -> Result<Vec<Option<Vec<T>>>, GraphError> {
        let mut lists = vec![];
        for (path, body) in paths.iter().zip(self.many(version, paths).await?) {
            lists.push(match body {
                None => None,
                Some(body) => {
                    let (call, url) = self.target("GET", version, path)?;
                    let page: Page = parse(&call, body.to_string().as_bytes())?;
                    match self.follow(&call, url, page, false).await? {
                        Chain::Whole(all) => Some(all),
                        Chain::Moved => Some(self.list(version, path, false).await?),
                    }
                }
            });
        }
        Ok(lists)
    }

    /// GETs many objects, in the order asked. `None` where there is no such thing.
    ///
    /// # Errors
    /// Where any of them cannot be had.
    pub async fn objects<T: DeserializeOwned>(
        &self,
        version: Version,
        paths: &[String],
    ) -> Result<Vec<Option<T>>, GraphError> {
        let bodies = self.many(version, paths).await?;
        let objects = paths.iter().zip(bodies).map(|(path, body)| {
            let (call, _) = self.target("GET", version, path)?;
            body.map(|body| parse(&call, body.to_string().as_bytes())).transpose()
        });
        objects.collect()
    }

    async fn many(
        &self,
        version: Version,
        paths: &[String],
    ) -> Result<Vec<Option<Value>>, GraphError> {
        let mut all = vec![];
        for chunk in paths.chunks(MOST) {
            all.extend(self.one_batch(version, chunk).await?);
        }
        Ok(all)
    }

    /// One batch, the items that are throttled asked again.
    async fn one_batch(
        &self,
        version: Version,
        paths: &[String],
    ) -> Result<Vec<Option<Value>>, GraphError> {
        let deadline = Instant::now() + self.options.budget;
        let mut got: BTreeMap<usize, Option<Value>> = BTreeMap::new();
        let mut tries = 0;
        loop {
            tries += 1;
            let left: Vec<usize> = (0..paths.len()).filter(|at| !got.contains_key(at)).collect();
            let requests: Vec<Value> = left
                .iter()
                .filter_map(|&at| Some((at, paths.get(at)?)))
                .map(|(at, path)| {
                    json!({ "id": at.to_string(), "method": "GET", "url": format!("/{path}") })
                })
                .collect();
            if requests.is_empty() {
                return Ok(got.into_values().collect());
            }
            let call = Call { method: "POST", path: format!("{}/$batch", version.as_str()) };
            let answer = self.ask(version, "$batch", &json!({ "requests": requests })).await?;
            let Responses { responses } = parse(&call, &answer.body)?;
            let mut wait = None;
            for Response { id, status, headers, body } in responses {
                let at = id.parse::<usize>().ok().filter(|at| left.contains(at));
                let Some(path) = at.and_then(|at| paths.get(at)) else {
                    let reason = format!("it answers `{}`, which was not asked", line(&id));
                    return Err(GraphError::Protocol { call, reason });
                };
                let at = at.unwrap_or_default();
                match status {
                    200..300 => {
                        if got.insert(at, Some(body)).is_some() {
                            let reason = format!("it answers `{at}` twice");
                            return Err(GraphError::Protocol { call, reason });
                        }
                    }
                    404 => {
                        got.insert(at, None);
                    }
                    429 | 408 | 424 | 500..600 => {
                        let header = headers
                            .iter()
                            .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
                            .and_then(|(_, value)| web::retry_after(value, None));
                        wait = wait.max(Some(header.unwrap_or_default()));
                    }
                    _ => {
                        let (call, _) = self.target("GET", version, path)?;
                        let Refusal { code, message } =
                            Refusal::of_body(body.to_string().as_bytes());
                        return Err(GraphError::Refused {
                            call,
                            status,
                            code,
                            message,
                            help: help(status),
                        });
                    }
                }
            }
            if got.len() == paths.len() {
                continue;
            }
            let Some(asked) = wait else {
                let missing = paths.len() - got.len();
                let reason = format!("{missing} of {} questions have no answer", paths.len());
                return Err(GraphError::Protocol { call, reason });
            };
            let pause = asked.max(web::pause(self.options.first_pause, tries));
            if Instant::now() + pause > deadline {
                let reason = "questions of a batch are throttled".to_owned();
                return Err(GraphError::Exhausted { call, reason, tries, wait: Some(asked) });
            }
            sleep(pause).await;
        }
    }
}
