//! The entries of one app or book to disjoint sets of holders.

use std::collections::BTreeMap;

use super::codes;
use super::names::{count_of, first_names};
use super::{ResolvedGroup, WantedAsset, WantedEntry};
use crate::diagnostic::{Diagnostic, Span};
use crate::inventory::shown;
use crate::license::{AssetKind, HolderSet, Roster};
use crate::manifest::kind::{AssetManifest, Intent, LicenseKind};

/// Whom an entry, or an `except` line, speaks of when it names a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// The members as they are.
    Members,
    /// Member people, and the users of member devices.
    Users,
    /// Member devices, and the devices of member people.
    Devices,
}

impl Reach {
    fn of(kind: AssetKind, license: Option<LicenseKind>) -> Self {
        match (kind, license) {
            // Books go to people only, whatever is written.
            (AssetKind::Book, _) | (AssetKind::App, Some(LicenseKind::User)) => Self::Users,
            (AssetKind::App, Some(LicenseKind::Device)) => Self::Devices,
            (AssetKind::App, None) => Self::Members,
        }
    }

    pub(super) fn holders(self, group: &ResolvedGroup, roster: &Roster) -> HolderSet {
        match self {
            Self::Members => group.members.clone(),
            Self::Users => &(&group.members & roster.users()) | &group.users_of_devices,
            Self::Devices => &(&group.members - roster.users()) | &group.devices_of_users,
        }
    }
}

/// Entries whose group has members they cannot reach, by group and reach.
pub(super) type Reached<'m> = BTreeMap<(&'m str, Reach), Vec<Span>>;

pub(super) fn resolve<'m>(
    manifest: &'m AssetManifest,
    groups: &BTreeMap<String, ResolvedGroup>,
    roster: &Roster,
    reached: &mut Reached<'m>,
    diagnostics: &mut Vec<Diagnostic>,
) -> WantedAsset {
    let reach = |license: Option<LicenseKind>| Reach::of(manifest.kind, license);
    let mut named = vec![];
    for entry in &manifest.assign {
        let license = entry.license.as_ref().map(|license| license.value);
        reached
            .entry((&entry.to.value, reach(license)))
            .or_default()
            .push(entry.license.as_ref().map_or(entry.span, |license| license.span));
        let group = groups.get(&entry.to.value);
        let holders = group.map(|group| reach(license).holders(group, roster)).unwrap_or_default();
        named.push((entry, license, holders));
    }
    let except_lines = except_lines(manifest, groups, roster);
    let mut except = HolderSet::new();
    for (_, _, holders) in &except_lines {
        except |= holders;
    }
    for (entry, _, given) in &named {
        for (other, _, taken) in &named {
            if entry.intent != Intent::Uninstall && other.intent == Intent::Uninstall {
                let both = &(given & taken) - &except;
                if !both.is_empty() {
                    diagnostics.push(clash(
                        manifest,
                        (entry.intent, entry.span),
                        other.span,
                        &both,
                        roster,
                    ));
                }
            }
        }
    }
    let mut by_precedence: Vec<usize> = (0..named.len()).collect();
    by_precedence.sort_by_key(|&index| named.get(index).map(|(entry, _, _)| entry.intent));
    let mut decided = except.clone();
    let mut holders = vec![HolderSet::new(); named.len()];
    for index in by_precedence {
        if let (Some((_, _, named)), Some(slot)) = (named.get(index), holders.get_mut(index)) {
            *slot = named - &decided;
            decided |= named;
        }
    }
    let entries = named
        .into_iter()
        .zip(holders)
        .map(|((entry, license, named), holders)| WantedEntry {
            group: entry.to.value.clone(),
            intent: entry.intent,
            license,
            span: entry.span,
            holders,
            named: named.len(),
        })
        .collect();
    WantedAsset {
        asset: manifest.asset.value,
        kind: manifest.kind,
        name: manifest.name.value.clone(),
        bundle_id: manifest.bundle_id.as_ref().map(|id| id.value.clone()),
        span: manifest.name.span,
        assign_span: manifest.assign_span,
        locations: manifest.locations.iter().map(|location| location.value.clone()).collect(),
        entries,
        except,
        except_lines,
        reclaim: manifest.reclaim.as_ref().map(|mode| mode.value),
        when_short: manifest.when_short,
        irrevocable: manifest.irrevocable,
    }
}

/// Whom each `except` line takes out: the members of its group and, where an entry of the asset
/// goes from devices to their users (or from people to their devices), those too.
///
/// An `except` of loaner devices would otherwise mean nothing beside an entry with
/// `license: user`, although the app installs on every device of that user.
fn except_lines(
    manifest: &AssetManifest,
    groups: &BTreeMap<String, ResolvedGroup>,
    roster: &Roster,
) -> Vec<(String, Span, HolderSet)> {
    let reaches: Vec<Reach> = manifest
        .assign
        .iter()
        .map(|entry| Reach::of(manifest.kind, entry.license.as_ref().map(|kind| kind.value)))
        .filter(|reach| *reach != Reach::Members)
        .collect();
    manifest
        .except
        .iter()
        .map(|line| {
            let mut holders = HolderSet::new();
            if let Some(group) = groups.get(&line.value) {
                holders |= &group.members;
                for reach in &reaches {
                    holders |= &reach.holders(group, roster);
                }
            }
            (line.value.clone(), line.span, holders)
        })
        .collect()
}

fn clash(
    manifest: &AssetManifest,
    (intent, given): (Intent, Span),
    taken: Span,
    both: &HolderSet,
    roster: &Roster,
) -> Diagnostic {
    let word = match intent {
        Intent::Required => "required",
        Intent::Available => "available",
        Intent::Uninstall => "uninstall",
    };
    let message = format!(
        "{} means both `{word}` and `uninstall` for {}, and `{word}` wins: {}",
        shown(&manifest.name.value),
        count_of(both, roster),
        first_names(both, roster),
    );
    Diagnostic::warning(&codes::CLASH, message)
        .at(taken, "uninstalls from them")
        .at(given, "gives them a license")
        .help("take them out of one of the groups, or name them under `except`")
}
