use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::scrub::Scrubber;
use super::wire::{HttpWire, Reply, Request, Wire};
use super::{Address, Trouble};
use crate::web::{pause, retry_after};

/// How patiently servers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The pause after the first failed try; it doubles each time, up to 30 s.
    pub first_pause: Duration,
    /// How often a request without an answer, or with an error of the server's own, is sent.
    pub tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { first_pause: Duration::from_millis(500), tries: 5 }
    }
}

/// Asks one server, again and again within the time there is.
pub(in crate::inventory) struct Asker {
    wire: Box<dyn Wire>,
    patience: Patience,
    /// When the time of the inventory is over.
    deadline: Instant,
    scrub: Mutex<Scrubber>,
}

impl Asker {
    /// For one server. `time` is what the whole inventory may take.
    pub(in crate::inventory) fn new(
        address: &Address,
        patience: Patience,
        time: Duration,
    ) -> Result<Self, Trouble> {
        let wire = HttpWire::new(address)
            .map_err(|why| Trouble::Setup(format!("the HTTPS client cannot be built: {why}")))?;
        Ok(Self::over(Box::new(wire), patience, time))
    }

    /// Over a given wire.
    pub(super) fn over(wire: Box<dyn Wire>, patience: Patience, time: Duration) -> Self {
        let now = Instant::now();
        let deadline = now.checked_add(time).unwrap_or(now + Duration::from_hours(24));
        Self { wire, patience, deadline, scrub: Mutex::default() }
    }

    /// From now on this never stands in a message.
    pub(in crate::inventory) fn keep_out(&self, secret: &SecretString) {
        self.scrub.lock().unwrap_or_else(PoisonError::into_inner).keep_out(secret);
    }

    /// Foreign text as one clean line.
    pub(in crate::inventory) fn line(&self, text: &str) -> String {
        self.scrub.lock().unwrap_or_else(PoisonError::into_inner).line(text)
    }

    /// Waits, or says that there is no time for it.
    pub(in crate::inventory) async fn wait(
        &self,
        call: &str,
        asked: Option<Duration>,
        tries: u32,
    ) -> Result<(), Trouble> {
        let own = pause(self.patience.first_pause, tries);
        let wait = asked.unwrap_or_default().max(own);
        let left = self.deadline.saturating_duration_since(Instant::now());
        if wait >= left {
            return Err(Trouble::Throttled { call: call.to_owned(), wait: asked });
        }
        sleep(wait).await;
        Ok(())
    }

    /// An answer that is no error of the server's own: what it throttles or fails at is asked
    /// again.
    pub(super) async fn ask(&self, request: &Request) -> Result<Reply, Trouble> {
        let call = request.call();
        let mut tries = 0;
        let mut failed = 0;
        loop {
            tries += 1;
            let why = match self.wire.send(request).await {
                Ok(reply) => match reply.status {
                    429 | 503 if reply.retry_after.is_some() || reply.status == 429 => {
                        let asked = reply.retry_after.as_deref();
                        let asked = asked.and_then(|text| retry_after(text, reply.date.as_deref()));
                        self.wait(&call, asked, tries).await?;
                        continue;
                    }
                    408 | 500..600 => format!("HTTP {}{}", reply.status, self.said(&reply)),
                    300..400 => {
                        let why = format!(
                            "the server sends elsewhere (HTTP {}), and no redirect is followed with a secret",
                            reply.status
                        );
                        return Err(Trouble::Unusable { call, why });
                    }
                    _ => return Ok(reply),
                },
                Err(lost) => self.line(&lost.0),
            };
            failed += 1;
            let left = self.deadline.saturating_duration_since(Instant::now());
            let wait = pause(self.patience.first_pause, failed);
            if failed >= self.patience.tries || wait >= left {
                return Err(Trouble::NoAnswer { call, why, tries });
            }
            sleep(wait).await;
        }
    }

    /// The same, where only success is an answer.
    pub(in crate::inventory) async fn success(&self, request: &Request) -> Result<Reply, Trouble> {
        let reply = self.ask(request).await?;
        if (200..300).contains(&reply.status) {
            Ok(reply)
        } else {
            Err(self.refused(request, &reply))
        }
    }

    pub(super) fn refused(&self, request: &Request, reply: &Reply) -> Trouble {
        Trouble::Refused { call: request.call(), status: reply.status, said: self.said(reply) }
    }

    /// What an error's body says, for people: `: text`, or nothing.
    fn said(&self, reply: &Reply) -> String {
        let text = String::from_utf8_lossy(&reply.body);
        let line = self.line(text.trim());
        if line.is_empty() { String::new() } else { format!(": {line}") }
    }

    /// The JSON of an answer.
    #[expect(clippy::unused_self, reason = "only who has asked has an answer to read")]
    pub(in crate::inventory) fn parse<T: DeserializeOwned>(
        &self,
        call: &str,
        body: &[u8],
    ) -> Result<T, Trouble> {
        let unusable = |why: String| Trouble::Unusable { call: call.to_owned(), why };
        let text = std::str::from_utf8(body)
            .map_err(|_| unusable("the answer is not UTF-8".to_owned()))?;
        // serde repeats values in its messages; where it stands is enough.
        serde_json::from_str(text).map_err(|error| {
            let how = match error.classify() {
                serde_json::error::Category::Eof => "breaks off",
                serde_json::error::Category::Data => "is not of the form the server documents",
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                    "is not JSON"
                }
            };
            unusable(format!("the answer {how} (line {}, column {})", error.line(), error.column()))
        })
    }
}
