use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::sandbox::wire::Refusal;
use crate::sandbox::{Sandbox, Shelf, Standing, lock};

impl Sandbox {
    /// Whose token a request carries, and why it is not good where it is not.
    pub(super) fn authorize(&self, headers: &HeaderMap) -> Result<&Shelf, Refusal> {
        let header = headers.get(header::AUTHORIZATION).ok_or_else(|| Refusal::new(9601))?;
        let text = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        let text = text.filter(|text| !text.is_empty() && !text.contains(char::is_whitespace));
        let text = text.ok_or_else(|| Refusal::new(9722))?;
        let known = lock(&self.inner.tokens).get(text).copied();
        let Some((at, standing)) = known else {
            // Nobody's token, or no token at all.
            return Err(Refusal::new(if is_token(text) { 9622 } else { 9722 }));
        };
        let shelf = self.inner.shelves.get(at).ok_or_else(|| Refusal::new(9622))?;
        match standing {
            Standing::Inner => return Err(Refusal::new(9622)),
            Standing::Earlier => return Err(Refusal::new(9625)),
            Standing::Current => {}
        }
        let mut library = lock(&shelf.library);
        if self.inner.chaos.as_ref().is_some_and(super::super::chaos::Chaos::revokes) {
            library.token.revoked = true;
        }
        if library.token.revoked {
            return Err(Refusal::new(9625));
        }
        if self.inner.clock.now() >= library.token.expires {
            return Err(Refusal::new(9621));
        }
        drop(library);
        Ok(shelf)
    }
}

/// Whether a text has the shape of a content token.
fn is_token(text: &str) -> bool {
    let content = STANDARD.decode(text).ok();
    let content: Option<serde_json::Value> =
        content.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    content.is_some_and(|content| {
        ["token", "expDate", "orgName"].iter().all(|field| content.get(field).is_some())
    })
}
