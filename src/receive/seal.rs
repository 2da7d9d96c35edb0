//! How senders prove who they are. Comparisons take the same time whatever differs.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// What a sender and this tool both know.
#[derive(Clone)]
pub struct Secret(SecretString);

/// The secret is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret is shorter than {SHORTEST} characters: anybody could guess it")]
pub struct TooShort;

/// Fewer characters are no secret.
const SHORTEST: usize = 8;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A secret from its text; white space around it does not count.
    ///
    /// # Errors
    /// Where it is too short to be one.
    pub fn new(text: &SecretString) -> Result<Self, TooShort> {
        let plain = text.expose_secret().trim();
        if plain.len() < SHORTEST {
            return Err(TooShort);
        }
        Ok(Self(SecretString::from(plain)))
    }

    /// Whether `signature`, in base64, is the HMAC-SHA256 of these pieces, one after the other.
    pub(super) fn signed(&self, pieces: &[&[u8]], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature.trim()) else { return false };
        let Some(mac) = self.over(pieces) else { return false };
        mac.verify_slice(&signature).is_ok()
    }

    /// Whether `given` is the secret itself.
    pub(super) fn is(&self, given: &str) -> bool {
        let (Some(given), Some(ours)) =
            (self.over(&[given.as_bytes()]), self.over(&[self.0.expose_secret().as_bytes()]))
        else {
            return false;
        };
        given.verify(&ours.finalize().into_bytes()).is_ok()
    }

    fn over(&self, pieces: &[&[u8]]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()).ok()?;
        for piece in pieces {
            mac.update(piece);
        }
        Some(mac)
    }
}

/// The password of a Basic header, whoever the user.
pub(super) fn basic_password(header: &str) -> Option<String> {
    let encoded = header.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (_, password) = pair.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_rfc_4231() {
        let secret = Secret::new(&"key-for-tests".into()).unwrap();
        // printf '{"a":1}' | openssl dgst -sha256 -hmac key-for-tests -binary | base64
        let signature = "wNDoFg8EkhNy49g90PphQSCaxos47y3oOZynrCukhsw=";
        assert!(secret.signed(&[b"{\"a\":1}"], signature));
        assert!(secret.signed(&[b"{\"a\"", b":1}"], signature));
        assert!(!secret.signed(&[b"{\"a\":2}"], signature));
        assert!(!secret.signed(&[b"{\"a\":1}"], ""));
        assert!(!secret.signed(&[b"{\"a\":1}"], &signature[..20]));
        assert!(secret.is("key-for-tests") && !secret.is("key-for-test") && !secret.is(""));
        assert_eq!(Secret::new(&"short \n".into()).unwrap_err(), TooShort);
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn the_password_of_a_webhooks_address_comes_as_basic() {
        let header = format!("Basic {}", STANDARD.encode("vpp:pass:word"));
        assert_eq!(basic_password(&header).as_deref(), Some("pass:word"));
        assert_eq!(basic_password("Bearer x"), None);
    }
}
