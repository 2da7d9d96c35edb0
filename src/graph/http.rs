use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    RETRY_AFTER,
};
use reqwest::{Client, redirect, retry};
use secrecy::ExposeSecret;

use super::wire::{Body, Failure, Reply, Request, Wire};
use super::{Address, Graph};
use crate::web::chain;

/// Longer answers than this are nobody's.
const LONGEST_BODY: usize = 128 << 20;
const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_mins(2);

/// HTTP by reqwest: no redirects, no retries of its own.
#[derive(Debug)]
pub struct HttpWire {
    client: Client,
}

impl HttpWire {
    /// Sets up the client; https only, unless one of the addresses is this machine without TLS.
    ///
    /// # Errors
    /// Where the client cannot be built, with the reason.
    pub fn new(addresses: &[&Address]) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent(concat!("vpp/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .gzip(true)
            .connect_timeout(CONNECT)
            .timeout(WHOLE);
        let plain = addresses.iter().all(|address| address.is_plain_loopback());
        let client = if plain && !addresses.is_empty() {
            // No proxy leads to this machine, and without TLS no certificates need loading.
            client.no_proxy().tls_certs_only([])
        } else if addresses.iter().all(|address| address.is_loopback()) {
            client.no_proxy()
        } else {
            client.https_only(addresses.iter().all(|address| !address.is_plain_loopback()))
        };
        Ok(Self { client: client.build().map_err(|error| chain(&error))? })
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let mut builder = self
            .client
            .request(request.method.clone(), request.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(bearer) = &request.bearer {
            let text = format!("Bearer {}", bearer.expose_secret());
            let mut value = HeaderValue::from_str(&text)
                .map_err(|_| Failure::NotSent("the token cannot stand in a header".to_owned()))?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        if request.eventual {
            builder = builder.header("ConsistencyLevel", HeaderValue::from_static("eventual"));
        }
        builder = match &request.body {
            Body::Empty => builder,
            Body::Json(body) => builder
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone()),
            Body::Form(fields) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    form.append_pair(name, value.expose_secret());
                }
                let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
                builder.header(CONTENT_TYPE, kind).body(form.finish())
            }
        };
        let mut response = builder.send().await.map_err(failure)?;
        let headers = response.headers();
        let mut reply = Reply {
            status: response.status().as_u16(),
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

impl Graph {
    /// A client over HTTP.
    ///
    /// # Errors
    /// [`super::GraphError::Setup`] where the HTTPS client cannot be built.
    pub fn connect(
        credential: super::Credential,
        options: super::Options,
    ) -> Result<Self, super::GraphError> {
        let mut addresses = vec![&options.graph, &options.login];
        addresses.extend(credential.proof.address());
        let wire =
            HttpWire::new(&addresses).map_err(|reason| super::GraphError::Setup { reason })?;
        Ok(Self::over(credential, options, Box::new(wire)))
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
