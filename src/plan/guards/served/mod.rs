//! Guards of locations whose server owns the token, by what they are about.

mod groups;
mod licenses;
mod others;
mod server;

pub(super) use groups::{GROUP_GONE, GROUP_SMALL};
pub(super) use licenses::{LICENSE_KIND, LIMIT, NOBODY, PROTECTED, SHORT};
pub(super) use others::{DISAGREE, MOVED, STUCK};
pub(super) use server::{NO_APP, TOKEN, TOKEN_ENDS, UNREAD};

use super::{Trip, View};
use crate::intune::Target;
use crate::manifest::kind::{AssetManifest, EntraGroup, Group, Location};
use crate::plan::served::{MdmAppPlan, MdmLocationPlan};

/// So many serial numbers are named.
const EXAMPLES: usize = 5;

/// One guard's word on every app of every such location.
fn each(
    view: &View<'_>,
    check: impl Fn(&MdmLocationPlan, &MdmAppPlan, &AssetManifest) -> Option<Trip>,
) -> Vec<Trip> {
    let mut trips = vec![];
    for plan in view.served {
        for app in &plan.apps {
            let asset = view
                .survey
                .manifests
                .assets
                .iter()
                .find(|asset| asset.name.value == app.name && asset.asset.value == app.asset);
            let trip = asset.and_then(|asset| check(plan, app, asset));
            trips.extend(trip.map(|trip| trip.location(&plan.name).subject(&app.name)));
        }
    }
    trips
}

/// One guard's word on every group of Entra that an app of such a location names.
fn named_groups(
    view: &View<'_>,
    check: impl Fn(&Group, &str, Option<&crate::intune::SeenGroup>) -> Option<Trip>,
) -> Vec<Trip> {
    let manifests = view.survey.manifests;
    let mut trips = vec![];
    for plan in view.served {
        let Some(seen) = view.seen(&plan.name) else { continue };
        let here = manifests
            .assets
            .iter()
            .filter(|asset| asset.locations.iter().any(|location| location.value == plan.name));
        let mut names: Vec<&str> = here
            .flat_map(|asset| asset.assign.iter().map(|entry| &entry.to).chain(&asset.except))
            .map(|to| to.value.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let group = manifests.groups.iter().find(|group| group.name.value == name);
            let Some(group) = group else { continue };
            let Some(EntraGroup::Id(id)) = group.entra_group.as_ref().map(|at| &at.value) else {
                continue;
            };
            let target = Target::Group(id.clone());
            let found = target.group().and_then(|id| seen.groups.get(id));
            if let Some(trip) = check(group, id, found) {
                trips.push(trip.location(&plan.name).subject(name).at(group.name.span));
            }
        }
    }
    trips
}

/// With the location and where its manifest names it.
fn here(view: &View<'_>, plan: &MdmLocationPlan, trip: Trip) -> Trip {
    let manifests = view.survey.manifests;
    let location: Option<&Location> =
        manifests.locations.iter().find(|location| location.name.value == plan.name);
    let trip = trip.location(&plan.name);
    match location {
        Some(location) => trip.at(location.name.span),
        None => trip,
    }
}
