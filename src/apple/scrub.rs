use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::Token;
use super::error::clean;

/// Takes every trace of a secret out of foreign texts before they reach a message or a log.
///
/// A server may echo the token whole, in part, or cut off. Any run of [`WINDOW`] characters that
/// also stands in the token is taken out. Only hashes of such runs are kept.
pub(crate) struct Scrubber {
    windows: HashSet<u64>,
    widths: HashSet<usize>,
    hasher: RandomState,
}

/// Shorter pieces than this give nothing away and would hit innocent words.
const WINDOW: usize = 10;
/// A secret shorter than a window is looked for whole, down to this.
const SHORTEST: usize = 6;

/// Nobody reads further than this.
const LONGEST: usize = 4096;

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrubber").finish_non_exhaustive()
    }
}

impl Scrubber {
    pub(super) fn new(token: &Token) -> Self {
        Self::of(token.secrets())
    }

    pub(crate) fn of<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let hasher = RandomState::new();
        let (mut windows, mut widths) = (HashSet::new(), HashSet::new());
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            let width = WINDOW.min(secret.len());
            widths.insert(width);
            windows.extend(secret.as_bytes().windows(width).map(|run| hasher.hash_one(run)));
        }
        Self { windows, widths, hasher }
    }

    /// The text as one clean line of at most 300 characters, without the token.
    pub(crate) fn line(&self, text: &str) -> String {
        clean(&self.scrub(text))
    }

    fn scrub(&self, text: &str) -> String {
        let bytes = text.as_bytes().get(..LONGEST).unwrap_or(text.as_bytes());
        let mut secret = vec![false; bytes.len()];
        for &width in &self.widths {
            for (start, window) in bytes.windows(width).enumerate() {
                if self.windows.contains(&self.hasher.hash_one(window)) {
                    secret.iter_mut().skip(start).take(width).for_each(|mark| *mark = true);
                }
            }
        }
        let mut clean = Vec::with_capacity(bytes.len());
        let mut inside = false;
        for (byte, marked) in bytes.iter().zip(secret) {
            match (marked, inside) {
                (true, false) => clean.extend_from_slice(b"[token]"),
                (true, true) => {}
                (false, _) => clean.push(*byte),
            }
            inside = marked;
        }
        String::from_utf8_lossy(&clean).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        use base64::Engine;
        let json = r#"{"token":"TheInnerSecretOfAll","orgName":"ORG","expDate":""}"#;
        Token::parse(&base64::engine::general_purpose::STANDARD.encode(json)).unwrap()
    }

    #[test]
    fn an_echo_of_the_token_is_taken_out_whole_or_in_part() {
        let token = token();
        let scrub = Scrubber::new(&token);
        let outer = token.secret();
        for echo in [outer, &outer[3..40], "TheInnerSecretOfAll", "InnerSecret"] {
            let line = scrub.line(&format!("bad token 'Bearer {echo}' given"));
            assert_eq!(line, "bad token 'Bearer [token]' given");
        }
        assert_eq!(scrub.line("invalid authentication token"), "invalid authentication token");
    }

    #[test]
    fn texts_become_one_short_line_without_control_characters() {
        let scrub = Scrubber::new(&token());
        assert_eq!(scrub.line("a\r\n\u{1b}[31mb\u{202e}c"), "a [31mb c");
        assert_eq!(scrub.line(&"é".repeat(4000)).chars().count(), 301);
    }
}
