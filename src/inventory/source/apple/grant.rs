use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::inventory::ask::{Address, Asker, Grant, Granted, Request, Trouble, granted};

/// Whom an assertion is for. Apple's page:
/// implementing-oauth-for-the-apple-school-manager-and-apple-business-api.
pub(super) const AUDIENCE: &str = "https://account.apple.com/auth/oauth2/v2/token";

/// How long an assertion of ours is good for. Apple takes up to 180 days; it is made anew for each
/// token, so it need only outlive a clock that is wrong.
const LASTS: i64 = 20 * 60;

/// An API account that signs who it is (ES256).
pub(super) struct Assertion {
    pub(super) account: Address,
    pub(super) audience: &'static str,
    pub(super) client_id: String,
    pub(super) key_id: String,
    pub(super) scope: &'static str,
    /// The moment of the run, and when on the clock of this process that was.
    pub(super) now: Timestamp,
    pub(super) began: Instant,
    pub(super) key: SecretString,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

impl Assertion {
    fn signed(&self) -> Result<Zeroizing<String>, Trouble> {
        // Not with the library's reason: it could repeat what it could not read.
        let key = pkcs8(self.key.expose_secret()).ok_or_else(|| {
            Trouble::Secret(
                "the private key of the API account is no key in PEM (-----BEGIN …): give the \
                 whole text of the file that was downloaded"
                    .to_owned(),
            )
        })?;
        let key = EncodingKey::from_ec_der(&key);
        let elapsed = i64::try_from(self.began.elapsed().as_secs()).unwrap_or_default();
        let iat = self.now.as_second().saturating_add(elapsed);
        let claims = Claims {
            iss: &self.client_id,
            sub: &self.client_id,
            aud: self.audience,
            iat,
            exp: iat.saturating_add(LASTS),
            jti: Uuid::new_v4().to_string(),
        };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &key).map(Zeroizing::new).map_err(|_| {
            let why =
                "the private key of the API account cannot sign ES256: is it the one downloaded?";
            Trouble::Secret(why.to_owned())
        })
    }
}

/// The key as PKCS #8. A bare EC key (`BEGIN EC PRIVATE KEY`) is put into that envelope: Apple's
/// documents show both.
fn pkcs8(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    const P256: [u8; 21] = [
        0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86,
        0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
    ];
    let body = |label: &str| {
        let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let plain: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|character| !character.is_whitespace()).collect());
        STANDARD.decode(plain.as_bytes()).ok().map(Zeroizing::new)
    };
    if let Some(whole) = body("PRIVATE KEY") {
        return Some(whole);
    }
    let key = body("EC PRIVATE KEY")?;
    let mut inner = Zeroizing::new([&[0x02, 0x01, 0x00], &P256[..]].concat());
    inner.extend_from_slice(&der(0x04, &key)?);
    der(0x30, &inner)
}

/// A DER value of up to 64 KiB.
fn der(tag: u8, content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let [high, low] = u16::try_from(content.len()).ok()?.to_be_bytes();
    let mut whole = Zeroizing::new(match (high, low) {
        (0, ..=0x7F) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    });
    whole.extend_from_slice(content);
    Some(whole)
}

#[async_trait]
impl Grant for Assertion {
    async fn grant(&self, asker: &Asker) -> Result<Granted, Trouble> {
        let assertion = self.signed()?;
        asker.keep_out(&SecretString::from(assertion.as_str()));
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
            ("scope", self.scope),
        ];
        let url = self.account.at(&["auth", "oauth2", "token"], &[]);
        granted(asker, &Request::form(url, &fields)).await
    }
}
