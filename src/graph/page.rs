//! Lists over many pages.

use std::collections::HashSet;

use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::parse;
use super::{Call, Graph, GraphError, Version};

/// One page.
#[derive(Deserialize)]
pub(super) struct Page {
    value: Option<Vec<Value>>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "@odata.count")]
    count: Option<usize>,
}

/// More pages than this are a server that goes in circles.
const MOST_PAGES: usize = 20_000;

/// What came of reading a chain of pages once.
pub(super) enum Chain<T> {
    /// Every object.
    Whole(Vec<T>),
    /// An object came twice: the list moved while it was read, and another may not have come at all.
    Moved,
}

/// So often a list that moves is read from its beginning.
const TRIES: u32 = 3;

impl Graph {
    /// GETs a list, every page of it.
    ///
    /// # Errors
    /// Where any page cannot be had, the chain leads in a circle or elsewhere, the number of objects is
    /// not the one the first page announces, or the list moves each time it is read.
    pub async fn list<T: DeserializeOwned>(
        &self,
        version: Version,
        path: &str,
        eventual: bool,
    ) -> Result<Vec<T>, GraphError> {
        let (call, url) = self.target("GET", version, path)?;
        for _ in 0..TRIES {
            let first: Page = parse(&call, &self.read(&call, url.clone(), eventual).await?.body)?;
            if let Chain::Whole(all) = self.follow(&call, url.clone(), first, eventual).await? {
                return Ok(all);
            }
        }
        let reason = "the list moved each time it was read, so it is not whole".to_owned();
        Err(GraphError::Protocol { call, reason })
    }

    /// Reads on from a list's first page.
    pub(super) async fn follow<T: DeserializeOwned>(
        &self,
        call: &Call,
        first: Url,
        mut page: Page,
        eventual: bool,
    ) -> Result<Chain<T>, GraphError> {
        let fault = |reason: String| GraphError::Protocol { call: call.clone(), reason };
        let mut links: HashSet<String> = HashSet::from([String::from(first)]);
        let mut ids = HashSet::new();
        let mut all = vec![];
        let announced = page.count;
        loop {
            let Some(objects) = page.value else {
                return Err(fault("a page has no `value`, so the list is not whole".to_owned()));
            };
            for object in objects {
                if let Some(id) = object.get("id").and_then(Value::as_str)
                    && !ids.insert(id.to_owned())
                {
                    return Ok(Chain::Moved);
                }
                let object = serde_json::from_value(object).map_err(|error| {
                    fault(format!("an object of the list is malformed: {error}"))
                })?;
                all.push(object);
            }
            let Some(next) = page.next else { break };
            if links.len() > MOST_PAGES || !links.insert(next.clone()) {
                return Err(fault("the list's pages lead in a circle".to_owned()));
            }
            let url = Url::parse(&next).ok().filter(|url| self.options.graph.serves(url));
            let Some(url) = url else {
                return Err(fault("the link to the next page leads elsewhere".to_owned()));
            };
            page = parse(call, &self.read(call, url, eventual).await?.body)?;
        }
        match announced {
            Some(count) if count != all.len() => Err(fault(format!(
                "the list announces {count} objects and holds {}; it moved while it was read, or a \
                 page is missing",
                all.len()
            ))),
            Some(_) | None => Ok(Chain::Whole(all)),
        }
    }
}
