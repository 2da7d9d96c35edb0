//! `vpp plan`: exactly which licenses would move, and why.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Context;
use super::args::{Plan as Arguments, Sharding, Target, typed_folder};
use super::base;
use super::choose::Chosen;
use super::clock;
use super::connect::{self, Apple, Opened};
use super::exit::Exit;
use super::failure::Failure;
use super::files;
use super::last;
use super::output;
use super::prepare::{self, Prepared};
use super::reading::Reading;
use super::reclaims;
use super::remember;
use super::served::{self, OpenedServer};
use super::snapshots::Past;
use super::state;
use super::survey::{Surveyed, survey, survey_beside};
use crate::actual::Actual;
use crate::desired::Desired;
use crate::manifest::kind::LicenseOwner;
use crate::plan::served::Served;
use crate::plan::{self, Input, LastApplied, Plan};
use crate::render::{Shape, Typed};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (folder, target) = (&arguments.manifests.folder, &arguments.target);
    let store = state::keep(context, folder, &arguments.state, target).await?;
    let prepared = prepare::prepare(context, folder, remember::means(target, store.as_ref()))?;
    let chosen = choose(context, &prepared, target, arguments.sharding)?;
    let apple = Apple::start(target).await?;
    let past = Past::new(store.as_deref(), arguments.rereading, target);
    let made = make(context, prepared, target, &chosen, &apple, past).await;
    apple.stop().await?;
    let plan = base::hold_against(context, arguments, made?)?;
    if let Some(path) = &arguments.out {
        files::replace(path, |out| plan::file::write(&plan, out))?;
    }
    let shape = Shape {
        plan_file: arguments.out.as_ref().map(ToString::to_string),
        typed: Typed {
            folder: typed_folder(&arguments.manifests.folder),
            options: format!("{}{}", arguments.target.typed(), arguments.state.typed()),
            applying: false,
        },
        ..context.streams.shape()
    };
    output::output(context, &arguments.output, &plan, shape)?;
    Ok(verdict(&plan, arguments.detailed_exitcode))
}

/// The locations a plan is for, as typed; a shard says which it got.
///
/// # Errors
/// Where there is no such location, or where the manifests cannot be judged shard by shard.
pub(super) fn choose(
    context: &Context,
    prepared: &Prepared,
    target: &Target,
    Sharding { shard }: Sharding,
) -> Result<Chosen, Failure> {
    let manifests = &prepared.manifests;
    if let Some(shard) = shard {
        shard.judges(manifests)?;
    }
    let chosen = Chosen::typed(manifests, target, shard)?;
    if let (Some(shard), Chosen::These(names)) = (shard, &chosen) {
        let (mine, all) = (names.len(), manifests.locations.len());
        context.streams.hint(&format!("shard {shard} has {mine} of {all} locations"))?;
    }
    Ok(chosen)
}

/// A plan and the connections it was read through.
pub(super) struct Made {
    pub(super) plan: Plan,
    pub(super) prepared: Prepared,
    pub(super) opened: Vec<Opened>,
    pub(super) locations: Vec<(String, Result<Actual, String>)>,
    pub(super) last: BTreeMap<String, LastApplied>,
    pub(super) servers: Vec<OpenedServer>,
    /// What these servers said.
    pub(super) served: Vec<Served>,
}

/// Reads Apple and compares.
pub(super) async fn make(
    context: &Context,
    mut prepared: Prepared,
    target: &Target,
    chosen: &Chosen,
    apple: &Apple,
    past: Past<'_>,
) -> Result<Made, Failure> {
    let doors = open(context, &mut prepared, target, chosen, apple).await?;
    read(context, prepared, doors, past).await
}

/// Connections to everybody who holds licenses of the chosen locations.
pub(super) struct Doors {
    /// Apple, where vpp has the token.
    pub(super) apple: Vec<Opened>,
    /// The servers that own tokens.
    pub(super) servers: Vec<OpenedServer>,
    /// Apple beside them, where there is a token to read with.
    pub(super) beside: Vec<Opened>,
}

/// Opens the chosen locations and leaves only what is for them.
pub(super) async fn open(
    context: &Context,
    prepared: &mut Prepared,
    target: &Target,
    chosen: &Chosen,
    apple: &Apple,
) -> Result<Doors, Failure> {
    narrow(&mut prepared.desired, chosen)?;
    prepared.manifests.locations.retain(|location| chosen.has(&location.name.value));
    // A server is told groups: which holders its assets are for is nothing to compare with Apple.
    let locations = &prepared.manifests.locations;
    let is_served = |name: &String| {
        locations.iter().any(|one| one.name.value == *name && one.licenses == LicenseOwner::Mdm)
    };
    prepared.desired.assets.retain(|asset| !asset.locations.iter().any(is_served));
    let Prepared { manifests, folder, .. } = &*prepared;
    Ok(Doors {
        apple: connect::open_all(context, manifests, folder, target, chosen, apple),
        servers: served::open_all(context, manifests, folder, target).await?,
        beside: connect::open_beside(context, manifests, folder, target, apple),
    })
}

/// Reads the open locations and compares.
pub(super) async fn read(
    context: &Context,
    mut prepared: Prepared,
    doors: Doors,
    past: Past<'_>,
) -> Result<Made, Failure> {
    let Doors { apple: opened, servers, beside } = doors;
    let roster = Mutex::new(std::mem::take(&mut prepared.roster));
    let progress = Reading::new(context);
    let Surveyed { locations, warnings } =
        survey(&opened, &prepared, &roster, &progress, past).await;
    let beside = survey_beside(&beside, &prepared.manifests, &roster, &progress).await;
    progress.finish();
    for warning in warnings {
        state::warn(context, &warning)?;
    }
    let served = served::read_all(&prepared.manifests, &servers, beside, past.store).await;
    prepared.roster = roster.into_inner().unwrap_or_else(PoisonError::into_inner);
    let last = last::recall(context, past.store, &locations, &mut prepared.roster).await?;
    let reclaims = reclaims::of_read(past.store, &locations).await?;
    let plan = plan::make_with(
        Input {
            manifests: &prepared.manifests,
            desired: &prepared.desired,
            roster: &prepared.roster,
            locations: &locations,
            last: &last,
            reclaims: &reclaims,
            diagnostics: &prepared.diagnostics,
            manifest_digest: prepared.digest.clone(),
            folder: prepared.folder.to_string(),
            now: clock::now(),
        },
        &served,
    );
    let findings = plan::lint(&plan);
    if let Some(finding) = findings.first() {
        return Err(anyhow::anyhow!(
            "the plan contradicts itself, so it is not shown: {finding}\nhint: this is a defect of \
             vpp; nothing was changed"
        )
        .into());
    }
    Ok(Made { plan, prepared, opened, locations, last, servers, served })
}

/// Leaves only what the chosen locations are for. An asset that several locations may serve must
/// have all of them chosen: somebody who holds it in one must not be given it in another.
fn narrow(desired: &mut Desired, chosen: &Chosen) -> Result<(), Failure> {
    for asset in &desired.assets {
        let (inside, outside): (Vec<_>, Vec<_>) =
            asset.locations.iter().partition(|location| chosen.has(location));
        if let (Some(inside), Some(outside)) = (inside.first(), outside.first()) {
            return Err(Failure::usage(format!(
                "`{}` comes from {inside} or {outside}, so they can only be chosen together\nhint: \
                 add --location {outside}",
                asset.name
            )));
        }
    }
    desired.assets.retain(|asset| asset.locations.iter().any(|location| chosen.has(location)));
    desired.subscriptions.retain(|subscription| chosen.has(&subscription.location));
    Ok(())
}

/// The exit code a plan ends with.
pub(super) fn verdict(plan: &Plan, detailed: bool) -> Exit {
    let changes = !plan.is_empty();
    match (plan.complete, plan.applyable, detailed && changes) {
        (false, _, _) => Exit::Failed,
        (true, false, _) => Exit::Blocked,
        (true, true, true) => Exit::Changes,
        (true, true, false) => Exit::Done,
    }
}
