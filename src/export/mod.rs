//! What is at Apple to manifests whose first plan is empty.
//!
//! Holders of the same set of apps and books become one group, so that a few hundred thousand
//! assignments read as a few lists.

mod documents;
mod groups;
mod names;
mod seats;

pub use names::StoreItem;

use std::collections::BTreeMap;

use crate::actual::Actual;
use crate::license::{AdamId, Roster};
use crate::yaml;

/// One location to write manifests of.
#[derive(Debug)]
pub struct Source<'a> {
    /// Name of the location in the manifests.
    pub name: String,
    /// Environment variable its token comes from.
    pub token_env: String,
    /// What it holds.
    pub actual: &'a Actual,
}

/// A file to be written, relative to the folder of the manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// For example `apps/notability.yaml`.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// Writes manifests of these locations. `items` is what the store says of each number, where it
/// says something.
///
/// # Errors
/// Where something cannot be written as YAML.
pub fn manifests(
    sources: &[Source<'_>],
    roster: &Roster,
    items: &BTreeMap<AdamId, StoreItem>,
) -> Result<Vec<File>, yaml::Error> {
    let mut names = names::Names::new(items);
    let mut files = vec![documents::locations(sources)?];
    for source in sources {
        let titled = names.of_location(source);
        let groups = groups::of(source, &titled, roster);
        files.extend(documents::groups(source, &groups)?);
        for (asset, title) in &titled {
            files.push(documents::asset(source, *asset, title, &groups)?);
        }
        files.extend(seats::subscriptions(source, roster)?);
    }
    Ok(files)
}
