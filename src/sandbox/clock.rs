use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::lock;

/// What time it is at this Apple: the given start, moved on by tokio's clock and by hand.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Timestamp,
    began: Instant,
    ahead: Mutex<Duration>,
}

impl Clock {
    pub(crate) fn new(start: Timestamp) -> Self {
        Self { start, began: Instant::now(), ahead: Mutex::new(Duration::ZERO) }
    }

    /// The time of day.
    pub(crate) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.running() + *lock(&self.ahead));
        passed.ok().and_then(|passed| self.start.checked_add(passed).ok()).unwrap_or(Timestamp::MAX)
    }

    /// How long the sandbox has been running, without what was skipped by hand.
    pub(crate) fn running(&self) -> Duration {
        self.began.elapsed()
    }

    /// Skips time.
    pub(crate) fn advance(&self, by: Duration) {
        let mut ahead = lock(&self.ahead);
        *ahead = ahead.saturating_add(by);
    }

    /// Skips time until it is at least then.
    pub(crate) fn not_before(&self, then: Timestamp) {
        if let Ok(by) = Duration::try_from(then.duration_since(self.now())) {
            self.advance(by);
        }
    }
}

/// Apple's spelling of a time: UTC, whole seconds, an offset without a colon.
pub(crate) fn apple_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_apple_does() {
        assert_eq!(
            apple_time("2030-11-08T22:33:22.5Z".parse().unwrap()),
            "2030-11-08T22:33:22+0000"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn time_passes_with_tokio_and_by_hand() {
        let clock = Clock::new("2026-01-01T00:00:00Z".parse().unwrap());
        tokio::time::advance(Duration::from_mins(1)).await;
        clock.advance(Duration::from_hours(1));
        assert_eq!(clock.now().to_string(), "2026-01-01T01:01:00Z");
    }
}
