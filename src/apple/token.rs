use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::time;

/// A content token (`.vpptoken`): what opens one location.
///
/// The credential is the text of the file as Apple gave it; the JSON inside only tells who it is
/// for and when it ends. Neither `Debug` nor `Display` shows it. Apple's page:
/// getting-started-with-the-management-api.
#[derive(Clone)]
pub struct Token {
    text: SecretString,
    inner: SecretString,
    org_name: Option<String>,
    expires: Option<Timestamp>,
}

/// Why a text is not a content token. Never repeats any of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing but white space.
    #[error("the token is empty: give the content of the .vpptoken file as downloaded from Apple")]
    Empty,
    /// A file name where the content belongs.
    #[error(
        "the token is the name of a file, not its content: use `token: {{ file: … }}` or put the \
         content there"
    )]
    Path,
    /// The JSON that is inside a token file.
    #[error(
        "the token is decoded JSON: Apple takes the content of the .vpptoken file exactly as \
         downloaded (one Base64 text); download it again or use the original file"
    )]
    Decoded,
    /// Characters that cannot be in a token file.
    #[error(
        "the token is not Base64 (character {position} cannot stand in one): give the content of \
         the .vpptoken file as downloaded from Apple"
    )]
    NotBase64 {
        /// Which character, from 1, white space not counted.
        position: usize,
    },
    /// Base64 that breaks off.
    #[error(
        "the token is cut short ({length} characters are no complete Base64 text): copy the whole \
         content of the .vpptoken file"
    )]
    Cut {
        /// How many characters there are.
        length: usize,
    },
    /// Base64 of something else, most often the `token` value from inside the file.
    #[error(
        "the token is Base64 but there is no JSON in it: this may be the `token` value from \
         inside the file; give the content of the .vpptoken file as downloaded from Apple"
    )]
    NotJson,
    /// JSON without a `token`.
    #[error(
        "the token decodes to JSON without a `token` in it: this is not a content token of Apps \
         and Books; download one in Apple Business or School Manager"
    )]
    NotToken,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inside {
    token: Option<String>,
    exp_date: Option<String>,
    org_name: Option<String>,
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Token {
    /// Reads the content of a `.vpptoken` file.
    ///
    /// A byte order mark and white space anywhere (editors and mail wrap lines) do not count.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let plain: Zeroizing<String> = Zeroizing::new(
            text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect(),
        );
        if plain.is_empty() {
            return Err(TokenError::Empty);
        }
        if plain.starts_with('{') {
            return Err(TokenError::Decoded);
        }
        if names_a_file(text.trim()) {
            return Err(TokenError::Path);
        }
        let json = match BASE64.decode(plain.as_bytes()) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(_) => return Err(not_base64(&plain)),
        };
        let Ok(json_text) = std::str::from_utf8(&json) else { return Err(not_json(&plain)) };
        let inside: Inside = match serde_json::from_str(json_text) {
            Ok(inside) => inside,
            Err(_) if json_text.trim_start().starts_with('{') => return Err(TokenError::NotToken),
            Err(_) => return Err(not_json(&plain)),
        };
        let inner = inside.token.filter(|token| !token.is_empty()).ok_or(TokenError::NotToken)?;
        let inner = Zeroizing::new(inner);
        Ok(Self {
            text: SecretString::from(plain.as_str()),
            inner: SecretString::from(inner.as_str()),
            org_name: inside.org_name,
            expires: inside.exp_date.as_deref().and_then(time::parse),
        })
    }

    /// The organization it is for (`orgName`), for people: not unique.
    pub fn org_name(&self) -> Option<&str> {
        self.org_name.as_deref()
    }

    /// When it ends (`expDate`); `None` where the file does not say so legibly.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// The credential itself.
    pub(super) fn secret(&self) -> &str {
        self.text.expose_secret()
    }

    /// Texts that must not appear anywhere.
    pub(super) fn secrets(&self) -> [&str; 2] {
        [self.text.expose_secret(), self.inner.expose_secret()]
    }
}

fn names_a_file(text: &str) -> bool {
    let ending = text.rsplit('.').next().unwrap_or_default();
    let has_ending = text.contains('.') && ending.len() <= 10;
    let rooted = text.starts_with(['~', '.', '\\']) || text.get(1..3) == Some(":\\");
    text.len() < 1024 && !text.contains('\n') && (has_ending || rooted)
}

fn not_json(plain: &str) -> TokenError {
    // `/etc/vpp/token` happens to be all Base64 characters.
    if plain.starts_with('/') && plain.len() < 200 { TokenError::Path } else { TokenError::NotJson }
}

fn not_base64(plain: &str) -> TokenError {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    match plain.chars().position(|c| !allowed(c)) {
        Some(index) => TokenError::NotBase64 { position: index + 1 },
        None if plain.starts_with('/') && plain.len() < 200 => TokenError::Path,
        None => TokenError::Cut { length: plain.len() },
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("org_name", &self.org_name)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.org_name {
            Some(name) => write!(f, "content token of {name}"),
            None => f.write_str("content token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(json: &str) -> String {
        base64::engine::general_purpose::STANDARD.encode(json)
    }

    fn sample() -> String {
        file(
            r#"{"token":"aW5uZXItc2VjcmV0","expDate":"2030-11-08T22:33:22+0000","orgName":"ORG12345"}"#,
        )
    }

    #[test]
    fn the_credential_is_the_outer_text_whatever_white_space_surrounds_it() {
        let text = sample();
        let (head, tail) = text.split_at(40);
        for given in [text.clone(), format!("\u{feff}{head}\r\n{tail}\n\n"), format!("  {text}\t")]
        {
            let token = Token::parse(&given).unwrap();
            assert_eq!(token.secret(), text);
            assert_eq!(token.org_name(), Some("ORG12345"));
            assert_eq!(token.expires().unwrap().to_string(), "2030-11-08T22:33:22Z");
        }
    }

    #[test]
    fn what_is_not_a_token_file_is_told_apart() {
        let text = sample();
        let cases = [
            ("", TokenError::Empty),
            (" \n\u{feff}", TokenError::Empty),
            ("/run/secrets/northfield.vpptoken", TokenError::Path),
            ("/etc/vpp/token", TokenError::Path),
            ("~/token", TokenError::Path),
            (r"C:\tokens\a.vpptoken", TokenError::Path),
            (r#"{"token":"x","orgName":"y"}"#, TokenError::Decoded),
            ("abc$def", TokenError::NotBase64 { position: 4 }),
            ("aW5uZXItc2VjcmV0", TokenError::NotJson),
            ("bm90IGEgdG9rZW4gYXQgYWxsLCBqdXN0IHRleHQ=", TokenError::NotJson),
        ];
        for (given, expected) in cases {
            assert_eq!(Token::parse(given).unwrap_err(), expected, "{given}");
        }
        let cut = text.trim_end_matches('=').len() / 4 * 4 - 3;
        let error = Token::parse(&text[..cut]).unwrap_err();
        assert_eq!(error, TokenError::Cut { length: cut });
        assert_eq!(Token::parse(&file(r#"{"a":1}"#)).unwrap_err(), TokenError::NotToken);
        assert_eq!(Token::parse(&file(r#"{"token":"#)).unwrap_err(), TokenError::NotToken);
    }

    #[test]
    fn nothing_shows_the_secret() {
        let token = Token::parse(&sample()).unwrap();
        let shown = format!("{token:?} {token:#?} {token}");
        assert!(!shown.contains(&sample()[..12]) && !shown.contains("aW5uZXI"), "{shown}");
    }

    #[test]
    fn an_end_that_cannot_be_read_is_no_end() {
        let token = Token::parse(&file(r#"{"token":"x","expDate":"soon"}"#)).unwrap();
        assert_eq!(token.expires(), None);
    }
}
