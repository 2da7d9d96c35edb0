//! Events from outside, over HTTP: webhooks of device-management servers, signed events of programs,
//! Apple's notifications. What is genuine, of ours and new is kept in the store; only then is it
//! answered with success. The rest is refused and counted.
//!
//! **Architecture invariant:** an event is a note, never an order. Nothing here decides, writes to
//! Apple or talks to a server: `apply` reads the notes. A lost note costs a question more.
//!
//! Served without TLS, which is the business of the proxy in front of it.

mod apple;
mod door;
mod metrics;
mod program;
mod seal;
mod webhook;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use tokio::net::TcpListener;
use uuid::Uuid;

pub use door::{Door, Doors, Kind};
pub use seal::Secret;

use self::metrics::Metrics;
use crate::store::{Received, Store, StoreError};

/// The longest event: a device's list of every app it has, twice over.
const LONGEST: usize = 4 << 20;
/// How long a sender may take for one event.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long events on their way may take to end after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Where "now" comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Takes events in.
#[derive(Clone)]
pub struct Receiver {
    inner: Arc<Inner>,
}

struct Inner {
    doors: Doors,
    store: Arc<dyn Store>,
    clock: Clock,
    metrics: Metrics,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("doors", &self.inner.doors).finish_non_exhaustive()
    }
}

/// What became of an event that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// It is in the store now.
    Kept,
    /// It was there before.
    Repeated,
    /// Nobody reads its kind.
    Ignored,
}

/// Why an event was not taken.
#[derive(Debug)]
enum Refusal {
    /// Not signed, or not by who holds the secret.
    Forged(&'static str),
    /// Signed too long ago, or in the future.
    Stale,
    /// No event.
    Malformed(String),
    /// About a command that is not ours.
    Unknown,
    /// Too long.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// It could not be kept; the sender may try again.
    Store(StoreError),
}

impl Taken {
    fn outcome(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Repeated => "repeated",
            Self::Ignored => "ignored",
        }
    }
}

impl Refusal {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Forged(_) => "forged",
            Self::Stale => "stale",
            Self::Malformed(_) => "malformed",
            Self::Unknown => "unknown",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::Store(_) => "failed",
        }
    }

    fn answer(&self) -> (StatusCode, String) {
        match self {
            Self::Forged(why) => (StatusCode::UNAUTHORIZED, (*why).to_owned()),
            Self::Stale => (
                StatusCode::UNAUTHORIZED,
                "the timestamp is not within five minutes of now".to_owned(),
            ),
            Self::Malformed(why) => (StatusCode::BAD_REQUEST, why.clone()),
            Self::Unknown => {
                (StatusCode::BAD_REQUEST, "this command was not sent by vpp".to_owned())
            }
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("more than {} MiB", LONGEST >> 20))
            }
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the event did not arrive".to_owned()),
            // Whoever sends need not know where the state is.
            Self::Store(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "the event could not be kept".to_owned())
            }
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Receiver {
    /// A receiver behind these doors.
    pub fn new(doors: Doors, store: Arc<dyn Store>, clock: Clock) -> Self {
        let metrics = Metrics::new(doors.names());
        Self { inner: Arc::new(Inner { doors, store, clock, metrics }) }
    }

    /// Everything it answers, for a server of one's own.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/mdm/{name}", post(at_mdm))
            .route("/apple/{name}", post(at_apple))
            .route("/healthz", get(health))
            .route("/metrics", get(figures))
            .with_state(self.clone())
    }

    /// Answers until `shutdown`, then until what is on its way has ended.
    ///
    /// # Errors
    /// Where the listener fails.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let (asked, ask) = tokio::sync::oneshot::channel::<()>();
        let shutdown = async move {
            shutdown.await;
            // Nobody listens any more only where serving has ended by itself.
            let _ = asked.send(());
        };
        let serving = axum::serve(listener, self.router()).with_graceful_shutdown(shutdown);
        let late = async {
            if ask.await.is_ok() {
                tokio::time::sleep(GRACE).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            ended = serving.into_future() => ended,
            () = late => Ok(()),
        }
    }

    fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    async fn keep(&self, event: &Received) -> Result<Taken, Refusal> {
        let new = self.inner.store.receive(event).await?;
        Ok(if new { Taken::Kept } else { Taken::Repeated })
    }

    /// Whether a command is one that this tool wrote down before it sent it.
    async fn is_ours(&self, id: &str) -> Result<bool, Refusal> {
        let Ok(id) = id.parse::<Uuid>() else { return Ok(false) };
        Ok(!self.inner.store.intents(&[id]).await?.is_empty())
    }

    /// Counts what became of an event and answers its sender.
    fn settle(&self, source: &str, result: Result<Taken, Refusal>) -> Response {
        let metrics = &self.inner.metrics;
        match result {
            Ok(taken) => {
                metrics.count(source, taken.outcome());
                if taken == Taken::Kept {
                    metrics.heard(source, self.now());
                }
                tracing::debug!(source, outcome = taken.outcome(), "an event was taken");
                StatusCode::NO_CONTENT.into_response()
            }
            Err(refusal) => {
                metrics.count(source, refusal.outcome());
                let (status, why) = refusal.answer();
                match &refusal {
                    Refusal::Store(error) => {
                        tracing::error!(source, %error, "an event could not be kept");
                    }
                    Refusal::Forged(_)
                    | Refusal::Stale
                    | Refusal::Malformed(_)
                    | Refusal::Unknown
                    | Refusal::TooLarge
                    | Refusal::TooSlow => {
                        tracing::warn!(
                            source,
                            status = status.as_u16(),
                            why,
                            "an event was refused"
                        );
                    }
                }
                (status, format!("{why}\n")).into_response()
            }
        }
    }
}

/// An event as it came, not judged yet.
struct Letter<'a> {
    headers: &'a HeaderMap,
    body: Bytes,
}

async fn read(request: Request) -> Result<(HeaderMap, Bytes), Refusal> {
    let (parts, body) = request.into_parts();
    let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if told.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > LONGEST) {
        return Err(Refusal::TooLarge);
    }
    match tokio::time::timeout(PATIENCE, bytes(body)).await {
        Ok(read) => Ok((parts.headers, read?)),
        Err(_late) => Err(Refusal::TooSlow),
    }
}

async fn bytes(body: Body) -> Result<Bytes, Refusal> {
    use futures_util::StreamExt as _;

    let mut stream = body.into_data_stream();
    let mut all = Vec::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| Refusal::Malformed("the event broke off".to_owned()))?;
        if all.len() + piece.len() > LONGEST {
            return Err(Refusal::TooLarge);
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.into())
}

async fn at_mdm(
    State(receiver): State<Receiver>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let Some(door) = receiver.inner.doors.mdm(&name) else { return receiver.nobody() };
    let result = async {
        let (headers, body) = read(request).await?;
        let letter = Letter { headers: &headers, body };
        match door.kind {
            Kind::Signed | Kind::Password => webhook::take(&receiver, door, &letter).await,
            Kind::Program => program::take(&receiver, door, &letter).await,
            Kind::Bearer => apple::take(&receiver, door, &letter).await,
        }
    };
    let result = result.await;
    receiver.settle(&door.name, result)
}

async fn at_apple(
    State(receiver): State<Receiver>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let Some(door) = receiver.inner.doors.location(&name) else { return receiver.nobody() };
    let result = async {
        let (headers, body) = read(request).await?;
        apple::take(&receiver, door, &Letter { headers: &headers, body }).await
    };
    let result = result.await;
    receiver.settle(&door.label(), result)
}

impl Receiver {
    /// A path that is no door. Counted without its name, which anybody may choose.
    fn nobody(&self) -> Response {
        self.inner.metrics.count("", "nobody");
        (StatusCode::NOT_FOUND, "nothing is received here\n").into_response()
    }
}

async fn health(State(receiver): State<Receiver>) -> Response {
    match receiver.inner.store.recall("receive/health").await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "the state cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the state cannot be read\n").into_response()
        }
    }
}

async fn figures(State(receiver): State<Receiver>) -> Response {
    match receiver.inner.metrics.text() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Sources by name, for lookups by path.
type ByName<T> = BTreeMap<String, T>;
