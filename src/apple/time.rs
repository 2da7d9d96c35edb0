//! Apple's spellings of points in time.

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
}
