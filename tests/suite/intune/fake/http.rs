//! The fake behind a socket, for the program as shells run it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use reqwest::Url;
use vpp::graph::{Body, Request};

use super::Fake;
use crate::inventory::fake::serve;

impl Fake {
    /// Serves it; links of pages lead there. The address.
    pub(crate) fn serve(&self) -> String {
        let router = Router::new().fallback(answer).with_state(self.clone());
        let address = serve(router);
        self.state().base = format!("{address}/");
        address
    }
}

async fn answer(
    State(fake): State<Fake>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: header::HeaderName| {
        headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let kind = text(header::CONTENT_TYPE);
    let bearer = text(header::AUTHORIZATION);
    let request = Request {
        method,
        url: Url::parse("http://127.0.0.1/").unwrap().join(&uri.to_string()).unwrap(),
        bearer: bearer.strip_prefix("Bearer ").map(Into::into),
        body: match kind.as_str() {
            "" => Body::Empty,
            "application/x-www-form-urlencoded" => Body::Form(form(&body)),
            "application/json" => Body::Json(body.to_vec()),
            other => panic!("nobody sends {other}"),
        },
        eventual: headers.get("ConsistencyLevel").is_some_and(|level| level == "eventual"),
    };
    let reply = fake.state().answer(&request).unwrap();
    let mut response = Response::new(reply.body.into());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    for (name, value) in [
        (header::DATE, reply.date),
        (header::RETRY_AFTER, reply.retry_after),
        (header::LOCATION, reply.location),
    ] {
        if let Some(value) = value {
            response.headers_mut().insert(name, HeaderValue::from_str(&value).unwrap());
        }
    }
    response
}

/// The fields sign-in knows.
fn form(body: &[u8]) -> Vec<(&'static str, secrecy::SecretString)> {
    const KNOWN: [&str; 6] = [
        "client_id",
        "scope",
        "grant_type",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ];
    let query = std::str::from_utf8(body).unwrap();
    let url = Url::parse(&format!("http://127.0.0.1/?{query}")).unwrap();
    url.query_pairs()
        .map(|(key, value)| {
            let key = KNOWN.into_iter().find(|known| *known == key).unwrap();
            (key, value.into_owned().into())
        })
        .collect()
}
