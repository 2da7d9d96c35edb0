//! Servers that keep inventories, as strict as their documents: unknown parameters, missing
//! permissions and page links that are followed twice are refused. Each can misbehave in one way.

#![allow(
    clippy::result_large_err,
    clippy::unused_async,
    clippy::manual_is_multiple_of,
    reason = "handlers are what axum makes of them, and their numbers are small"
)]

pub(crate) mod apple;
pub(crate) mod fleet;
pub(crate) mod graph;
pub(crate) mod jamf;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// How a server goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The page is left out: the next one comes in its place.
    Missing,
    /// The page before is sent once more.
    Repeated,
    /// Things on the page come in another order.
    Reordered,
    /// One thing of the page is left out.
    Cut,
    /// The list ends before the page.
    Short,
    /// The answer breaks off in the middle.
    Broken,
    /// The server throttles.
    Throttled,
    /// The server fails.
    Failing,
    /// The link to the page leads back to the first.
    Circle,
}

pub(crate) const FAULTS: [Fault; 9] = [
    Fault::Missing,
    Fault::Repeated,
    Fault::Reordered,
    Fault::Cut,
    Fault::Short,
    Fault::Broken,
    Fault::Throttled,
    Fault::Failing,
    Fault::Circle,
];

/// Which page of which list goes wrong, how, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) fault: Fault,
    pub(crate) list: usize,
    pub(crate) page: usize,
    pub(crate) times: usize,
}

/// What all fakes share.
#[derive(Debug, Default)]
pub(crate) struct House {
    pub(crate) page_size: usize,
    plan: Mutex<Option<Plan>>,
    /// Lists in the order they were first asked for.
    lists: Mutex<Vec<String>>,
    /// Cursors that were handed out and not followed: the list and the page.
    cursors: Mutex<HashMap<String, (String, usize)>>,
    issued: AtomicUsize,
    pub(crate) requests: AtomicUsize,
}

/// A page as it is served.
pub(crate) struct Turn<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<usize>,
    pub(crate) broken: bool,
}

impl House {
    pub(crate) fn new(page_size: usize, plan: Option<Plan>) -> Arc<Self> {
        Arc::new(Self { page_size, plan: Mutex::new(plan), ..Self::default() })
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether the plan strikes this page of this list now.
    fn strikes(&self, list: &str, page: usize) -> Option<Fault> {
        let mut lists = self.lists.lock().unwrap();
        if !lists.iter().any(|known| known == list) {
            lists.push(list.to_owned());
        }
        let number = lists.iter().position(|known| known == list).unwrap();
        let mut plan = self.plan.lock().unwrap();
        let plan = plan.as_mut()?;
        if plan.list != number || plan.page != page || plan.times == 0 {
            return None;
        }
        plan.times -= 1;
        Some(plan.fault)
    }

    /// A page of a list with `number` counted from 0, as well or badly as planned.
    pub(crate) fn turn<T: Clone>(
        &self,
        list: &str,
        number: usize,
        all: &[T],
        size: usize,
    ) -> Result<Turn<T>, Response> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let page = |number: usize| -> Vec<T> {
            all.iter().skip(number * size).take(size).cloned().collect()
        };
        let more = |number: usize| (number + 1) * size < all.len();
        let mut turn =
            Turn { items: page(number), next: more(number).then_some(number + 1), broken: false };
        match self.strikes(list, number) {
            None => {}
            Some(Fault::Missing) => {
                turn.items = page(number + 1);
                turn.next = more(number + 1).then_some(number + 2);
            }
            Some(Fault::Repeated) => turn.items = page(number.saturating_sub(1)),
            Some(Fault::Reordered) => turn.items.reverse(),
            Some(Fault::Cut) => {
                let half = turn.items.len() / 2;
                turn.items = turn
                    .items
                    .into_iter()
                    .enumerate()
                    .filter(|(at, _)| *at != half)
                    .map(|(_, item)| item)
                    .collect();
            }
            Some(Fault::Short) => {
                turn.items = vec![];
                turn.next = None;
            }
            Some(Fault::Broken) => turn.broken = true,
            Some(Fault::Throttled) => {
                let wait = [("retry-after", "0")];
                return Err((StatusCode::TOO_MANY_REQUESTS, wait, "slow down").into_response());
            }
            Some(Fault::Failing) => return Err(StatusCode::BAD_GATEWAY.into_response()),
            Some(Fault::Circle) => turn.next = turn.next.map(|_| 0),
        }
        Ok(turn)
    }

    /// The size of a page where so many are asked for of a thousand: the fakes' pages are small, and
    /// a smaller wish still makes smaller ones.
    pub(crate) fn size(&self, asked: usize) -> usize {
        (self.page_size * asked / 1000).max(1)
    }

    /// A cursor for a page, good for once. The one to the first page is always the same.
    pub(crate) fn cursor(&self, list: &str, page: usize) -> String {
        let number = if page == 0 { 0 } else { self.issued.fetch_add(1, Ordering::Relaxed) + 1 };
        let cursor = format!("c{number}");
        self.cursors.lock().unwrap().insert(cursor.clone(), (list.to_owned(), page));
        cursor
    }

    /// The page a cursor leads to; refused where it was never given, or followed before.
    pub(crate) fn followed(&self, list: &str, cursor: Option<&String>) -> Result<usize, Response> {
        let Some(cursor) = cursor else { return Ok(0) };
        let cursors = self.cursors.lock().unwrap();
        match cursors.get(cursor) {
            Some((of, page)) if of == list => Ok(*page),
            _ => Err(refuse(400, "unknown cursor, or one that was followed already")),
        }
    }

    /// A served cursor is not good any more.
    pub(crate) fn spent(&self, cursor: Option<&String>) {
        if let Some(cursor) = cursor {
            self.cursors.lock().unwrap().remove(cursor);
        }
    }
}

/// An answer, whole or broken off.
pub(crate) fn answer(body: &Value, broken: bool) -> Response {
    let mut text = body.to_string();
    if broken {
        let mut half = text.len() / 2;
        while !text.is_char_boundary(half) {
            half -= 1;
        }
        text.truncate(half);
    }
    ([("content-type", "application/json")], text).into_response()
}

pub(crate) fn refuse(status: u16, why: &str) -> Response {
    let body = json!({ "error": { "code": status.to_string(), "message": why } });
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

/// Refuses parameters the documents do not have.
pub(crate) fn only(query: &BTreeMap<String, String>, known: &[&str]) -> Result<(), Response> {
    match query.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(refuse(400, &format!("unknown parameter {unknown}"))),
        None => Ok(()),
    }
}

/// A posted form.
pub(crate) fn form(body: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

/// A server on a thread and a runtime of its own: whoever reads inventories blocks.
pub(crate) fn serve(router: Router) -> String {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            send.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    let address = receive.recv_timeout(Duration::from_secs(30)).unwrap();
    format!("http://{address}")
}
