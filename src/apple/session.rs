use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::Endpoint;
use super::connection::{OwnerPolicy, Settings};
use super::error::{AppleError, CallName};
use super::gate::{Gate, PausedFor};
use super::judge::{Again, Good, Verdict, judge};
use super::reply::{Envelope, Enveloped, RawServiceConfig, ServiceConfig};
use super::scrub::Scrubber;
use super::time;
use super::wire::{Request, Wire};
use crate::actual::{Limits, MdmInfo};
use crate::web;

/// What all clones of one reader share: the connection, its pace, and what Apple's answers have
/// told of the location so far.
pub(super) struct Session {
    pub(super) endpoint: Endpoint,
    pub(super) settings: Settings,
    wire: Box<dyn Wire>,
    scrub: Scrubber,
    gate: Gate,
    requests: AtomicU64,
    known: Mutex<Known>,
    refresh: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    uid: Option<String>,
    /// The latest owner an answer named.
    owner: Option<MdmInfo>,
    found_owner: FoundOwner,
    expires: Option<Timestamp>,
    config: Option<(Instant, Arc<ServiceConfig>)>,
}

/// Who held the location when its configuration was read first or written by us.
#[derive(Debug, Default)]
enum FoundOwner {
    #[default]
    NotRead,
    Nobody,
    Somebody(String),
}

/// Apple asks to read `service/config` again this often.
const CONFIG_AGE: Duration = Duration::from_mins(5);
/// How long the last configuration serves on when it could not be read again.
const CONFIG_GRACE: Duration = Duration::from_secs(30);
/// A longer `Retry-After` than this is taken as this.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Tries that met no answer at all.
const CONNECTION_TRIES: u32 = 5;

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("endpoint", &self.endpoint)
            .field("location", &self.settings.location)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(
        endpoint: Endpoint,
        settings: Settings,
        wire: Box<dyn Wire>,
        scrub: Scrubber,
    ) -> Self {
        Self {
            gate: Gate::new(settings.at_once, settings.rate(Limits::default())),
            endpoint,
            settings,
            wire,
            scrub,
            requests: AtomicU64::new(0),
            known: Mutex::default(),
            refresh: tokio::sync::Mutex::new(()),
        }
    }

    /// How many requests were sent, tries counted each.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn name(&self, method: &'static str, path: impl Into<String>) -> CallName {
        CallName::new(self.settings.location.clone(), method, path.into())
    }

    /// Foreign text as one clean line without the token.
    pub(super) fn line(&self, text: &str) -> String {
        self.scrub.line(text)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn uid(&self) -> Option<String> {
        self.known().uid.clone()
    }

    pub(super) fn owner(&self) -> Option<MdmInfo> {
        self.known().owner.clone()
    }

    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.known().expires.or(self.settings.token_expires)
    }

    /// The configuration read last, however old.
    pub(super) fn last_config(&self) -> Option<Arc<ServiceConfig>> {
        self.known().config.as_ref().map(|(_, config)| config.clone())
    }

    /// Has the configuration read again before the next request.
    pub(super) fn forget_config(&self) {
        if let Some((read_at, _)) = &mut self.known().config
            && let Some(past) = read_at.checked_sub(CONFIG_AGE)
        {
            *read_at = past;
        }
    }

    fn fresh_config(&self) -> Option<Arc<ServiceConfig>> {
        let known = self.known();
        let (read_at, config) = known.config.as_ref()?;
        (read_at.elapsed() < CONFIG_AGE).then(|| config.clone())
    }

    /// Apple's limits and addresses, at most five minutes old.
    pub(super) async fn config(&self) -> Result<Arc<ServiceConfig>, AppleError> {
        if let Some(config) = self.fresh_config() {
            return Ok(config);
        }
        let _one_at_a_time = self.refresh.lock().await;
        if let Some(config) = self.fresh_config() {
            return Ok(config);
        }
        let read = self.read_config().await;
        let mut known = self.known();
        match (read, &mut known.config) {
            (Ok(config), slot) => {
                self.gate.set_rate(self.settings.rate(config.limits));
                let config = Arc::new(config);
                *slot = Some((Instant::now(), config.clone()));
                Ok(config)
            }
            (Err(error), Some((read_at, config))) => {
                tracing::warn!(%error, "limits could not be read again, the last ones stand");
                let again = (CONFIG_AGE).saturating_sub(CONFIG_GRACE);
                *read_at = Instant::now().checked_sub(again).unwrap_or(*read_at);
                Ok(config.clone())
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn read_config(&self) -> Result<ServiceConfig, AppleError> {
        let call = self.name("GET", "service/config");
        let url = self.endpoint.at("service/config");
        let request = Request { url, body: None, with_token: false };
        let good = self.exchange(&call, &request).await?;
        let raw: RawServiceConfig = self.parse(&call, &good)?;
        Ok(raw.into())
    }

    /// The address of a call: Apple's own where it serves this endpoint, else the usual path.
    ///
    /// The token goes to no other host than the endpoint's, whatever the configuration says.
    pub(super) async fn url(&self, key: &str, path: &str) -> Result<Url, AppleError> {
        let config = self.config().await?;
        let Some(url) = config.urls.get(key).and_then(|text| Url::parse(text).ok()) else {
            return Ok(self.endpoint.at(path));
        };
        if self.endpoint.serves(&url) {
            return Ok(url);
        }
        tracing::debug!(key, host = url.host_str(), "address of another host is not used");
        Ok(self.endpoint.at(path))
    }

    /// Sends a request until it has an answer that is no error, or that more tries do not help.
    ///
    /// May be dropped at any time; a write dropped on its way has an unknown outcome.
    pub(super) async fn exchange(
        &self,
        call: &CallName,
        request: &Request,
    ) -> Result<Good, AppleError> {
        let write = request.body.is_some();
        let deadline = Instant::now() + self.settings.retry_budget;
        let mut unanswered = 0;
        let mut tries = 0;
        loop {
            tries += 1;
            let slot = match self.gate.enter(deadline).await {
                Ok(slot) => slot,
                Err(PausedFor(wait)) => {
                    return Err(AppleError::Exhausted {
                        call: call.clone(),
                        said: None,
                        reason: "Apple asked to pause all requests of this token".to_owned(),
                        tries: tries - 1,
                        wait: Some(wait),
                    });
                }
            };
            let again = match self.attempt(call, request, write).await {
                Verdict::Good(good) => return Ok(good),
                Verdict::Stop(error) => {
                    if matches!(error, AppleError::Limits { .. }) {
                        self.forget_config();
                    }
                    return Err(error);
                }
                Verdict::Again(again) => again,
            };
            drop(slot);
            unanswered = if again.said.is_none() { unanswered + 1 } else { 0 };
            let pause = web::pause(self.settings.first_backoff, tries);
            let asked = again.wait.map(|wait| wait.min(LONGEST_PAUSE));
            let wait = asked.unwrap_or_default().max(pause);
            if again.for_all {
                self.gate.pause(wait);
            }
            if unanswered >= CONNECTION_TRIES || Instant::now() + wait > deadline {
                return Err(self.gave_up(call, again, tries, asked));
            }
            tracing::debug!(%call, tries, ?wait, "trying again");
            sleep(wait).await;
        }
    }

    async fn attempt(&self, call: &CallName, request: &Request, write: bool) -> Verdict {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let result = self.wire.send(request).await;
        let status = result.as_ref().ok().map(|reply| reply.status);
        let bytes = result.as_ref().map_or(0, |reply| reply.body.len());
        let verdict = judge(result, call, write, &self.scrub);
        tracing::debug!(
            method = call.method(),
            path = call.path(),
            query = request.url.query().map(|query| self.line(query)),
            status,
            bytes,
            duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request to Apple"
        );
        if let Verdict::Again(Again { said: Some(said), .. }) = &verdict {
            tracing::debug!(%call, %said, "refused for the moment");
        }
        verdict
    }

    fn gave_up(
        &self,
        call: &CallName,
        again: Again,
        tries: u32,
        wait: Option<Duration>,
    ) -> AppleError {
        match again.said {
            Some(said) => AppleError::Exhausted {
                call: call.clone(),
                said: Some(said),
                reason: again.reason,
                tries,
                wait: wait.filter(|wait| !wait.is_zero()),
            },
            None => AppleError::Transport {
                call: call.clone(),
                endpoint: self.endpoint.to_string(),
                reason: again.reason,
                tries,
            },
        }
    }

    /// Parses an answer that carries no envelope.
    pub(super) fn parse<T: DeserializeOwned>(
        &self,
        call: &CallName,
        good: &Good,
    ) -> Result<T, AppleError> {
        serde_json::from_str(&good.text).map_err(|error| self.not_apples(call, good, &error))
    }

    /// Parses an answer and holds its envelope against what is expected.
    pub(super) fn parse_checked<'a, T>(
        &self,
        call: &CallName,
        good: &'a Good,
    ) -> Result<T, AppleError>
    where
        T: serde::Deserialize<'a> + Enveloped,
    {
        let parsed: T = serde_json::from_str(&good.text)
            .map_err(|error| self.not_apples(call, good, &error))?;
        self.check(call, parsed.envelope())?;
        Ok(parsed)
    }

    /// The same, with a parser of its own.
    pub(super) fn parse_checked_with<'a, S>(
        &self,
        call: &CallName,
        good: &'a Good,
        seed: S,
    ) -> Result<S::Value, AppleError>
    where
        S: serde::de::DeserializeSeed<'a>,
        S::Value: Enveloped,
    {
        let mut json = serde_json::Deserializer::from_str(&good.text);
        let parsed = seed.deserialize(&mut json).and_then(|parsed| json.end().map(|()| parsed));
        let parsed = parsed.map_err(|error| self.not_apples(call, good, &error))?;
        self.check(call, parsed.envelope())?;
        Ok(parsed)
    }

    pub(super) fn not_apples(
        &self,
        call: &CallName,
        good: &Good,
        reason: &dyn fmt::Display,
    ) -> AppleError {
        AppleError::Protocol {
            call: call.clone(),
            status: good.status,
            content_type: good.content_type.clone(),
            reason: self.line(&reason.to_string()),
            start: self.line(&good.text).chars().take(120).collect(),
        }
    }

    /// Holds an answer's library and owner against what is expected, and remembers them.
    fn check(&self, call: &CallName, envelope: Envelope<'_>) -> Result<(), AppleError> {
        let mut known = self.known();
        if let Some(found) = envelope.uid.filter(|uid| !uid.is_empty()) {
            let pinned = self.settings.expected_uid.as_ref();
            if let Some(expected) = pinned.or(known.uid.as_ref())
                && expected != found
            {
                return Err(AppleError::WrongLocation {
                    call: call.clone(),
                    expected: expected.clone(),
                    found: self.line(found),
                    pinned: pinned.is_some(),
                });
            }
            if known.uid.is_none() {
                known.uid = Some(found.to_owned());
            }
        }
        if let Some(owner) = envelope.owner {
            if known.owner.as_ref().is_some_and(|before| before.id != owner.id) {
                tracing::warn!(%call, "the location's owner has changed");
            }
            known.owner = Some(owner);
        }
        if let Some(expires) = envelope.expires.and_then(time::parse) {
            known.expires = Some(expires);
        }
        Ok(())
    }

    /// Notes the owner a client configuration names, or that it names none.
    ///
    /// Only this answer can say "nobody": the others leave `mdmInfo` out at times.
    pub(super) fn note_owner(&self, owner: Option<&MdmInfo>, ours: bool) {
        let mut known = self.known();
        known.owner = owner.cloned();
        if ours || matches!(known.found_owner, FoundOwner::NotRead) {
            known.found_owner =
                owner.map_or(FoundOwner::Nobody, |owner| FoundOwner::Somebody(owner.id.clone()));
        }
    }

    /// Whether the client configuration was read and the library is known: before that, nothing
    /// is written.
    pub(super) fn is_introduced(&self) -> bool {
        let known = self.known();
        known.uid.is_some() && !matches!(known.found_owner, FoundOwner::NotRead)
    }

    /// Refuses to write where somebody else holds the location.
    pub(super) fn may_write(&self, call: &CallName) -> Result<(), AppleError> {
        let known = self.known();
        let found = known.owner.as_ref().map(|owner| owner.id.as_str());
        let expected = match &self.settings.owner {
            OwnerPolicy::Only(id) => Some(id.clone()),
            OwnerPolicy::AsFound => match &known.found_owner {
                FoundOwner::Somebody(id) => Some(id.clone()),
                FoundOwner::NotRead | FoundOwner::Nobody => None,
            },
        };
        let foreign = match (&self.settings.owner, found) {
            (_, Some(found)) => expected.as_deref() != Some(found),
            // Nobody yet: the first write of a run claims it.
            (OwnerPolicy::Only(_), None) => false,
            (OwnerPolicy::AsFound, None) => expected.is_some(),
        };
        if !foreign {
            return Ok(());
        }
        Err(AppleError::ForeignOwner { call: call.clone(), expected, found: known.owner.clone() })
    }
}
