use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Client, Method, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Address;
use crate::web::chain;

/// Carries one request to a server and one answer back, without judging either.
pub(in crate::inventory) trait Wire: Send + Sync {
    /// Sends the request, once.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Lost>>;
}

/// A request as it goes out. All of them only read, so all may be sent again.
pub(in crate::inventory) struct Request {
    pub(in crate::inventory) url: Url,
    pub(in crate::inventory) bearer: Option<SecretString>,
    /// Headers that are no secrets.
    pub(in crate::inventory) headers: Vec<(&'static str, &'static str)>,
    pub(in crate::inventory) body: Body,
}

/// What a request carries.
pub(in crate::inventory) enum Body {
    /// Nothing: a GET.
    None,
    /// A form, which may hold a secret.
    Form(Zeroizing<String>),
    /// JSON.
    Json(Vec<u8>),
}

impl Request {
    /// A GET.
    pub(in crate::inventory) fn get(url: Url) -> Self {
        Self { url, bearer: None, headers: vec![], body: Body::None }
    }

    /// A form that is posted.
    pub(in crate::inventory) fn form(url: Url, fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = Body::Form(Zeroizing::new(form.extend_pairs(fields).finish()));
        Self { body, ..Self::get(url) }
    }

    /// JSON that is posted.
    pub(in crate::inventory) fn json(url: Url, json: Vec<u8>) -> Self {
        Self { body: Body::Json(json), ..Self::get(url) }
    }

    pub(in crate::inventory) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What is asked, for messages: no query, which may hold cursors without end.
    pub(in crate::inventory) fn call(&self) -> String {
        let method = if matches!(self.body, Body::None) { "GET" } else { "POST" };
        format!("{method} {}", self.url.path())
    }
}

/// An answer, whatever it says.
#[derive(Debug, Clone, Default)]
pub(in crate::inventory) struct Reply {
    pub(in crate::inventory) status: u16,
    pub(in crate::inventory) retry_after: Option<String>,
    pub(in crate::inventory) date: Option<String>,
    pub(in crate::inventory) body: Vec<u8>,
}

/// No answer, and why.
#[derive(Debug, Clone)]
pub(in crate::inventory) struct Lost(pub(in crate::inventory) String);

/// Longer answers than this are no page of anything.
const LONGEST_BODY: usize = 64 << 20;
/// How long a connection may take to come about, and one request to be answered.
const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_mins(1);

/// HTTP by reqwest.
pub(super) struct HttpWire {
    client: Client,
}

impl HttpWire {
    pub(super) fn new(address: &Address) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent(concat!("vpp/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .gzip(true)
            .connect_timeout(CONNECT)
            .timeout(WHOLE);
        let client = if address.is_plain() {
            // No proxy leads to this machine, and without TLS no certificates need loading.
            client.no_proxy().tls_certs_only([])
        } else if address.is_loopback() {
            client.no_proxy()
        } else {
            client.https_only(true)
        };
        Ok(Self { client: client.build().map_err(|error| chain(&error))? })
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, Lost> {
        let method = if matches!(request.body, Body::None) { Method::GET } else { Method::POST };
        let mut builder = self
            .client
            .request(method, request.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(bearer) = &request.bearer {
            let text = Zeroizing::new(format!("Bearer {}", bearer.expose_secret().trim()));
            let mut value = HeaderValue::from_str(&text)
                .map_err(|_| Lost("the token cannot stand in a header".to_owned()))?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        for (name, value) in &request.headers {
            builder = builder.header(*name, *value);
        }
        builder = match &request.body {
            Body::None => builder,
            Body::Form(form) => builder
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.as_bytes().to_vec()),
            Body::Json(json) => builder.header(CONTENT_TYPE, "application/json").body(json.clone()),
        };
        let mut response = builder.send().await.map_err(lost)?;
        let headers = response.headers();
        let mut reply = Reply {
            status: response.status().as_u16(),
            retry_after: text(headers, &RETRY_AFTER),
            date: text(headers, &DATE),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if reply.body.len() + chunk.len() > LONGEST_BODY {
                return Err(Lost("the answer is longer than 64 MiB".to_owned()));
            }
            reply.body.extend_from_slice(&chunk);
        }
        Ok(reply)
    }
}

impl Wire for HttpWire {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Lost>> {
        Box::pin(self.exchange(request))
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

fn lost(error: reqwest::Error) -> Lost {
    Lost(chain(&error.without_url()))
}
