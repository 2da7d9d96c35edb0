use secrecy::{ExposeSecret, SecretString};

use crate::inventory::shown::printable;

/// What of a foreign text may stand in a message: one line, cut, and no secret in it.
#[derive(Default)]
pub(super) struct Scrubber {
    secrets: Vec<SecretString>,
}

/// Nobody reads further than this.
const LONGEST: usize = 300;
/// Pieces of a secret of this length give it away. Shorter ones would hit innocent words.
const PIECE: usize = 12;

impl Scrubber {
    pub(super) fn keep_out(&mut self, secret: &SecretString) {
        self.secrets.push(secret.clone());
    }

    /// The text without the secrets, whole or in part: a server may echo them cut off.
    pub(super) fn line(&self, text: &str) -> String {
        let line: String = printable(text).chars().take(LONGEST).collect();
        let mut hidden = vec![false; line.len()];
        for secret in &self.secrets {
            let secret = secret.expose_secret().trim().as_bytes();
            let width = PIECE.min(secret.len());
            if width < 4 {
                continue;
            }
            for piece in secret.windows(width) {
                for (start, run) in line.as_bytes().windows(width).enumerate() {
                    if run == piece {
                        hidden.iter_mut().skip(start).take(width).for_each(|mark| *mark = true);
                    }
                }
            }
        }
        let mut clean = String::with_capacity(line.len());
        let mut inside = false;
        for (at, character) in line.char_indices() {
            let marked = hidden.get(at).copied().unwrap_or_default();
            match (marked, inside) {
                (true, false) => clean.push_str("[secret]"),
                (true, true) => {}
                (false, _) => clean.push(character),
            }
            inside = marked;
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_of_a_secret_is_taken_out_whole_or_in_part() {
        let mut scrub = Scrubber::default();
        scrub.keep_out(&SecretString::from("correct-horse-battery"));
        for echo in ["correct-horse-battery", "correct-horse-b", "rect-horse-battery"] {
            assert_eq!(scrub.line(&format!("no `{echo}`\n")), "no `[secret]`?");
        }
        assert_eq!(scrub.line("a horse"), "a horse");
        assert_eq!(scrub.line(&"é".repeat(4000)).chars().count(), LONGEST);
    }
}
