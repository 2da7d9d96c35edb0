use std::collections::HashMap;

use super::super::{Input, LastApplied};
use crate::actual::Actual;
use crate::manifest::kind::{LicenseOwner, Location};

/// One location: what the manifests say of it and what Apple says.
pub(in super::super) struct Site<'a> {
    pub(in super::super) manifest: &'a Location,
    pub(in super::super) state: SiteState<'a>,
    /// What the last apply left here, where it is known.
    pub(in super::super) last: Option<&'a LastApplied>,
}

/// Whether a location may be planned for.
pub(in super::super) enum SiteState<'a> {
    /// Read whole, and ours to change.
    Open(&'a Actual),
    /// Read whole, but not to be touched.
    Closed(&'a Actual, Closed<'a>),
    /// Not read, and why.
    Unread(&'a str),
}

/// Why a location that was read is not to be touched.
#[derive(Clone, Copy)]
pub(in super::super) enum Closed<'a> {
    /// Somebody else has claimed it, or it is claimed and the manifest names no owner.
    Foreign,
    /// The token opens another library than the one the manifest pins.
    OtherLibrary,
    /// An earlier location of the manifests opens the same library.
    SameLibrary {
        /// That location's name.
        earlier: &'a str,
    },
}

impl<'a> Site<'a> {
    pub(in super::super) fn name(&self) -> &'a str {
        &self.manifest.name.value
    }

    /// Apple's answer, where there is a whole one.
    pub(in super::super) fn actual(&self) -> Option<&'a Actual> {
        match self.state {
            SiteState::Open(actual) | SiteState::Closed(actual, _) => Some(actual),
            SiteState::Unread(_) => None,
        }
    }

    /// Apple's answer, where the location may be changed.
    pub(in super::super) fn open(&self) -> Option<&'a Actual> {
        match self.state {
            SiteState::Open(actual) => Some(actual),
            SiteState::Closed(..) | SiteState::Unread(_) => None,
        }
    }
}

/// Every location of the manifests, in their order.
pub(super) fn sites<'a>(input: &'a Input<'_>) -> Vec<Site<'a>> {
    let mut libraries: HashMap<&str, &str> = HashMap::new();
    let read: HashMap<&str, &Result<Actual, String>> =
        input.locations.iter().map(|(name, answer)| (name.as_str(), answer)).collect();
    input
        .manifests
        .locations
        .iter()
        .filter(|manifest| manifest.licenses == LicenseOwner::Apple)
        .map(|manifest| {
            let name = manifest.name.value.as_str();
            let state = match read.get(name) {
                None => SiteState::Unread("it was not read in this run"),
                Some(Err(why)) => SiteState::Unread(why),
                Some(Ok(actual)) => {
                    let earlier = libraries.get(actual.uid.as_str()).copied();
                    libraries.entry(&actual.uid).or_insert(name);
                    match closed(manifest, actual, earlier) {
                        Some(why) => SiteState::Closed(actual, why),
                        None => SiteState::Open(actual),
                    }
                }
            };
            Site { manifest, state, last: input.last.get(name) }
        })
        .collect()
}

fn closed<'a>(
    manifest: &Location,
    actual: &Actual,
    earlier: Option<&'a str>,
) -> Option<Closed<'a>> {
    if manifest.uid.as_ref().is_some_and(|uid| uid.value != actual.uid) {
        return Some(Closed::OtherLibrary);
    }
    if let Some(earlier) = earlier {
        return Some(Closed::SameLibrary { earlier });
    }
    let ours = manifest.owner.as_ref().map(|owner| owner.value.id.as_str());
    match &actual.owner {
        Some(owner) if ours != Some(owner.id.as_str()) => Some(Closed::Foreign),
        Some(_) | None => None,
    }
}
