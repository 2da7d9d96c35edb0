//! What the store says of an app or a book: its name and bundle identifier.
//!
//! Apple's page: getting-app-and-book-information-legacy. No credential is sent; apps that only
//! the organization may see, or that are not sold in its country, have no answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use serde::Deserialize;

use super::Reader;
use super::error::clean;
use crate::license::AdamId;

/// What the store says of one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreEntry {
    /// Its name.
    pub name: String,
    /// The app's bundle identifier.
    pub bundle_id: Option<String>,
}

/// Why the store could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LookupError(String);

#[derive(Deserialize)]
struct Answer {
    results: Option<BTreeMap<String, Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: Option<String>,
    bundle_id: Option<String>,
}

/// What the store says of these numbers; those it does not know are absent.
///
/// # Errors
/// Where the store cannot be reached or answers with something else.
pub async fn items(
    reader: &Reader,
    ids: &BTreeSet<AdamId>,
) -> Result<BTreeMap<AdamId, StoreEntry>, LookupError> {
    let failed = |error: reqwest::Error| LookupError(clean(&error.without_url().to_string()));
    let said = |error: super::AppleError| LookupError(error.to_string());
    let config = reader.service_config().await.map_err(said)?;
    let client_config = reader.client_config().await.map_err(said)?;
    let address = config
        .urls
        .get("contentMetadataLookup")
        .and_then(|url| Url::parse(url).ok())
        .filter(|url| url.scheme() == "https" || reader.session.endpoint.serves(url))
        .ok_or_else(|| LookupError("Apple names no address for it".to_owned()))?;
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .user_agent(concat!("vpp/", env!("CARGO_PKG_VERSION")));
    let client =
        if address.scheme() == "http" { client.no_proxy().tls_certs_only([]) } else { client };
    let client = client.build().map_err(failed)?;
    let platform = client_config.default_platform.as_deref().unwrap_or("enterprisestore");
    let country = client_config.country.as_deref().unwrap_or("US");
    let mut found = BTreeMap::new();
    for id in ids {
        let mut url = address.clone();
        url.query_pairs_mut()
            .append_pair("version", "2")
            .append_pair("id", &id.to_string())
            .append_pair("p", "mdm-lockup")
            .append_pair("caller", "MDM")
            .append_pair("platform", platform)
            .append_pair("cc", country);
        let response = client.get(url).send().await.map_err(failed)?;
        let response = response.error_for_status().map_err(failed)?;
        let answer: Answer = response.json().await.map_err(failed)?;
        let entry = answer.results.unwrap_or_default().remove(&id.to_string());
        if let Some(Entry { name: Some(name), bundle_id }) = entry {
            found.insert(*id, StoreEntry { name: clean(&name), bundle_id });
        }
    }
    Ok(found)
}
