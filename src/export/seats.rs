//! Subscriptions to manifests: people with the same kind of seat of one subscription are a group.

use serde::Serialize;

use super::documents::{API, GroupDocument, file};
use super::{File, Source};
use crate::license::{AdamId, HolderRef, HolderSet, Roster};
use crate::yaml;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    name: &'a str,
    adam_id: String,
    location: &'a str,
    assign: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    administrators: Option<[String; 1]>,
}

#[derive(Serialize)]
struct Entry {
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewing: Option<bool>,
}

/// A location's subscriptions, a file each, with the groups they name.
pub(super) fn subscriptions(
    source: &Source<'_>,
    roster: &Roster,
) -> Result<Vec<File>, yaml::Error> {
    let mut files = vec![];
    let Some(seats) = &source.actual.seats else { return Ok(files) };
    for adam_id in seats.subscriptions.keys() {
        let name = format!("subscription-{adam_id}-{}", source.name);
        let held = seats.held.get(adam_id).cloned().unwrap_or_default();
        let people = |set: &HolderSet| -> Vec<String> {
            roster.sorted(set).into_iter().map(HolderRef::text).map(str::to_owned).collect()
        };
        let group = |part: &str| format!("{name}-{part}");
        let mut groups: Vec<(String, String, Vec<String>)> = vec![];
        let mut assign = vec![];
        let parts = [("seats", None, &held.renewing), ("ending", Some(false), &held.expiring)];
        for (part, renewing, set) in parts {
            if !set.is_empty() {
                let what = if renewing.is_none() { "a seat" } else { "a seat that ends" };
                let description = format!("Holders of {what} of subscription {adam_id}");
                groups.push((group(part), description, people(set)));
                assign.push(Entry { to: group(part), renewing });
            }
        }
        let administrators = seats.administrators.get(adam_id).filter(|set| !set.is_empty());
        if let Some(set) = administrators {
            let description = format!("Administrators of subscription {adam_id}");
            groups.push((group("administrators"), description, people(set)));
        }
        files.push(subscription(source, *adam_id, &name, assign, administrators.is_some())?);
        if !groups.is_empty() {
            let documents = groups.iter().map(|(name, description, users)| GroupDocument {
                api_version: API,
                kind: "Group",
                name,
                description,
                devices: &[],
                users,
            });
            files.push(file(format!("groups/{name}.yaml"), documents)?);
        }
    }
    Ok(files)
}

fn subscription(
    source: &Source<'_>,
    adam_id: AdamId,
    name: &str,
    assign: Vec<Entry>,
    administrators: bool,
) -> Result<File, yaml::Error> {
    let document = SubscriptionDocument {
        api_version: API,
        kind: "Subscription",
        name,
        adam_id: adam_id.to_string(),
        location: &source.name,
        assign,
        administrators: administrators.then(|| [format!("{name}-administrators")]),
    };
    file(format!("subscriptions/{name}.yaml"), [document])
}
