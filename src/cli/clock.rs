//! The only place that asks what time it is.

use jiff::Timestamp;

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the clock room")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
