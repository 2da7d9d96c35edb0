//! What every step of one location's run shares.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::actual::Limits;
use crate::apple::{AppleError, Reader, Writer, error_number};
use crate::manifest::kind::Breaker as Bounds;

use super::breaker::Breaker;
use super::install::Wishes;
use super::journal::Journal;
use super::outcome::Event;
use super::reclaim::Fleet;
use super::stop::Stop;
use super::work::Reason;

/// How a run goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Requests whose events are followed at the same time. Apple asks for few large requests
    /// rather than many small ones (Apple's page: managing-assets).
    pub in_flight: usize,
    /// How often pairs are sent at most, the first time included.
    pub rounds: u32,
    /// Wait before the second round; doubled before each further one.
    pub pause: Duration,
    /// When the run stops by itself.
    pub bounds: Bounds,
    /// How long devices are waited for.
    pub patience: Patience,
}

/// How long devices are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// At least so long after the run began.
    pub wait: Duration,
    /// So long after one last answered, or was told something.
    pub grace: Duration,
    /// Between two questions at first; it grows while nothing is heard.
    pub poll: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { wait: Duration::ZERO, grace: Duration::from_secs(30), poll: Duration::from_secs(2) }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            in_flight: 4,
            rounds: 4,
            pause: Duration::from_secs(10),
            bounds: Bounds::default(),
            patience: Patience::default(),
        }
    }
}

/// Hears of every step while it happens.
pub trait Observer {
    /// Something happened.
    fn note(&self, event: Event);
}

/// Why nothing more is tried in a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Halt {
    /// It stopped by itself.
    Stopped(Reason),
    /// Somebody asked.
    Interrupted,
}

/// What every step of one location's run shares.
pub(super) struct Run<'r> {
    pub(super) location: &'r str,
    pub(super) writer: &'r Writer,
    pub(super) observer: &'r dyn Observer,
    pub(super) stop: &'r Stop,
    pub(super) options: Options,
    pub(super) breaker: Breaker,
    pub(super) journal: Journal<'r>,
    /// What is to be installed with which license.
    pub(super) wishes: Wishes,
    /// The devices of the location's server, once it was asked.
    pub(super) fleet: OnceCell<Result<Arc<Fleet>, String>>,
}

impl Run<'_> {
    pub(super) fn reader(&self) -> &Reader {
        self.writer.reader()
    }

    pub(super) fn limits(&self) -> Limits {
        self.reader().limits()
    }

    pub(super) fn note(&self, event: Event) {
        self.observer.note(event);
    }

    /// Whether the next step may start.
    pub(super) fn go_on(&self) -> Result<(), Halt> {
        if self.stop.asked() {
            return Err(Halt::Interrupted);
        }
        match self.journal.trouble().or_else(|| self.breaker.tripped()) {
            Some(message) => Err(Halt::Stopped(Reason { number: None, message })),
            None => Ok(()),
        }
    }

    /// Whether everything could be written down.
    pub(super) fn unbroken(&self) -> Result<(), Halt> {
        let stopped = |message| Err(Halt::Stopped(Reason { number: None, message }));
        self.journal.trouble().map_or(Ok(()), stopped)
    }

    /// Waits before another round, unless somebody asks to stop.
    pub(super) async fn pause(&self, round: u32) {
        let factor = 2_u32.saturating_pow(round.min(6));
        tokio::select! {
            () = tokio::time::sleep(self.options.pause.saturating_mul(factor)) => {}
            () = self.stop.wait() => {}
        }
    }
}

/// Why a location ends: the whole of what an error says, with what to do next.
pub(super) fn reason(error: &AppleError) -> Reason {
    Reason { number: error.number(), message: error.to_string() }
}

/// Why pairs or people failed. The report adds what to do next by the number, and the same failure
/// in two locations reads the same.
pub(super) fn why(error: &AppleError) -> Reason {
    let Some((said, number)) = error.said().and_then(|said| Some((said, said.number?))) else {
        return reason(error);
    };
    let meaning = error_number(number).map_or("an error vpp does not know", |entry| entry.meaning);
    let text = if said.message.is_empty() {
        format!("{meaning} (HTTP {})", said.status)
    } else {
        format!("{meaning} (\"{}\", HTTP {})", said.message, said.status)
    };
    let message = match error {
        AppleError::Exhausted { .. } => format!("given up for now: {text}"),
        AppleError::Token { .. }
        | AppleError::Limits { .. }
        | AppleError::StaleVersion { .. }
        | AppleError::PageOutOfRange { .. }
        | AppleError::WrongLocation { .. }
        | AppleError::ForeignOwner { .. }
        | AppleError::Refused { .. }
        | AppleError::Unknown { .. }
        | AppleError::Transport { .. }
        | AppleError::Redirect { .. }
        | AppleError::Protocol { .. }
        | AppleError::Setup { .. } => text,
    };
    Reason { number: Some(number), message }
}
