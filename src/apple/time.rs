//! Apple's spellings of points in time.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A date as Apple writes it: with an offset without a colon (`2030-11-08T22:33:22+0000`), in RFC
/// 3339, or without an offset, which then is UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text)
        .or_else(|_| text.parse())
        .or_else(|_| text.parse::<DateTime>()?.to_zoned(TimeZone::UTC).map(|z| z.timestamp()))
        .ok()
}

/// How long `Retry-After` asks to wait: seconds, or a date held against the answer's own `Date`,
/// so that no clock of ours is needed. `None` where it cannot be understood; a date that has
/// passed is no wait.
pub(crate) fn retry_after(header: &str, answered_at: Option<&str>) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    let until = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
    let now = jiff::fmt::rfc2822::parse(answered_at?).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_spelling_apple_uses() {
        for text in
            ["2030-11-08T22:33:22+0000", "2030-11-08T22:33:22Z", "2030-11-08T22:33:22+00:00"]
        {
            assert_eq!(parse(text).unwrap().to_string(), "2030-11-08T22:33:22Z", "{text}");
        }
        assert_eq!(parse("2030-11-08T22:33:22").unwrap().to_string(), "2030-11-08T22:33:22Z");
        assert_eq!(parse("2030-11-08T22:33:22-0500").unwrap().to_string(), "2030-11-09T03:33:22Z");
        assert_eq!(parse("next year"), None);
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let date = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(retry_after("120", None), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("0", None), Some(Duration::ZERO));
        assert_eq!(
            retry_after("99999999999999999999999", None),
            Some(Duration::from_secs(u64::MAX))
        );
        let later = "Wed, 21 Oct 2026 07:30:00 GMT";
        assert_eq!(retry_after(later, date), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", date), Some(Duration::ZERO));
        assert_eq!(retry_after(later, None), None);
        assert_eq!(retry_after("soon", date), None);
        assert_eq!(retry_after("-5", date), None);
    }
}
