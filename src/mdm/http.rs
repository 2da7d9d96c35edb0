//! Requests to a server: its secret goes to one origin, waits are bounded, nothing foreign is repeated
//! unclean.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Client, Method, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use super::MdmError;
use crate::apple::Scrubber;
use crate::manifest::kind::MdmServer;
use crate::web::{chain, pause, retry_after};

/// How a secret is presented.
pub(super) enum Login {
    /// `Authorization: Bearer`.
    Bearer,
    /// Basic, under this user's name.
    Basic(&'static str),
}

/// One server and the way to it.
#[derive(Debug)]
pub(super) struct Server {
    mdm: String,
    base: Url,
    authorization: HeaderValue,
    client: Client,
    scrub: Scrubber,
    /// Whether it was given up on: then one try is enough, until it answers again.
    down: AtomicBool,
}

/// A request as it goes out.
#[derive(Debug, Clone)]
pub(super) struct Request {
    method: Method,
    /// Below the server's address, percent-encoded.
    path: String,
    body: Option<(&'static str, Vec<u8>)>,
    /// Whether the same request may be sent again although an earlier one may have arrived.
    again: bool,
}

/// An answer that was not a transient refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server has seen nothing of the request, or proved that it did nothing.
    NotTaken(String),
    /// It may have done what was asked.
    Unclear(String),
}

impl Failure {
    pub(super) fn why(self) -> String {
        match self {
            Self::NotTaken(why) | Self::Unclear(why) => why,
        }
    }
}

/// All tries of one request together may take so long.
const BUDGET: Duration = Duration::from_mins(2);
/// The first pause of our own.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Tries that met no answer at all.
const UNANSWERED: u32 = 4;
/// Longer answers are none.
const LONGEST_BODY: usize = 64 << 20;
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

impl Request {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, again: true }
    }

    /// A write that is not repeated where an earlier one may have arrived.
    pub(super) fn post(path: impl Into<String>, content: &'static str, body: Vec<u8>) -> Self {
        Self { method: Method::POST, path: path.into(), body: Some((content, body)), again: false }
    }

    /// A question that is asked by POST.
    pub(super) fn ask(path: impl Into<String>, content: &'static str, body: Vec<u8>) -> Self {
        Self { again: true, ..Self::post(path, content, body) }
    }

    /// Method and path, for messages.
    pub(super) fn name(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        // A list of a thousand ids is no help.
        let short: String = path.chars().take(80).collect();
        let cut = if short.len() < path.len() { "…" } else { "" };
        format!("{} {short}{cut}", self.method)
    }
}

impl Server {
    /// # Errors
    /// Where the secret cannot stand in a header, or certificates cannot be loaded.
    pub(super) fn new(
        mdm: &str,
        settings: &MdmServer,
        secret: &SecretString,
        login: &Login,
    ) -> Result<Self, MdmError> {
        let setup = |why: String| MdmError::Setup { mdm: mdm.to_owned(), why };
        let plain = Zeroizing::new(secret.expose_secret().trim().to_owned());
        if plain.is_empty() {
            return Err(setup(
                "its token or key is empty\nhint: see where the manifest says it is".to_owned(),
            ));
        }
        let (header, encoded) = match login {
            Login::Bearer => (Zeroizing::new(format!("Bearer {}", plain.as_str())), None),
            Login::Basic(user) => {
                let pair = Zeroizing::new(format!("{user}:{}", plain.as_str()));
                let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
                (Zeroizing::new(format!("Basic {}", encoded.as_str())), Some(encoded))
            }
        };
        let mut authorization = HeaderValue::from_str(&header).map_err(|_| {
            setup("its token or key has characters that cannot stand in a header".to_owned())
        })?;
        authorization.set_sensitive(true);
        let mut base = Url::parse(&settings.url.value).map_err(|error| setup(error.to_string()))?;
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        let client = Client::builder()
            .user_agent(concat!("vpp/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .gzip(true)
            .connect_timeout(CONNECT.min(settings.timeout))
            .timeout(settings.timeout);
        // The manifest's reader lets http through only to this machine, where no proxy leads.
        let client = if base.scheme() == "http" {
            client.no_proxy().tls_certs_only([])
        } else {
            client.https_only(true)
        };
        let client = client.build().map_err(|error| setup(chain(&error)))?;
        let scrub = Scrubber::of(
            [Some(plain.as_str()), encoded.as_ref().map(|text| text.as_str())]
                .into_iter()
                .flatten(),
        );
        Ok(Self {
            mdm: mdm.to_owned(),
            base,
            authorization,
            client,
            scrub,
            down: AtomicBool::new(false),
        })
    }

    /// Name of the manifest.
    pub(super) fn mdm(&self) -> &str {
        &self.mdm
    }

    /// Foreign text as one clean line without the secret.
    pub(super) fn line(&self, text: &str) -> String {
        self.scrub.line(text)
    }

    /// Sends it until there is an answer that more tries do not change, or the time is up.
    ///
    /// 429 and 503 are answers that prove that nothing was done; other 5xx prove nothing and are
    /// only asked again where that does no harm.
    pub(super) async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let deadline = Instant::now() + BUDGET;
        let (mut tries, mut unanswered) = (0, 0);
        loop {
            tries += 1;
            let (why, wait, proven) = match self.attempt(request).await {
                Ok((answer, wait)) => match answer.status {
                    429 | 503 => (self.said(&answer), wait, true),
                    500 | 502 | 504 if request.again => (self.said(&answer), wait, false),
                    300..=399 => {
                        return Err(Failure::NotTaken(format!(
                            "HTTP {}: redirects are not followed with a secret; give the address it \
                             leads to as `url`",
                            answer.status
                        )));
                    }
                    _ => {
                        self.down.store(false, Ordering::Relaxed);
                        return Ok(answer);
                    }
                },
                Err(Failure::Unclear(why)) if !request.again => return Err(Failure::Unclear(why)),
                Err(Failure::Unclear(why)) => {
                    unanswered += 1;
                    (why, None, false)
                }
                Err(Failure::NotTaken(why)) => {
                    unanswered += 1;
                    (why, None, true)
                }
            };
            let wait = wait.unwrap_or_default().max(pause(FIRST_PAUSE, tries));
            let down = self.down.load(Ordering::Relaxed);
            if down || unanswered >= UNANSWERED || Instant::now() + wait > deadline {
                self.down.store(true, Ordering::Relaxed);
                let why = format!("{why} (tried {tries} times)");
                return Err(if proven { Failure::NotTaken(why) } else { Failure::Unclear(why) });
            }
            tracing::debug!(mdm = self.mdm, request = request.name(), tries, ?wait, "trying again");
            sleep(wait).await;
        }
    }

    /// An answer's JSON, where the server said 2xx.
    ///
    /// # Errors
    /// With the endpoint: refused credentials, other statuses, and what is no such JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, MdmError> {
        let answer =
            self.send(request).await.map_err(|failure| self.unreadable(request, failure.why()))?;
        self.check(request, &answer)?;
        serde_json::from_slice(&answer.body).map_err(|error| {
            let start =
                self.line(&String::from_utf8_lossy(answer.body.get(..200).unwrap_or(&answer.body)));
            self.unreadable(
                request,
                format!("the answer is not what was expected ({error}): {start}"),
            )
        })
    }

    /// Whether an answer is 2xx.
    ///
    /// # Errors
    /// The status, with the endpoint.
    pub(super) fn check(&self, request: &Request, answer: &Answer) -> Result<(), MdmError> {
        match answer.status {
            200..=299 => Ok(()),
            401 | 403 => Err(MdmError::Denied {
                mdm: self.mdm.clone(),
                endpoint: request.name(),
                why: self.said(answer),
            }),
            _ => Err(self.unreadable(request, self.said(answer))),
        }
    }

    pub(super) fn unreadable(&self, request: &Request, why: String) -> MdmError {
        MdmError::Unreadable { mdm: self.mdm.clone(), endpoint: request.name(), why }
    }

    /// Status and text of an answer, clean.
    pub(super) fn said(&self, answer: &Answer) -> String {
        let text = self.line(&String::from_utf8_lossy(&answer.body));
        if text.is_empty() {
            format!("HTTP {}", answer.status)
        } else {
            format!("HTTP {}: {text}", answer.status)
        }
    }

    async fn attempt(&self, request: &Request) -> Result<(Answer, Option<Duration>), Failure> {
        let url =
            self.base.join(&request.path).map_err(|error| Failure::NotTaken(error.to_string()))?;
        let begun = Instant::now();
        let mut builder = self
            .client
            .request(request.method.clone(), url)
            .header(AUTHORIZATION, self.authorization.clone());
        if let Some((content, body)) = &request.body {
            builder =
                builder.header(CONTENT_TYPE, HeaderValue::from_static(content)).body(body.clone());
        }
        let mut response = builder.send().await.map_err(|error| self.failure(error))?;
        let status = response.status().as_u16();
        let wait = wait(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(error))? {
            if body.len() + chunk.len() > LONGEST_BODY {
                return Err(Failure::Unclear("the answer is longer than 64 MiB".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        tracing::debug!(
            mdm = self.mdm,
            request = request.name(),
            status,
            bytes = body.len(),
            duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request to a device-management server"
        );
        Ok((Answer { status, body }, wait))
    }

    fn failure(&self, error: reqwest::Error) -> Failure {
        let error = error.without_url();
        let why = self.line(&chain(&error));
        if error.is_connect() || error.is_builder() {
            Failure::NotTaken(why)
        } else {
            Failure::Unclear(why)
        }
    }
}

fn wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
    retry_after(text(&RETRY_AFTER)?, text(&DATE))
}

/// Everything but what never needs it (RFC 3986, "unreserved").
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One part of a path, percent-encoded: ids come from outside.
pub(super) fn part(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
