use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// No pause of our own is longer.
const LONGEST: Duration = Duration::from_secs(30);

/// How long to wait after the `tries`-th try: twice as long each time, and by chance between half
/// of that and all of it, so that many runs do not come back at the same moment.
pub(super) fn pause(first: Duration, tries: u32) -> Duration {
    let whole = first.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST);
    // Every hasher is keyed anew; no more chance than this is needed.
    let chance = u32::try_from(RandomState::new().hash_one(tries) % 1001).unwrap_or(500);
    whole / 2 + whole / 2 * chance / 1000
}

/// How long `Retry-After` asks to wait: seconds, or a date held against the answer's own `Date`, so
/// that no clock of ours is needed. `None` where it cannot be understood.
pub(in crate::inventory) fn retry_after(
    header: &str,
    answered_at: Option<&str>,
) -> Option<Duration> {
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
    fn pauses_double_up_to_a_bound() {
        let first = Duration::from_millis(500);
        for (tries, whole) in [(1, 500), (3, 2000), (7, 30_000), (4_000_000_000, 30_000)] {
            let whole = Duration::from_millis(whole);
            assert!((whole / 2..=whole).contains(&pause(first, tries)), "{tries}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_own_clock() {
        let date = Some("Fri, 27 Nov 2026 10:00:00 GMT");
        let wait = |header| retry_after(header, date).map(|wait| wait.as_secs());
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait("Fri, 27 Nov 2026 10:01:00 GMT"), Some(60));
        assert_eq!(wait("Fri, 27 Nov 2026 09:00:00 GMT"), Some(0));
        assert_eq!(wait("99999999999999999999"), Some(u64::MAX));
        assert_eq!((wait("soon"), wait("-5")), (None, None));
        assert_eq!(retry_after("Fri, 27 Nov 2026 10:01:00 GMT", None), None);
    }
}
