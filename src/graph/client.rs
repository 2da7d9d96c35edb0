use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::wire::{Body, Failure, Reply, Request, Wire};
use super::{Address, Call, Credential, GraphError, Options, Proof, Version};
use crate::web;

/// A good answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it says; empty for 204.
    pub body: Vec<u8>,
    /// The server's clock when it answered, where it says.
    pub date: Option<Timestamp>,
}

/// A client that is signed in when it has to be. It can read and write; whoever hands it on decides
/// which of the two others may do.
pub struct Graph {
    pub(super) options: Options,
    credential: Credential,
    wire: Box<dyn Wire>,
    access: tokio::sync::Mutex<Option<Access>>,
    requests: AtomicU64,
}

struct Access {
    token: SecretString,
    until: Instant,
}

/// Pauses the server asks for are taken for this at most.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// A token is renewed this long before it ends.
const BEFORE_END: Duration = Duration::from_mins(2);
/// Tries that met no answer at all.
const CONNECTION_TRIES: u32 = 5;
/// What the federated credential of the application must name as its audience.
const AUDIENCE: &str = "api://AzureADTokenExchange";
const SCOPE: &str = "https://graph.microsoft.com/.default";

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("graph", &self.options.graph)
            .field("tenant", &self.credential.tenant)
            .finish_non_exhaustive()
    }
}

/// Whether a request may be sent again although an earlier one may have been carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

impl Graph {
    /// A client over a given wire.
    pub fn over(credential: Credential, options: Options, wire: Box<dyn Wire>) -> Self {
        let access = tokio::sync::Mutex::new(None);
        Self { options, credential, wire, access, requests: AtomicU64::new(0) }
    }

    /// How many requests were sent, tries and signing in counted.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// GETs one object.
    pub async fn get<T: DeserializeOwned>(
        &self,
        version: Version,
        path: &str,
    ) -> Result<T, GraphError> {
        let (call, url) = self.target("GET", version, path)?;
        let answer = self.read(&call, url, false).await?;
        parse(&call, &answer.body)
    }

    pub(super) async fn read(
        &self,
        call: &Call,
        url: Url,
        eventual: bool,
    ) -> Result<Answer, GraphError> {
        let make = || (Method::GET, Body::Empty);
        self.exchange(call, &url, eventual, Kind::Read, &make).await
    }

    /// POSTs a question: something that changes nothing and may be asked again.
    pub async fn ask(
        &self,
        version: Version,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<Answer, GraphError> {
        self.post(version, path, body, Kind::Read).await
    }

    /// POSTs a change. Sent again only where the answer proves that nothing was done.
    ///
    /// # Errors
    /// [`GraphError::Unknown`] where it may have been done: read before sending again.
    pub async fn change(
        &self,
        version: Version,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<Answer, GraphError> {
        self.post(version, path, body, Kind::Write).await
    }

    async fn post(
        &self,
        version: Version,
        path: &str,
        body: &serde_json::Value,
        kind: Kind,
    ) -> Result<Answer, GraphError> {
        let (call, url) = self.target("POST", version, path)?;
        let text = body.to_string().into_bytes();
        self.exchange(&call, &url, false, kind, &|| (Method::POST, Body::Json(text.clone()))).await
    }

    pub(super) fn target(
        &self,
        method: &'static str,
        version: Version,
        path: &str,
    ) -> Result<(Call, Url), GraphError> {
        let shown = path.split_once('?').map_or(path, |(path, _)| path);
        let call = Call { method, path: format!("{}/{shown}", version.as_str()) };
        let full = format!("{}/{path}", version.as_str());
        match self.options.graph.at(&full) {
            Some(url) => Ok((call, url)),
            None => Err(GraphError::Protocol { call, reason: "it is no path of Graph".to_owned() }),
        }
    }

    /// Sends a request until it has an answer that is good, or that more tries do not help.
    async fn exchange(
        &self,
        call: &Call,
        url: &Url,
        eventual: bool,
        kind: Kind,
        make: &(dyn Fn() -> (Method, Body) + Sync),
    ) -> Result<Answer, GraphError> {
        let deadline = Instant::now() + self.options.budget;
        let (mut tries, mut unanswered, mut signed_in_again) = (0, 0, false);
        loop {
            tries += 1;
            let bearer = self.token(deadline).await?;
            let (method, body) = make();
            let request =
                Request { method, url: url.clone(), bearer: Some(bearer), body, eventual };
            let (reason, asked) = match self.send(&request).await {
                Ok(reply) if (200..300).contains(&reply.status) => {
                    let date = reply.date.as_deref().and_then(server_clock);
                    return Ok(Answer { body: reply.body, date });
                }
                Ok(reply) if reply.status == 401 && !signed_in_again => {
                    // A token may be withdrawn before it ends: once, with a new one.
                    signed_in_again = true;
                    *self.access.lock().await = None;
                    continue;
                }
                Ok(reply) if is_for_later(&reply, kind) => {
                    unanswered = 0;
                    let wait = reply.retry_after.as_deref();
                    let wait = wait.and_then(|wait| web::retry_after(wait, reply.date.as_deref()));
                    let refusal = Refusal::of(&reply);
                    (format!("HTTP {}, {}", reply.status, refusal.code), wait)
                }
                Ok(reply) if kind == Kind::Write && reply.status >= 500 => {
                    let reason = format!("HTTP {}", reply.status);
                    return Err(GraphError::Unknown { call: call.clone(), reason });
                }
                Ok(reply) => return Err(refused(call, &reply)),
                Err(Failure::Lost(reason)) if kind == Kind::Write => {
                    return Err(GraphError::Unknown { call: call.clone(), reason });
                }
                Err(Failure::NotSent(reason) | Failure::Lost(reason)) => {
                    unanswered += 1;
                    (reason, None)
                }
            };
            let asked = asked.map(|wait| wait.min(LONGEST_PAUSE));
            let wait = web::pause(self.options.first_pause, tries).max(asked.unwrap_or_default());
            if unanswered >= CONNECTION_TRIES || Instant::now() + wait > deadline {
                return Err(GraphError::Exhausted {
                    call: call.clone(),
                    reason,
                    tries,
                    wait: asked,
                });
            }
            tracing::debug!(%call, tries, ?wait, reason, "trying again");
            sleep(wait).await;
        }
    }

    async fn send(&self, request: &Request) -> Result<Reply, Failure> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let result = self.wire.send(request).await;
        tracing::debug!(
            method = request.method.as_str(),
            path = request.url.path(),
            status = result.as_ref().ok().map(|reply| reply.status),
            bytes = result.as_ref().map_or(0, |reply| reply.body.len()),
            duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request to Graph"
        );
        result
    }

    async fn token(&self, deadline: Instant) -> Result<SecretString, GraphError> {
        let mut access = self.access.lock().await;
        if let Some(access) = access.as_ref()
            && Instant::now() + BEFORE_END < access.until
        {
            return Ok(access.token.clone());
        }
        let fresh = self.sign_in(deadline).await?;
        let token = fresh.token.clone();
        *access = Some(fresh);
        Ok(token)
    }

    async fn sign_in(&self, deadline: Instant) -> Result<Access, GraphError> {
        #[derive(Deserialize)]
        struct Granted {
            access_token: String,
            expires_in: u64,
        }
        let Credential { tenant, client_id, proof } = &self.credential;
        let mut form = vec![
            ("client_id", SecretString::from(client_id.as_str())),
            ("scope", SecretString::from(SCOPE)),
            ("grant_type", SecretString::from("client_credentials")),
        ];
        let assertion = match proof {
            Proof::Secret(secret) => {
                form.push(("client_secret", secret.clone()));
                None
            }
            Proof::Assertion(token) => Some(token.clone()),
            Proof::GithubActions { url, address, token } => {
                Some(self.github_token(url, address, token, deadline).await?)
            }
        };
        if let Some(assertion) = assertion {
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            form.push(("client_assertion_type", SecretString::from(kind)));
            form.push(("client_assertion", assertion));
        }
        let url = self.options.login.at(&format!("{tenant}/oauth2/v2.0/token"));
        let url = url.ok_or_else(|| GraphError::SignIn {
            said: format!("`{tenant}` is no tenant"),
            help: "write the tenant's id or a domain of it",
        })?;
        let request = Request {
            method: Method::POST,
            url,
            bearer: None,
            body: Body::Form(form),
            eventual: false,
        };
        let body = self.insist(&request, deadline).await?;
        let granted: Granted = serde_json::from_slice(&body).map_err(|_| GraphError::SignIn {
            said: "the answer is not what Entra documents".to_owned(),
            help: "is something between here and the sign-in address?",
        })?;
        let until = Instant::now() + Duration::from_secs(granted.expires_in.min(86_400));
        Ok(Access { token: SecretString::from(granted.access_token), until })
    }

    async fn github_token(
        &self,
        url: &SecretString,
        address: &Address,
        token: &SecretString,
        deadline: Instant,
    ) -> Result<SecretString, GraphError> {
        #[derive(Deserialize)]
        struct Issued {
            value: String,
        }
        let fault = |said: &str| GraphError::SignIn {
            said: said.to_owned(),
            help: "give the job `permissions: id-token: write`",
        };
        let mut url = Url::parse(url.expose_secret())
            .map_err(|_| fault("ACTIONS_ID_TOKEN_REQUEST_URL is no address"))?;
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        // The address was judged without its query.
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_path(&format!("{}/", bare.path()));
        if !address.serves(&bare) {
            return Err(fault("ACTIONS_ID_TOKEN_REQUEST_URL leads elsewhere"));
        }
        let request = Request {
            method: Method::GET,
            url,
            bearer: Some(token.clone()),
            body: Body::Empty,
            eventual: false,
        };
        let body = self.insist(&request, deadline).await?;
        let issued: Issued =
            serde_json::from_slice(&body).map_err(|_| fault("GitHub's answer holds no token"))?;
        Ok(SecretString::from(issued.value))
    }

    /// Sends a request of signing in until there is an answer that says yes or no.
    async fn insist(&self, request: &Request, deadline: Instant) -> Result<Vec<u8>, GraphError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (said, wait) = match self.send(request).await {
                Ok(reply) if (200..300).contains(&reply.status) => return Ok(reply.body),
                Ok(reply) if reply.status == 429 || reply.status >= 500 => {
                    let wait = reply.retry_after.as_deref();
                    let wait = wait.and_then(|wait| web::retry_after(wait, reply.date.as_deref()));
                    (format!("HTTP {}", reply.status), wait)
                }
                Ok(reply) => return Err(sign_in_refused(&reply)),
                Err(Failure::NotSent(reason) | Failure::Lost(reason)) => (reason, None),
            };
            let wait = wait.unwrap_or_default().min(LONGEST_PAUSE);
            let wait = wait.max(web::pause(self.options.first_pause, tries));
            if tries > CONNECTION_TRIES || Instant::now() + wait > deadline {
                return Err(GraphError::SignIn { said, help: "run it again later" });
            }
            sleep(wait).await;
        }
    }
}

pub(super) fn parse<T: DeserializeOwned>(call: &Call, body: &[u8]) -> Result<T, GraphError> {
    serde_json::from_slice(body).map_err(|error| GraphError::Protocol {
        call: call.clone(),
        reason: format!("the answer is not what Graph documents: {error}"),
    })
}

/// Whether more tries may help. A write only after an answer that says that nothing was done.
fn is_for_later(reply: &Reply, kind: Kind) -> bool {
    reply.status == 429
        || (kind == Kind::Read && matches!(reply.status, 408 | 500 | 502 | 503 | 504))
}

/// What Graph says of an error.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn of(reply: &Reply) -> Self {
        Self::of_body(&reply.body)
    }

    pub(super) fn of_body(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Outer {
            error: Inner,
        }
        #[derive(Deserialize)]
        struct Inner {
            #[serde(default)]
            code: String,
            #[serde(default)]
            message: String,
        }
        match serde_json::from_slice::<Outer>(body) {
            Ok(Outer { error: Inner { code, message } }) => {
                Self { code: line(&code), message: line(&message) }
            }
            Err(_) => Self { code: "no reason".to_owned(), message: line(&lossy(body)) },
        }
    }
}

pub(super) fn refused(call: &Call, reply: &Reply) -> GraphError {
    if (300..400).contains(&reply.status) {
        let to = reply.location.as_deref().and_then(|to| Url::parse(to).ok());
        let to = to.and_then(|url| Some(line(url.host_str()?))).unwrap_or_default();
        let reason = format!("it redirects to {to}, and redirects are not followed with a token");
        return GraphError::Protocol { call: call.clone(), reason };
    }
    let Refusal { code, message } = Refusal::of(reply);
    GraphError::Refused {
        call: call.clone(),
        status: reply.status,
        code,
        message,
        help: help(reply.status),
    }
}

pub(super) fn help(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("the application is not let in: check tenant, client id and its secret"),
        403 => Some(
            "the application lacks a permission, or nobody has consented to it: the README lists \
             the application permissions vpp needs for reading and for writing",
        ),
        _ => None,
    }
}

fn sign_in_refused(reply: &Reply) -> GraphError {
    #[derive(Deserialize)]
    struct Said {
        #[serde(default)]
        error: String,
        #[serde(default)]
        error_description: String,
    }
    let said = serde_json::from_slice::<Said>(&reply.body).ok();
    let text = said.map_or_else(
        || format!("HTTP {}", reply.status),
        |said| {
            let first = said.error_description.lines().next().unwrap_or_default().to_owned();
            line(&format!("{}: {first}", said.error))
        },
    );
    let help = [
        ("AADSTS70021", "the federated credential's issuer or subject is not this job's"),
        ("AADSTS700213", "the federated credential's subject is not this job's"),
        ("AADSTS7000215", "the client secret is wrong: give its value, not its id"),
        ("AADSTS7000222", "the client secret has expired: make a new one"),
        ("AADSTS700016", "there is no such application in this tenant"),
        ("AADSTS90002", "there is no such tenant"),
    ];
    let help = help.iter().rev().find(|(code, _)| text.contains(code));
    GraphError::SignIn {
        said: text,
        help: help.map_or("check tenant, client id and secret", |(_, help)| help),
    }
}

fn lossy(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..2000).unwrap_or(body)).into_owned()
}

/// Foreign text as one line of at most 300 characters without control characters.
pub(super) fn line(text: &str) -> String {
    let mut clean = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if !word.is_empty() {
            if !clean.is_empty() {
                clean.push(' ');
            }
            clean.push_str(word);
        }
    }
    match clean.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", clean.get(..end).unwrap_or_default()),
        None => clean,
    }
}

fn server_clock(date: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())
}
