use std::time::Duration;

use jiff::Timestamp;

use super::error::AppleError;
use super::scrub::Scrubber;
use super::session::Session;
use super::wire::{HttpWire, Manners, Wire};
use super::{Endpoint, Reader, Token};
use crate::actual::Limits;

/// How to reach one location: a builder. One connection is made per token, so that its pace is
/// kept by everybody who uses it.
#[derive(Debug, Clone)]
#[must_use]
pub struct Connection {
    endpoint: Option<Endpoint>,
    token: Token,
    settings: Settings,
    connect_timeout: Duration,
    timeout: Duration,
    gzip: bool,
}

/// Whose locations are written to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OwnerPolicy {
    /// No owner is declared: whoever holds the location when it is first read goes on holding it;
    /// a change during the run stops all writing.
    #[default]
    AsFound,
    /// Only where this owner id holds the location, or nobody yet.
    Only(String),
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) location: Option<String>,
    pub(super) expected_uid: Option<String>,
    pub(super) owner: OwnerPolicy,
    pub(super) token_expires: Option<Timestamp>,
    pub(super) at_once: usize,
    pub(super) requests_per_second: Option<u32>,
    pub(super) unpaced: bool,
    pub(super) retry_budget: Duration,
    pub(super) first_backoff: Duration,
    pub(super) first_poll: Duration,
    pub(super) poll_interval: Duration,
    pub(super) poll_budget: Duration,
}

impl Settings {
    /// Requests a second: Apple's figure, or less where less is wanted.
    pub(super) fn rate(&self, limits: Limits) -> u32 {
        if self.unpaced {
            return u32::MAX;
        }
        self.requests_per_second.unwrap_or(u32::MAX).min(limits.requests_per_second)
    }
}

impl Connection {
    /// A connection to Apple with this token.
    pub fn new(token: Token) -> Self {
        let settings = Settings {
            location: None,
            expected_uid: None,
            owner: OwnerPolicy::AsFound,
            token_expires: token.expires(),
            at_once: 5,
            requests_per_second: None,
            unpaced: false,
            retry_budget: Duration::from_mins(5),
            first_backoff: Duration::from_millis(500),
            first_poll: Duration::from_secs(2),
            poll_interval: Duration::from_secs(30),
            poll_budget: Duration::from_mins(10),
        };
        Self {
            endpoint: None,
            token,
            settings,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_mins(1),
            gzip: true,
        }
    }

    /// Another server than Apple's.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Name of the location, for messages.
    pub fn location(mut self, name: impl Into<String>) -> Self {
        self.settings.location = Some(name.into());
        self
    }

    /// The library (`uId`) the token must open; every answer is held against it.
    pub fn expected_uid(mut self, uid: Option<String>) -> Self {
        self.settings.expected_uid = uid;
        self
    }

    /// Whose locations are written to.
    pub fn owner(mut self, policy: OwnerPolicy) -> Self {
        self.settings.owner = policy;
        self
    }

    /// No more requests at once than this (5 by Apple's advice), at least one.
    pub fn at_once(mut self, requests: usize) -> Self {
        self.settings.at_once = requests.max(1);
        self
    }

    /// No more requests a second than this, even where Apple allows more.
    pub fn requests_per_second(mut self, requests: u32) -> Self {
        self.settings.requests_per_second = Some(requests.max(1));
        self
    }

    /// As many requests a second as there is time for. Only for a sandbox that counts none: Apple
    /// refuses whoever is faster than its limit.
    pub fn unpaced(mut self) -> Self {
        self.settings.unpaced = true;
        self
    }

    /// Answers come unpacked. For a server on this machine, where packing costs twice and no
    /// network gains from it.
    pub fn uncompressed(mut self) -> Self {
        self.gzip = false;
        self
    }

    /// How long one call may go on trying (5 minutes).
    pub fn retry_budget(mut self, budget: Duration) -> Self {
        self.settings.retry_budget = budget;
        self
    }

    /// The pause after the first failed try (500 ms); it doubles each time, up to 30 s.
    pub fn first_backoff(mut self, pause: Duration) -> Self {
        self.settings.first_backoff = pause;
        self
    }

    /// How long to wait between two questions for an event's state (30 s, which Apple asks for).
    /// The first question comes after 2 s, or after this interval where that is shorter.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.settings.first_poll = self.settings.first_poll.min(interval);
        self.settings.poll_interval = interval;
        self
    }

    /// How long an event is followed at the most (10 minutes).
    pub fn poll_budget(mut self, budget: Duration) -> Self {
        self.settings.poll_budget = budget;
        self
    }

    /// How long a connection may take to come about (10 s) and a whole request to be answered
    /// (60 s).
    pub fn timeouts(mut self, connect: Duration, whole: Duration) -> Self {
        self.connect_timeout = connect;
        self.timeout = whole;
        self
    }

    /// Sets up the client. Sends nothing yet.
    ///
    /// The usual proxy variables are honored, except for loopback.
    ///
    /// # Errors
    /// [`AppleError::Setup`] where the HTTPS client cannot be built.
    pub fn connect(self) -> Result<Reader, AppleError> {
        let endpoint = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => Endpoint::apple()
                .map_err(|error| AppleError::Setup { reason: error.to_string() })?,
        };
        let manners =
            Manners { connect: self.connect_timeout, whole: self.timeout, gzip: self.gzip };
        let wire = HttpWire::new(&endpoint, &self.token, &manners)
            .map_err(|reason| AppleError::Setup { reason })?;
        Ok(self.over(endpoint, Box::new(wire)))
    }

    /// A reader over a given wire.
    pub(super) fn over(self, endpoint: Endpoint, wire: Box<dyn Wire>) -> Reader {
        let scrub = Scrubber::new(&self.token);
        Reader::new(Session::new(endpoint, self.settings, wire, scrub))
    }
}
