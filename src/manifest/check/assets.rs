use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Diagnostic, Span};
use crate::license::{Asset, AssetKind};
use crate::manifest::codes;
use crate::manifest::kind::{AssetManifest, Intent, Location, ReclaimMode};

/// Assets that two manifests decide over in one location.
pub(super) fn claimed_twice(assets: &[AssetManifest]) -> Vec<Diagnostic> {
    let mut claims: HashMap<(Asset, &str), usize> = HashMap::new();
    let mut said = HashSet::new();
    let mut diagnostics = Vec::new();
    for (at, later) in assets.iter().enumerate() {
        for location in &later.locations {
            let key = (later.asset.value, location.value.as_str());
            let first = *claims.entry(key).or_insert(at);
            let Some(earlier) = assets.get(first) else { continue };
            // Two of one name are reported as such, and repairing that repairs this.
            let same_name = earlier.kind == later.kind && earlier.name.value == later.name.value;
            if first == at || same_name || !said.insert((first, at)) {
                continue;
            }
            diagnostics.push(
                Diagnostic::error(
                    &codes::CLAIMED_TWICE,
                    format!(
                        "`{}` and `{}` both decide over asset {} in location `{}`",
                        earlier.name.value,
                        later.name.value,
                        later.asset.value,
                        super::super::read::shown(&location.value),
                    ),
                )
                .at(later.asset.span, format!("`{}`", later.name.value))
                .at(earlier.asset.span, format!("`{}`", earlier.name.value))
                .help("merge the two, or give them different locations"),
            );
        }
    }
    diagnostics
}

/// Apps to be uninstalled where nobody can.
pub(super) fn uninstall_without_mdm(
    assets: &[AssetManifest],
    locations: &[Location],
) -> Vec<Diagnostic> {
    let handless: HashMap<_, _> = locations
        .iter()
        .filter(|location| location.mdm.is_none())
        .map(|location| (location.name.value.as_str(), location.name.span))
        .collect();
    let mut diagnostics = Vec::new();
    for asset in assets.iter().filter(|asset| asset.kind == AssetKind::App) {
        let without: Vec<_> = asset
            .locations
            .iter()
            .filter_map(|name| handless.get_key_value(name.value.as_str()))
            .collect();
        if without.is_empty() {
            continue;
        }
        let mut add = |what: &str, span: Span, instead: &str| {
            let names = without.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>();
            let mut diagnostic = Diagnostic::error(
                &codes::UNINSTALL_WITHOUT_MDM,
                format!(
                    "`{}` has `{what}`, but location {} names no `mdm`",
                    asset.name.value,
                    names.join(", ")
                ),
            )
            .at(span, "needs a server that removes apps");
            for (_, location) in &without {
                diagnostic = diagnostic.at(**location, "has no `mdm`");
            }
            diagnostics.push(diagnostic.help("add `mdm:` to the location").help(instead));
        };
        if let Some(reclaim) =
            asset.reclaim.as_ref().filter(|mode| mode.value == ReclaimMode::Uninstall)
        {
            let instead =
                "or write `reclaim: release` (the app stays on the device) or `reclaim: keep`";
            add("reclaim: uninstall", reclaim.span, instead);
        }
        for entry in asset.assign.iter().filter(|entry| entry.intent == Intent::Uninstall) {
            let instead = "or remove the item, and write `reclaim: release` (the app stays on the \
                           device) or `reclaim: keep`";
            add("intent: uninstall", entry.span, instead);
        }
    }
    diagnostics
}
