//! Apps to be uninstalled where that cannot work: no server, or no identifier to name the app by.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Span};
use crate::license::AssetKind;
use crate::manifest::codes;
use crate::manifest::kind::{AssetManifest, Intent, LicenseOwner, Location, ReclaimMode};

const RELEASE_OR_KEEP: &str =
    "or write `reclaim: release` (the app stays on the device) or `reclaim: keep`";
const NO_ITEM: &str = "or remove the item, and write `reclaim: release` (the app stays on the \
                       device) or `reclaim: keep`";

/// Apps that a location's default is shown with.
const SHOWN: usize = 3;

/// Apps to be uninstalled in locations that name no server.
pub(super) fn without_mdm(assets: &[AssetManifest], locations: &[Location]) -> Vec<Diagnostic> {
    let handless: HashMap<_, _> = locations
        .iter()
        .filter(|location| location.mdm.is_none())
        .map(|location| (location.name.value.as_str(), location.name.span))
        .collect();
    let mut diagnostics: Vec<Diagnostic> = locations
        .iter()
        .filter(|location| location.mdm.is_none())
        .filter_map(|location| default_without_mdm(location, assets))
        .collect();
    for asset in apps(assets) {
        let without: Vec<_> = asset
            .locations
            .iter()
            .filter_map(|name| handless.get_key_value(name.value.as_str()))
            .collect();
        if without.is_empty() {
            continue;
        }
        for (what, span, instead) in written(asset) {
            let names = without.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>();
            let names = match names.as_slice() {
                [only] => format!("location {only} names"),
                several => format!("locations {} name", several.join(", ")),
            };
            let mut diagnostic = Diagnostic::error(
                &codes::UNINSTALL_WITHOUT_MDM,
                format!("`{}` has `{what}`, but {names} no `mdm`", asset.name.value),
            )
            .at(span, "needs a server that removes apps");
            for (_, location) in &without {
                diagnostic = diagnostic.at(**location, "has no `mdm`");
            }
            diagnostics.push(diagnostic.help("add `mdm:` to the location").help(instead));
        }
    }
    diagnostics
}

/// A location's default that nobody there could carry out. One that no app falls back on asks for
/// nothing.
fn default_without_mdm(location: &Location, assets: &[AssetManifest]) -> Option<Diagnostic> {
    let reclaim = uninstalls(location)?;
    let name = &location.name.value;
    let served = |asset: &&AssetManifest| asset.locations.iter().any(|one| one.value == *name);
    let silent: Vec<&AssetManifest> =
        apps(assets).filter(|asset| asset.reclaim.is_none()).filter(served).collect();
    let (first, others) = silent.split_first()?;
    let others = match others.len() {
        0 => String::new(),
        1 => " and 1 other app".to_owned(),
        more => format!(" and {more} other apps"),
    };
    let message = format!(
        "location `{name}` cannot uninstall: it names no `mdm`, and `{}`{others} would need one",
        first.name.value
    );
    let mut diagnostic = Diagnostic::error(&codes::UNINSTALL_WITHOUT_MDM, message)
        .at(reclaim, "needs a server that removes apps");
    for asset in silent.iter().take(SHOWN) {
        diagnostic = diagnostic.at(asset.name.span, "says nothing else");
    }
    Some(diagnostic.help("add `mdm:` with the name of an Mdm").help(RELEASE_OR_KEEP))
}

/// Apps to be uninstalled that a server's command could not name. Where the server itself holds the
/// token it finds the app in its own list.
pub(super) fn without_bundle_id(
    assets: &[AssetManifest],
    locations: &[Location],
) -> Vec<Diagnostic> {
    let by_name: HashMap<_, _> =
        locations.iter().map(|location| (location.name.value.as_str(), location)).collect();
    let mut diagnostics = Vec::new();
    for asset in apps(assets).filter(|asset| asset.bundle_id.is_none()) {
        let places: Vec<&Location> = asset
            .locations
            .iter()
            .filter_map(|name| by_name.get(name.value.as_str()).copied())
            .filter(|location| location.licenses == LicenseOwner::Apple)
            .collect();
        let mut add = |why: &str, span: Span, instead: &str| {
            let name = &asset.name.value;
            diagnostics.push(
                Diagnostic::error(
                    &codes::UNINSTALL_WITHOUT_BUNDLE_ID,
                    format!("`{name}` is to be uninstalled and has no `bundleId`"),
                )
                .at(asset.name.span, "a device finds the app by its `bundleId` only")
                .at(span, why)
                .help(
                    "add `bundleId:`, for example `bundleId: com.example.notes`: Apple's license \
                     service does not tell it; `vpp export` writes it where the App Store does, and \
                     device-management servers show it as the app's identifier",
                )
                .help(instead),
            );
        };
        if places.is_empty() {
            continue;
        }
        for (what, span, instead) in written(asset) {
            add(&format!("`{what}` stands here"), span, instead);
        }
        if asset.reclaim.is_none()
            && let Some(span) = places.iter().find_map(|location| uninstalls(location))
        {
            add("the location's `reclaim: uninstall` counts for it", span, RELEASE_OR_KEEP);
        }
    }
    diagnostics
}

fn apps(assets: &[AssetManifest]) -> impl Iterator<Item = &AssetManifest> {
    assets.iter().filter(|asset| asset.kind == AssetKind::App)
}

/// Where a location's default stands, if it is to uninstall.
fn uninstalls(location: &Location) -> Option<Span> {
    let reclaim = location.reclaim.as_ref()?;
    (reclaim.value == ReclaimMode::Uninstall).then_some(reclaim.span)
}

/// What of an app's own lines asks for uninstalling, where, and what to write instead.
fn written(asset: &AssetManifest) -> impl Iterator<Item = (&'static str, Span, &'static str)> {
    let reclaim = asset.reclaim.as_ref().filter(|mode| mode.value == ReclaimMode::Uninstall);
    let reclaim = reclaim.map(|mode| ("reclaim: uninstall", mode.span, RELEASE_OR_KEEP));
    let entries = asset.assign.iter().filter(|entry| entry.intent == Intent::Uninstall);
    reclaim.into_iter().chain(entries.map(|entry| ("intent: uninstall", entry.span, NO_ITEM)))
}
