//! One token, one owner: what `licenses: mdm` asks of the other documents.

use std::collections::BTreeMap;

use crate::diagnostic::{At, Diagnostic, Span};
use crate::license::AssetKind;
use crate::manifest::kind::{AssetManifest, Group, LicenseOwner, Location, MdmDriver, ReclaimMode};
use crate::manifest::{Manifests, codes};

/// Everything about who owns tokens.
pub(super) fn all(manifests: &Manifests) -> Vec<Diagnostic> {
    let drivers: BTreeMap<&str, &At<MdmDriver>> =
        manifests.mdms.iter().map(|mdm| (mdm.name.value.as_str(), &mdm.driver)).collect();
    let locations: BTreeMap<&str, &Location> = manifests
        .locations
        .iter()
        .map(|location| (location.name.value.as_str(), location))
        .collect();
    let groups: BTreeMap<&str, &Group> =
        manifests.groups.iter().map(|group| (group.name.value.as_str(), group)).collect();
    let mut found = vec![];
    for location in &manifests.locations {
        found.extend(of_location(location, &drivers));
    }
    for asset in &manifests.assets {
        let here = asset.locations.iter().filter_map(|name| {
            let (_, location) = locations.get_key_value(name.value.as_str())?;
            Some((*location, name.span))
        });
        of_asset(asset, &here.collect::<Vec<_>>(), &groups, &mut found);
    }
    found
}

fn of_location(
    location: &Location,
    drivers: &BTreeMap<&str, &At<MdmDriver>>,
) -> Option<Diagnostic> {
    let mdm = location.mdm.as_ref()?;
    let driver = drivers.get(mdm.value.as_str())?;
    let is_intune = matches!(driver.value, MdmDriver::Intune(_));
    let name = &location.name.value;
    match location.licenses {
        LicenseOwner::Apple if is_intune => Some(
            Diagnostic::error(
                &codes::TWO_OWNERS,
                format!("location `{name}` would have two owners: vpp and Intune"),
            )
            .at(mdm.span, "Intune hands out licenses itself, with a token of its own")
            .at(driver.span, "Intune")
            .help("write `licenses: mdm` and leave the token to Intune")
            .help("or take the token out of Intune and name another server, or none"),
        ),
        LicenseOwner::Mdm if !is_intune => Some(
            Diagnostic::error(
                &codes::TWO_OWNERS,
                format!("location `{name}` leaves its licenses to a server that has none"),
            )
            .at(mdm.span, format!("`{}` does not hand out licenses", driver.value.key()))
            .help("`licenses: mdm` is for Intune; write `licenses: apple` for this server"),
        ),
        LicenseOwner::Apple | LicenseOwner::Mdm => None,
    }
}

fn of_asset(
    asset: &AssetManifest,
    here: &[(&Location, Span)],
    groups: &BTreeMap<&str, &Group>,
    found: &mut Vec<Diagnostic>,
) {
    let name = &asset.name.value;
    let served = |location: &Location| location.licenses == LicenseOwner::Mdm;
    let theirs = here.iter().find(|(location, _)| served(location));
    let ours = here.iter().find(|(location, _)| !served(location));
    if let (Some((theirs, at)), Some((ours, other))) = (theirs, ours) {
        found.push(
            Diagnostic::error(
                &codes::TWO_OWNERS,
                format!("`{name}` comes from locations of different owners"),
            )
            .at(*at, format!("`{}`: its server hands out licenses", theirs.name.value))
            .at(*other, format!("`{}`: vpp does, at Apple", ours.name.value))
            .help("write two documents, one for each"),
        );
        return;
    }
    if let (Some((location, at)), [_, _, ..]) = (theirs, here) {
        found.push(
            Diagnostic::error(
                &codes::BY_SERVER,
                format!("`{name}` names several locations whose servers hand out licenses"),
            )
            .at(*at, format!("`{}` is one of them", location.name.value))
            .help("the servers cannot choose between locations: write a document for each"),
        );
    }
    match theirs {
        Some((location, at)) => by_server(asset, (location, *at), groups, found),
        None => by_vpp(asset, ours.map(|(location, _)| *location), groups, found),
    }
}

fn by_server(
    asset: &AssetManifest,
    (location, at): (&Location, Span),
    groups: &BTreeMap<&str, &Group>,
    found: &mut Vec<Diagnostic>,
) {
    let name = &asset.name.value;
    if asset.kind == AssetKind::Book {
        found.push(
            Diagnostic::error(
                &codes::BY_SERVER,
                format!("`{name}` is a book, and its location leaves licenses to its server"),
            )
            .at(at, "hands out apps only")
            .help("assign books in the server, or where vpp holds the token"),
        );
    }
    let mode = asset.reclaim.as_ref().or(location.reclaim.as_ref());
    if let Some(mode) = mode.filter(|mode| mode.value == ReclaimMode::Release) {
        found.push(
            Diagnostic::error(
                &codes::BY_SERVER,
                format!(
                    "`{name}` cannot be released: its server takes licenses back by uninstalling"
                ),
            )
            .at(mode.span, "deleting an assignment neither uninstalls nor gives a license back")
            .help("write `reclaim: uninstall`, or `reclaim: keep`"),
        );
    }
    let named = asset.assign.iter().map(|entry| &entry.to).chain(&asset.except);
    for to in named {
        let group = groups.get(to.value.as_str());
        if let Some(group) = group.filter(|group| group.entra_group.is_none()) {
            found.push(
                Diagnostic::error(
                    &codes::NO_ENTRA_GROUP,
                    format!("group `{}` has no `entraGroup`", to.value),
                )
                .at(to.span, "its server knows groups of Entra only")
                .at(group.name.span, "add it here")
                .help("add `entraGroup:` with the group's object id, or `allDevices`, `allUsers`"),
            );
        }
    }
}

fn by_vpp(
    asset: &AssetManifest,
    location: Option<&Location>,
    groups: &BTreeMap<&str, &Group>,
    found: &mut Vec<Diagnostic>,
) {
    if location.is_none() {
        return;
    }
    let named = asset.assign.iter().map(|entry| &entry.to).chain(&asset.except);
    for to in named {
        let group = groups.get(to.value.as_str());
        if let Some(group) = group.filter(|group| group.is_only_entra()) {
            found.push(
                Diagnostic::error(
                    &codes::NO_ENTRA_GROUP,
                    format!("nobody is known to be in group `{}`", to.value),
                )
                .at(to.span, "vpp hands out these licenses itself and must know members")
                .at(group.name.span, "has only an `entraGroup`")
                .help("add `from:` with an inventory of that group, or `devices`, or `users`"),
            );
        }
    }
}
