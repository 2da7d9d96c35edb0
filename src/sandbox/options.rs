use std::time::Duration;

use camino::Utf8PathBuf;
use jiff::Timestamp;

/// How a sandbox behaves, apart from what it holds.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long every answer takes on top of the work itself.
    pub latency: Duration,
    /// Records on one page. Apple's size is its own affair: "several hundred".
    pub page_size: usize,
    /// Misbehave, the same way for the same seed. See [`super::chaos`](super#chaos).
    pub chaos_seed: Option<u64>,
    /// With chaos: after so many requests every token used is revoked (9625).
    pub revoke_after: Option<u64>,
    /// From the acceptance of a request to its first batch of 100 tasks. The rest is spread over
    /// as long again, whatever its size.
    pub event_delay: Duration,
    /// How much longer a stuck event takes under chaos.
    pub stuck_for: Duration,
    /// The time of day at the start; it then moves on with tokio's clock.
    pub start: Timestamp,
    /// Where holdings are kept between runs.
    pub state_file: Option<Utf8PathBuf>,
    /// When `tokenExpirationDate` is in the answers.
    pub expiry: ExpiryShown,
    /// Requests one location answers at the same time; more are refused with 9646. Apple: 5.
    pub simultaneous: usize,
    /// Whether requests beyond the announced rate (`maxRequestPerSecond`) are refused.
    pub paced: bool,
    /// Between two attempts to deliver a notification. Apple: three within one to five minutes.
    pub notification_retry: Duration,
    /// How many versions of a data set `sinceVersionId` still knows; older ones are 9721.
    pub version_retention: u64,
    /// How many settled events are remembered per location; older ones are 9708.
    pub event_retention: usize,
}

impl Options {
    /// A quick, well-behaved sandbox whose clock starts at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self {
            latency: Duration::ZERO,
            page_size: 549,
            chaos_seed: None,
            revoke_after: None,
            event_delay: Duration::from_millis(5),
            stuck_for: Duration::from_millis(250),
            start,
            state_file: None,
            expiry: ExpiryShown::Always,
            simultaneous: 5,
            paced: true,
            notification_retry: Duration::from_millis(200),
            version_retention: 10_000,
            event_retention: 10_000,
        }
    }
}

/// When `tokenExpirationDate` is in the answers. Apple's text says within 15 days of the end;
/// nearly all of its examples show it anyway. `client/config` always has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExpiryShown {
    /// In every answer.
    #[default]
    Always,
    /// Only during the last 15 days.
    Within15Days,
}
