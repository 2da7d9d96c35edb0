//! The documents of all files held against each other.

mod assets;
mod cycles;
mod installs;
mod inventories;
mod locations;
mod names;
mod owners;
mod references;
mod subscriptions;
mod uninstalls;

use super::Manifests;
use super::read::Kind;
use crate::diagnostic::{At, Diagnostic, Span};

/// Everything wrong between documents.
pub(super) fn all(
    manifests: &Manifests,
    names: &[(Kind, At<String>)],
    unreadable: &[Span],
) -> Vec<Diagnostic> {
    let mut diagnostics = names::duplicates(names);
    diagnostics.extend(references::dangling(manifests, names, unreadable));
    diagnostics.extend(cycles::find(&manifests.groups));
    diagnostics.extend(inventories::without_devices(&manifests.inventories));
    diagnostics.extend(locations::pinned_twice(&manifests.locations));
    diagnostics.extend(owners::all(manifests));
    diagnostics.extend(assets::claimed_twice(&manifests.assets));
    diagnostics.extend(subscriptions::claimed_twice(&manifests.subscriptions));
    let Manifests { assets, locations, mdms, .. } = manifests;
    diagnostics.extend(installs::impossible(locations, mdms));
    diagnostics.extend(uninstalls::without_mdm(assets, locations));
    diagnostics.extend(uninstalls::without_bundle_id(assets, locations));
    diagnostics
}
