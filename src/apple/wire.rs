use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    RETRY_AFTER,
};
use reqwest::{Client, Method, Url, redirect, retry};

use super::{Endpoint, Token};
use crate::web::chain;

/// Carries one request to the server and one answer back, without judging either.
pub(super) trait Wire: Send + Sync + fmt::Debug {
    /// Sends the request, once.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// A request as it goes out.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) url: Url,
    /// JSON of a write; `None` for a read.
    pub(super) body: Option<Vec<u8>>,
    /// Whether the token goes along.
    pub(super) with_token: bool,
}

/// An answer, whatever it says.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) retry_after: Option<String>,
    pub(super) date: Option<String>,
    pub(super) location: Option<String>,
    pub(super) body: Vec<u8>,
}

/// No answer.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// No connection came about: the server has seen nothing of the request.
    NotSent(String),
    /// It may have reached the server.
    Lost(String),
}

/// Longer answers than this are not Apple's.
const LONGEST_BODY: usize = 128 << 20;

/// How a client waits and what it takes.
pub(super) struct Manners {
    /// For a connection.
    pub(super) connect: Duration,
    /// For a whole answer.
    pub(super) whole: Duration,
    /// Whether answers may come packed.
    pub(super) gzip: bool,
}

/// HTTP by reqwest.
#[derive(Debug)]
pub(super) struct HttpWire {
    client: Client,
    authorization: HeaderValue,
}

impl HttpWire {
    pub(super) fn new(
        endpoint: &Endpoint,
        token: &Token,
        manners: &Manners,
    ) -> Result<Self, String> {
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.secret()))
            .map_err(|_| "the token cannot stand in a header".to_owned())?;
        authorization.set_sensitive(true);
        let client = Client::builder()
            .user_agent(concat!("vpp/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .gzip(manners.gzip)
            .connect_timeout(manners.connect)
            .timeout(manners.whole);
        let client = if endpoint.is_loopback() && endpoint.as_str().starts_with("http:") {
            // No proxy leads to this machine, and without TLS no certificates need loading.
            client.no_proxy().tls_certs_only([])
        } else if endpoint.is_loopback() {
            client.no_proxy()
        } else {
            client.https_only(true)
        };
        let client = client.build().map_err(|error| chain(&error))?;
        Ok(Self { client, authorization })
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let method = if request.body.is_some() { Method::POST } else { Method::GET };
        let mut builder = self
            .client
            .request(method, request.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if request.with_token {
            builder = builder.header(AUTHORIZATION, self.authorization.clone());
        }
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        let mut response = builder.send().await.map_err(failure)?;
        let headers = response.headers();
        let mut reply = Reply {
            status: response.status().as_u16(),
            content_type: text(headers, &CONTENT_TYPE),
            retry_after: text(headers, &RETRY_AFTER),
            date: text(headers, &DATE),
            location: text(headers, &LOCATION),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if reply.body.len() + chunk.len() > LONGEST_BODY {
                return Err(Failure::Lost("the answer is longer than 128 MiB".to_owned()));
            }
            reply.body.extend_from_slice(&chunk);
        }
        Ok(reply)
    }
}

impl Wire for HttpWire {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(self.exchange(request))
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

fn failure(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let reason = chain(&error);
    if error.is_connect() || error.is_builder() {
        Failure::NotSent(reason)
    } else {
        Failure::Lost(reason)
    }
}
