//! What an app's manifest asks of its server.

use std::collections::{BTreeMap, BTreeSet};

use crate::intune::{App, Target, Word};
use crate::manifest::Manifests;
use crate::manifest::kind::{AssetManifest, EntraGroup, Group, LicenseKind};
use crate::plan::{Cause, CauseKind};

/// One assignment that is asked for.
pub(super) struct Wanted {
    pub(super) word: Word,
    /// `None` for an exclusion, which gives nothing.
    pub(super) to_devices: Option<bool>,
    /// Name of the manifest's group.
    pub(super) group: String,
    pub(super) cause: Cause,
}

/// Everything asked for, by target. Where two entries name one target the stronger wins: required,
/// then available, then uninstall.
pub(super) fn of(
    manifests: &Manifests,
    asset: &AssetManifest,
    app: &App,
) -> BTreeMap<Target, Wanted> {
    let groups: BTreeMap<&str, &Group> =
        manifests.groups.iter().map(|group| (group.name.value.as_str(), group)).collect();
    let cause = |span, kind| Cause {
        file: manifests.sources.path(span).to_string(),
        line: span.line,
        kind,
    };
    let mut entries: Vec<_> = asset.assign.iter().collect();
    entries.sort_by_key(|entry| entry.intent);
    let mut wanted = BTreeMap::new();
    let mut words = BTreeSet::new();
    for entry in entries {
        let name = &entry.to.value;
        let Some(target) = groups.get(name.as_str()).and_then(|group| target(group)) else {
            continue;
        };
        let to_devices = match entry.license.as_ref().map(|license| license.value) {
            Some(LicenseKind::Device) => true,
            Some(LicenseKind::User) => false,
            // A device's license needs no Apple Account: what an app allows is taken.
            None => app.to_devices,
        };
        let word = Word::from(entry.intent);
        words.insert(word.clone());
        let kind = CauseKind::Entry { group: name.clone(), intent: entry.intent };
        wanted.entry(target).or_insert_with(|| Wanted {
            word,
            to_devices: Some(to_devices),
            group: name.clone(),
            cause: cause(entry.span, kind),
        });
    }
    for except in &asset.except {
        let Some(EntraGroup::Id(id)) = groups
            .get(except.value.as_str())
            .and_then(|group| group.entra_group.as_ref())
            .map(|group| &group.value)
        else {
            continue;
        };
        for word in &words {
            let kind = CauseKind::Except { group: except.value.clone() };
            wanted.insert(
                Target::Exclude(id.clone(), word.clone()),
                Wanted {
                    word: word.clone(),
                    to_devices: None,
                    group: except.value.clone(),
                    cause: cause(except.span, kind),
                },
            );
        }
    }
    wanted
}

fn target(group: &Group) -> Option<Target> {
    Some(match &group.entra_group.as_ref()?.value {
        EntraGroup::Id(id) => Target::Group(id.clone()),
        EntraGroup::AllDevices => Target::AllDevices,
        EntraGroup::AllUsers => Target::AllUsers,
    })
}
