//! The documents of all files held against each other.

mod assets;
mod cycles;
mod locations;
mod names;
mod owners;
mod references;
mod subscriptions;

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
    diagnostics.extend(locations::pinned_twice(&manifests.locations));
    diagnostics.extend(locations::uninstall_without_mdm(&manifests.locations));
    diagnostics.extend(owners::all(manifests));
    diagnostics.extend(assets::claimed_twice(&manifests.assets));
    diagnostics.extend(subscriptions::claimed_twice(&manifests.subscriptions));
    diagnostics.extend(assets::uninstall_without_mdm(&manifests.assets, &manifests.locations));
    diagnostics
}
