//! Everything of one location that a plan needs, read whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::assignment::version;
use super::{App, Assignment, Devices, Holder, Memory, Reader, Report, SeenGroup, Token};
use crate::graph::{GraphError, Version};
use crate::license::Asset;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Which token the location is, by Intune's id; the only one where it is not said.
    pub token: Option<String>,
    /// The apps that manifests manage.
    pub apps: Vec<Wanted>,
    /// The Entra groups that manifests name.
    pub groups: BTreeSet<String>,
}

/// An app that a manifest manages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What Apple licenses.
    pub asset: Asset,
    /// Its bundle identifier, where the manifest gives one.
    pub bundle_id: Option<String>,
}

/// What Intune has of one location.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The token.
    pub token: Token,
    /// The managed apps that there are, by what Apple licenses.
    pub apps: BTreeMap<Asset, SeenApp>,
    /// Apps of the token that no manifest manages.
    pub unmanaged: u64,
    /// Every group that a manifest or an assignment names, by object id in lower case.
    pub groups: BTreeMap<String, SeenGroup>,
    /// Every device of the tenant.
    pub devices: Devices,
    /// When the read was complete.
    pub read_at: Timestamp,
    /// Requests it took.
    pub requests: u64,
}

/// One managed app.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenApp {
    /// The app.
    pub app: App,
    /// The version its assignments are read and written in.
    pub version: Version,
    /// Its assignments, all of them.
    pub assignments: Vec<Assignment>,
    /// Who holds its licenses; `None` where this tenant does not say.
    pub holders: Option<Vec<Holder>>,
    /// What devices say, where a reclaim is under way.
    pub report: Option<Report>,
}

/// Requests at once.
const AT_ONCE: usize = 4;

/// Reads a location.
///
/// # Errors
/// Where any part cannot be had whole, or the tenant has no such token: for people.
pub async fn read(
    reader: &Reader,
    scope: &Scope,
    memory: &Memory,
    now: Timestamp,
) -> Result<Seen, String> {
    let before = reader.requests();
    let told = |error: GraphError| error.to_string();
    let tokens = reader.tokens().await.map_err(told)?;
    let token = choose(&tokens, scope.token.as_deref())?;
    let (ours, unmanaged) = apps(reader.apps().await.map_err(told)?, token, tokens.len(), scope)?;
    let ids: Vec<&str> = ours.values().map(|app| app.id.as_str()).collect();
    // Only beta shows all there is; an app without any of it is read and written in v1.0.
    let assignments = reader.assignments(Version::Beta, &ids).await.map_err(told)?;
    let mut seen = BTreeMap::new();
    for ((asset, app), assignments) in ours.into_iter().zip(assignments) {
        let Some(assignments) = assignments else {
            return Err(format!("{} was deleted in Intune while it was read", app.title));
        };
        let version = version(&assignments, app.platform);
        seen.insert(asset, SeenApp { app, version, assignments, holders: None, report: None });
    }
    let more = stream::iter(&seen)
        .map(|(asset, one)| async move {
            let holders = reader.holders(&one.app.id, one.app.platform).await?;
            let follows = memory.app(&one.app.id).is_some_and(|app| !app.reclaims.is_empty());
            let report = if follows { Some(reader.report(&one.app.id).await?) } else { None };
            Ok::<_, GraphError>((*asset, holders, report))
        })
        .buffered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await
        .map_err(told)?;
    for (asset, holders, report) in more {
        if let Some(one) = seen.get_mut(&asset) {
            one.holders = holders;
            one.report = report;
        }
    }
    let mut named = scope.groups.clone();
    let targets = seen.values().flat_map(|one| &one.assignments);
    named.extend(targets.filter_map(|one| Some(one.target.group()?.to_owned())));
    let named: Vec<String> = named.into_iter().collect();
    let groups = reader.groups(&named).await.map_err(told)?;
    let devices = reader.devices().await.map_err(told)?;
    Ok(Seen {
        token: token.clone(),
        apps: seen,
        unmanaged,
        groups: named.into_iter().zip(groups).collect(),
        devices,
        read_at: now,
        requests: reader.requests() - before,
    })
}

/// The token of a location.
///
/// # Errors
/// Where the tenant has no such token, or cannot be read: for people.
pub async fn token_of(reader: &Reader, scope: &Scope) -> Result<Token, String> {
    let tokens = reader.tokens().await.map_err(|error| error.to_string())?;
    choose(&tokens, scope.token.as_deref()).cloned()
}

fn choose<'t>(tokens: &'t [Token], wanted: Option<&str>) -> Result<&'t Token, String> {
    let listed = || {
        let one =
            |token: &Token| format!("{} ({}, {})", token.id, token.organization, token.apple_id);
        let listed: Vec<String> = tokens.iter().map(one).collect();
        if listed.is_empty() { "none".to_owned() } else { listed.join("; ") }
    };
    match (wanted, tokens) {
        (Some(id), _) => {
            tokens.iter().find(|token| token.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
                format!("Intune has no token {id}; it has: {}; correct `mdmToken`", listed())
            })
        }
        (None, [only]) => Ok(only),
        (None, []) => Err("Intune has no Apple VPP token; upload one there first".to_owned()),
        (None, _) => Err(format!(
            "Intune has {} tokens, so the location must say which it is with `mdmToken`: {}",
            tokens.len(),
            listed()
        )),
    }
}

/// The managed apps of the token, and how many others it has.
fn apps(
    all: Vec<App>,
    token: &Token,
    tokens: usize,
    scope: &Scope,
) -> Result<(BTreeMap<Asset, App>, u64), String> {
    let ours = |app: &App| match &app.token_id {
        Some(id) => id.eq_ignore_ascii_case(&token.id),
        None => {
            tokens == 1
                || (app.token_apple_id.as_deref() == Some(token.apple_id.as_str())
                    && app.token_organization.as_deref() == Some(token.organization.as_str()))
        }
    };
    let mut apps: Vec<App> = all.into_iter().filter(ours).collect();
    let mut found = BTreeMap::new();
    for Wanted { asset, bundle_id } in &scope.apps {
        let is_it = |app: &App| match app.adam_id {
            Some(id) => id == asset.adam_id,
            None => bundle_id.is_some() && app.bundle_id == *bundle_id,
        };
        let Some(place) = apps.iter().position(is_it) else { continue };
        let app = apps.remove(place);
        if let Some(other) = apps.iter().find(|app| is_it(app)) {
            return Err(format!(
                "Intune has {} twice for this token ({} and {}), so it cannot be told which is \
                 meant; delete one of them there",
                app.title, app.id, other.id
            ));
        }
        found.insert(*asset, app);
    }
    Ok((found, u64::try_from(apps.len()).unwrap_or(u64::MAX)))
}
