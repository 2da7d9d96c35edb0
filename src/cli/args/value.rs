//! Values as people write them.

use std::time::Duration;

/// An address that a browser opens over the web.
pub(super) fn web_address(text: &str) -> Result<String, String> {
    url::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
        .map(String::from)
        .ok_or_else(|| format!("`{text}` is no address: it starts with https://"))
}

/// A length of time as people write it: `50ms`, `2s`, `1m 30s`.
pub(in crate::cli) fn duration(text: &str) -> Result<Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| format!("`{text}` is not a length of time: write for example 50ms or 2s"))
}
