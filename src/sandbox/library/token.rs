use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::clock::apple_time;
use super::people::hex;

/// The content token of a location, and its predecessors.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenState {
    pub(crate) organization: String,
    pub(crate) expires: Timestamp,
    pub(crate) read_only: bool,
    pub(crate) revoked: bool,
    /// How often it was downloaded anew. Texts of older downloads are revoked.
    pub(crate) generation: u32,
    /// When earlier downloads were to end: their texts depend on it.
    pub(crate) earlier: Vec<Timestamp>,
}

impl TokenState {
    /// The opaque inner part (`token`), which is not the credential.
    pub(crate) fn inner(uid: &str, generation: u32) -> String {
        hex(&[b"token", uid.as_bytes(), &generation.to_le_bytes()], 32)
    }

    /// The text of the file Apple's portal gives: Base64 of JSON with three fields. The whole text
    /// is the credential.
    pub(crate) fn text(&self, uid: &str) -> String {
        self.text_of(uid, self.generation, self.expires)
    }

    /// The texts of earlier downloads.
    pub(crate) fn earlier_texts(&self, uid: &str) -> Vec<String> {
        (0..).zip(&self.earlier).map(|(age, expires)| self.text_of(uid, age, *expires)).collect()
    }

    fn text_of(&self, uid: &str, generation: u32, expires: Timestamp) -> String {
        let content = serde_json::json!({
            "token": Self::inner(uid, generation),
            "expDate": apple_time(expires),
            "orgName": self.organization,
        });
        STANDARD.encode(content.to_string())
    }

    /// Downloads a new token; the old one is revoked.
    pub(crate) fn renew(&mut self, expires: Timestamp) {
        self.earlier.push(self.expires);
        self.generation = self.generation.saturating_add(1);
        self.expires = expires;
        self.revoked = false;
    }
}
