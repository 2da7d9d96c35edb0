use std::time::Duration;

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
