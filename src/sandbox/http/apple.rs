//! A request to Apple's API, from the door to the answer.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::Value;
use tokio::time::Instant;

use super::NoReply;
use super::endpoint::Endpoint;
use crate::sandbox::chaos::{Fault, LostReply};
use crate::sandbox::clock::apple_time;
use crate::sandbox::gate::{Full, Turn};
use crate::sandbox::library::Library;
use crate::sandbox::options::ExpiryShown;
use crate::sandbox::wire::{Envelope, Refusal, RetryAfter};
use crate::sandbox::{LoggedRequest, Sandbox, Shelf};

/// The most a body may hold.
const MOST_BYTES: usize = 4 << 20;

/// A request, read whole.
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What a request is answered with.
pub(super) type Answer = Result<Vec<u8>, Refusal>;

/// What is found out about a request on its way.
#[derive(Default)]
pub(super) struct Trace {
    location: Option<String>,
    at_once: usize,
    pub(super) pairs: u64,
    lost: bool,
}

pub(super) async fn answer(sandbox: &Sandbox, path: &str, request: Request) -> Response {
    let arrived = sandbox.inner.clock.running();
    let (parts, body) = request.into_parts();
    let mut trace = Trace::default();
    let (method, query) =
        (parts.method.to_string(), parts.uri.query().unwrap_or_default().to_owned());
    let answer = match to_bytes(body, MOST_BYTES).await {
        Ok(body) => {
            let call =
                Call { path, method: parts.method, uri: parts.uri, headers: parts.headers, body };
            receive(sandbox, &call, &mut trace).await
        }
        Err(error) => Err(Refusal::invalid(error)),
    };
    let (status, error_number) = match &answer {
        Ok(_) => (200, None),
        Err(refusal) => (refusal.status, Some(refusal.failure.error_number)),
    };
    sandbox.inner.journal.request(LoggedRequest {
        at: arrived,
        method,
        path: path.to_owned(),
        query,
        location: trace.location,
        status,
        error_number,
        pairs: trace.pairs,
        lost: trace.lost,
        at_once: trace.at_once,
    });
    let mut response = respond(sandbox, answer);
    if trace.lost {
        response.extensions_mut().insert(NoReply);
    }
    response
}

/// The stations of a request, in order.
async fn receive(sandbox: &Sandbox, call: &Call<'_>, trace: &mut Trace) -> Answer {
    let Some(endpoint) = Endpoint::find(call.path) else {
        return Err(Refusal { status: 404, ..Refusal::invalid("no such endpoint") });
    };
    if !endpoint.allows(&call.method) {
        return Err(Refusal::new(9726));
    }
    if endpoint == Endpoint::ServiceConfig {
        wait(sandbox).await;
        let lost = fault(sandbox, call, None)?;
        return finish(sandbox.service_config(call), lost, trace);
    }
    let shelf = sandbox.authorize(&call.headers)?;
    trace.location = Some(shelf.name.clone());
    // Held to the end: it is what "at the same time" means.
    let turn = enter(sandbox, shelf)?;
    trace.at_once = turn.inside;
    wait(sandbox).await;
    let lost = fault(sandbox, call, Some(shelf))?;
    if lost == Some(LostReply::Before) {
        trace.lost = true;
        return Err(Refusal::new(9603));
    }
    let answer = handle(sandbox, shelf, endpoint, call, trace).await;
    finish(answer, lost, trace)
}

async fn wait(sandbox: &Sandbox) {
    if !sandbox.inner.options.latency.is_zero() {
        tokio::time::sleep(sandbox.inner.options.latency).await;
    }
}

fn finish(answer: Answer, lost: Option<LostReply>, trace: &mut Trace) -> Answer {
    trace.lost = lost.is_some();
    answer
}

async fn handle(
    sandbox: &Sandbox,
    shelf: &Shelf,
    endpoint: Endpoint,
    call: &Call<'_>,
    trace: &mut Trace,
) -> Answer {
    sandbox.turn_period(shelf);
    if call.method == Method::POST {
        call.check_content_type()?;
        if crate::sandbox::lock(&shelf.library).token.read_only {
            return Err(Refusal::new(9637));
        }
    }
    match endpoint {
        Endpoint::ServiceConfig => sandbox.service_config(call),
        Endpoint::ClientConfig if call.method == Method::POST => {
            sandbox.change_client_config(shelf, call).await
        }
        Endpoint::ClientConfig => super::config::read_client_config(shelf, call),
        Endpoint::Assets => sandbox.read_assets(shelf, call),
        Endpoint::Assignments => sandbox.read_assignments(shelf, call),
        Endpoint::Users => sandbox.read_users(shelf, call),
        Endpoint::Status => sandbox.read_status(shelf, call),
        Endpoint::Associate
        | Endpoint::Disassociate
        | Endpoint::Revoke
        | Endpoint::CreateUsers
        | Endpoint::UpdateUsers
        | Endpoint::RetireUsers
        | Endpoint::AssociateSeats
        | Endpoint::DisassociateSeats => {
            let answer = sandbox.accept(shelf, endpoint, call, trace)?;
            // What was accepted must be remembered, whatever happens to this process.
            if let Err(error) = sandbox.save_later().await {
                tracing::warn!(%error, "the sandbox state was not saved");
            }
            Ok(answer)
        }
        Endpoint::Subscriptions => sandbox.read_subscriptions(shelf, call),
        Endpoint::Seats => sandbox.read_seats(shelf, call),
        Endpoint::Administrators => sandbox.read_administrators(shelf, call),
        Endpoint::EnableSubscriptions
        | Endpoint::DisableSubscriptions
        | Endpoint::AddAdministrators
        | Endpoint::RemoveAdministrators => {
            let answer = sandbox.change_subscriptions(shelf, endpoint, call)?;
            if let Err(error) = sandbox.save_later().await {
                tracing::warn!(%error, "the sandbox state was not saved");
            }
            Ok(answer)
        }
    }
}

fn enter<'a>(sandbox: &Sandbox, shelf: &'a Shelf) -> Result<Turn<'a>, Refusal> {
    let per_second = if sandbox.inner.options.paced {
        crate::sandbox::number_of(sandbox.inner.limits.max_request_per_second)
    } else {
        usize::MAX
    };
    let entered = shelf.gate.enter(Instant::now(), sandbox.inner.options.simultaneous, per_second);
    entered.map_err(|full| {
        Refusal::new(9646).because(match full {
            Full::AtOnce(count) => format!("{count} at the same time"),
            Full::PerSecond(count) => format!("{count} within a second"),
        })
    })
}

/// Whether the request goes wrong, by order or by seed.
fn fault(
    sandbox: &Sandbox,
    call: &Call<'_>,
    shelf: Option<&Shelf>,
) -> Result<Option<LostReply>, Refusal> {
    let location = shelf.map(|shelf| (shelf.name.as_str(), shelf.uid.as_str()));
    let ordered = sandbox.inner.plans.take(call.path, location);
    let fault = ordered.or_else(|| {
        let uid = location.map_or("", |(_, uid)| uid);
        let query = call.uri.query().unwrap_or_default();
        sandbox.inner.chaos.as_ref()?.fault(&[
            call.method.as_str().as_bytes(),
            call.path.as_bytes(),
            query.as_bytes(),
            uid.as_bytes(),
            &call.body,
        ])
    });
    match fault {
        None => Ok(None),
        Some(Fault::Lost(when)) => Ok(Some(when)),
        Some(Fault::Refused(refusal)) => Err(refusal),
    }
}

impl Call<'_> {
    fn check_content_type(&self) -> Result<(), Refusal> {
        let given = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = given.and_then(|value| value.split(';').next()).map(str::trim);
        match kind {
            Some(kind) if kind.eq_ignore_ascii_case("application/json") => Ok(()),
            Some(_) | None => Err(Refusal::new(9727)),
        }
    }

    /// The body as JSON of that shape.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Refusal> {
        let wrong = |error: &dyn std::fmt::Display| Refusal::invalid(format!("body: {error}"));
        let value: T = serde_json::from_slice(&self.body).map_err(|error| wrong(&error))?;
        // serde also takes the fields of an object as a list; Apple's bodies are objects.
        let shape: Value = serde_json::from_slice(&self.body).map_err(|error| wrong(&error))?;
        match shape.as_object() {
            Some(fields) if fields.iter().all(|(name, field)| is_object_or_list(name, field)) => {
                Ok(value)
            }
            Some(_) | None => Err(wrong(&"a list where an object belongs")),
        }
    }
}

fn is_object_or_list(name: &str, field: &Value) -> bool {
    match field.as_array() {
        Some(items) => name != "mdmInfo" && !items.iter().any(Value::is_array),
        None => true,
    }
}

impl Sandbox {
    /// What every answer of a location carries.
    pub(super) fn envelope(&self, library: &Library) -> Envelope {
        let expires = library.token.expires;
        let left = expires.duration_since(self.inner.clock.now());
        let shown = match self.inner.options.expiry {
            ExpiryShown::Always => true,
            ExpiryShown::Within15Days => left <= jiff::SignedDuration::from_hours(15 * 24),
        };
        Envelope {
            u_id: library.uid.clone(),
            token_expiration_date: shown.then(|| apple_time(expires)),
            mdm_info: library.mdm_info.clone(),
        }
    }
}

/// An answer as bytes.
pub(super) fn json(value: &impl serde::Serialize) -> Answer {
    serde_json::to_vec(value).map_err(|error| Refusal::new(9603).because(error))
}

fn respond(sandbox: &Sandbox, answer: Answer) -> Response {
    let (status, body, retry_after) = match answer {
        Ok(body) => (StatusCode::OK, body, None),
        Err(Refusal { status, failure, retry_after }) => (
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            serde_json::to_vec(&failure).unwrap_or_default(),
            retry_after,
        ),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json;charset=utf-8");
    headers.insert(header::CONTENT_TYPE, json);
    match retry_after {
        None => {}
        Some(RetryAfter::Text(text)) => {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(header::RETRY_AFTER, value);
            }
        }
        Some(RetryAfter::Date(after)) => {
            // The caller's clock may be another one: the answer says what time it is here.
            let now = sandbox.inner.clock.now();
            let then = now.checked_add(after).unwrap_or(now);
            for (name, time) in [(header::DATE, now), (header::RETRY_AFTER, then)] {
                if let Some(value) = http_date(time) {
                    headers.insert(name, value);
                }
            }
        }
    }
    response
}

fn http_date(time: jiff::Timestamp) -> Option<HeaderValue> {
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    let text = printer.timestamp_to_rfc9110_string(&time).ok()?;
    HeaderValue::from_str(&text).ok()
}
