//! Holds a plan against what was there before: a git revision or a saved plan.

use std::collections::BTreeMap;

use super::Context;
use super::args::Plan as Arguments;
use super::exit::Exit;
use super::failure::Failure;
use super::plan::Made;
use super::prepare::{self, Prepared};
use super::revision;
use super::show;
use crate::plan::base::{After, Before, hold_against as hold};
use crate::plan::{self, Input, Plan};

/// The plan, held against the base that was asked for.
pub(super) fn hold_against(
    context: &Context,
    arguments: &Arguments,
    made: Made,
) -> Result<Plan, Failure> {
    let Made { plan, mut prepared, locations, last, .. } = made;
    if let Some(path) = &arguments.base.plan {
        let base = show::read(path)?;
        return Ok(hold(plan, path.as_str(), &base, None, &mut prepared.roster));
    }
    let Some(revision) = &arguments.base.revision else { return Ok(plan) };
    let checkout = revision::checkout(&arguments.manifests.folder, revision)?;
    // The same roster, so that a holder has one number before and after.
    let mut before = prepare::prepare_with(
        context,
        checkout.folder(),
        prepared.means.clone(),
        std::mem::take(&mut prepared.roster),
    )
    .map_err(|failure| {
        let why = failure.message.map(|why| format!(": {why}")).unwrap_or_default();
        Failure::new(
            Exit::Failed,
            format!("the manifests of {revision} cannot be used{why}\nhint: choose another --base"),
        )
    })?;
    // Only what was read now can be held against: a location that has gone since was not.
    let read = |name: &str| plan.locations.iter().any(|location| location.name == name);
    before.manifests.locations.retain(|location| read(&location.name.value));
    before.desired.assets.retain(|asset| asset.locations.iter().any(|name| read(name)));
    before.desired.subscriptions.retain(|subscription| read(&subscription.location));
    let Prepared {
        manifests,
        desired,
        mut roster,
        diagnostics,
        digest,
        folder,
        known: _,
        means: _,
    } = before;
    let base = plan::make(Input {
        manifests: &manifests,
        desired: &desired,
        roster: &roster,
        locations: &locations,
        last: &last,
        reclaims: &BTreeMap::new(),
        diagnostics: &diagnostics,
        manifest_digest: digest,
        folder: folder.to_string(),
        now: plan.created_at,
    });
    let documents = (
        Before { manifests: &manifests, desired: &desired },
        After { manifests: &prepared.manifests, desired: &prepared.desired },
    );
    Ok(hold(plan, revision, &base, Some(documents), &mut roster))
}
