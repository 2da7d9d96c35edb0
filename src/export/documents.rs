//! The documents, written through the same crate that reads them, so that whatever YAML 1.1 would
//! change is quoted.

use serde::Serialize;

use super::groups::Group;
use super::names::Title;
use super::{File, Source};
use crate::license::{Asset, AssetKind, PricingParam};
use crate::yaml;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    api_version: &'static str,
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    uid: &'a str,
    token: Token<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Owner<'a>>,
    reclaim: &'static str,
}

#[derive(Serialize)]
struct Token<'a> {
    env: &'a str,
}

#[derive(Serialize)]
struct Owner<'a> {
    id: &'a str,
    name: &'a str,
    metadata: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupDocument<'a> {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) description: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) devices: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) users: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AssetDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    name: &'a str,
    adam_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle_id: Option<&'a str>,
    location: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    irrevocable: Option<bool>,
    assign: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    to: &'a str,
}

pub(super) const API: &str = "vpp/v1";

/// Every location. Licenses nobody names are kept until somebody decides otherwise.
pub(super) fn locations(sources: &[Source<'_>]) -> Result<File, yaml::Error> {
    let documents = sources.iter().map(|source| Location {
        api_version: API,
        kind: "Location",
        name: &source.name,
        description: source.actual.location_name.as_deref(),
        uid: &source.actual.uid,
        token: Token { env: &source.token_env },
        owner: source.actual.owner.as_ref().map(|owner| Owner {
            id: &owner.id,
            name: &owner.name,
            metadata: &owner.metadata,
        }),
        reclaim: "keep",
    });
    file("locations.yaml".to_owned(), documents)
}

/// A location's groups, if it has holders.
pub(super) fn groups(source: &Source<'_>, groups: &[Group]) -> Result<Option<File>, yaml::Error> {
    if groups.is_empty() {
        return Ok(None);
    }
    let documents = groups.iter().map(|group| GroupDocument {
        api_version: API,
        kind: "Group",
        name: &group.name,
        description: &group.description,
        devices: &group.devices,
        users: &group.users,
    });
    file(format!("groups/{}.yaml", source.name), documents).map(Some)
}

/// One app or book.
pub(super) fn asset(
    source: &Source<'_>,
    asset: Asset,
    title: &Title,
    groups: &[Group],
) -> Result<File, yaml::Error> {
    let book = source.actual.assets.get(&asset).is_some_and(|owned| owned.kind == AssetKind::Book);
    let document = AssetDocument {
        api_version: API,
        kind: if book { "Book" } else { "App" },
        name: &title.name,
        adam_id: asset.adam_id.to_string(),
        pricing: (asset.pricing_param != PricingParam::default())
            .then(|| asset.pricing_param.as_str()),
        bundle_id: if book { None } else { title.bundle_id.as_deref() },
        location: &source.name,
        irrevocable: book.then_some(true),
        assign: groups
            .iter()
            .filter(|group| group.assets.contains(&asset))
            .map(|group| Entry { to: &group.name })
            .collect(),
    };
    let folder = if book { "books" } else { "apps" };
    file(format!("{folder}/{}.yaml", title.file), [document])
}

pub(super) fn file<T: Serialize>(
    path: String,
    documents: impl IntoIterator<Item = T>,
) -> Result<File, yaml::Error> {
    let texts: Vec<String> = documents
        .into_iter()
        .map(|document| yaml::to_string(&document))
        .collect::<Result<_, _>>()?;
    let texts: Vec<&str> = texts.iter().map(|text| text.trim_end()).collect();
    Ok(File { path, text: format!("{}\n", texts.join("\n---\n")) })
}
