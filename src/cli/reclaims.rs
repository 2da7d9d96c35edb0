//! How far licenses are that come back by uninstalling: what the memory knows, for plans, and
//! `vpp status --reclaims`, for which neither Apple nor a device-management server is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::args::{Status as Arguments, StatusFormat};
use super::choose::Chosen;
use super::clock;
use super::exit::Exit;
use super::failure::Failure;
use super::last::Read;
use super::prepare;
use super::state;
use crate::apply::outcome::RunReport;
use crate::diagnostic::{Diagnostic, nearest};
use crate::license::{Asset, AssetKind};
use crate::manifest::kind::{AssetManifest, LicenseOwner, Location};
use crate::manifest::{self, Manifests};
use crate::reclaim::{Reclaim, Rules};
use crate::render;
use crate::status::{self, LocationReclaims, ReclaimStatus};
use crate::store::{Store, StoreError};

/// Runs that are looked through for the id of a location whose manifest does not pin it.
const RUNS: u32 = 50;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { target, sharding, state, detail, apps, .. } = arguments;
    let folder = &arguments.manifests.folder;
    let manifest::Loaded { manifests, diagnostics } = manifest::load(folder);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(prepare::refuse(context, &manifests, &diagnostics)?);
    }
    let chosen = Chosen::typed(&manifests, target, sharding.shard)?;
    let store = state::look(context, folder, state, target).await?;
    let wanted = wanted(&manifests, apps)?;
    let now = clock::now();
    let mut status = ReclaimStatus { memory: store.is_some(), locations: vec![] };
    let known = match &store {
        Some(store) => uids(store.as_ref(), &manifests).await?,
        None => BTreeMap::new(),
    };
    // A server that owns its token takes licenses back from groups: plain `vpp status` asks it how far.
    let ours = manifests.locations.iter().filter(|one| one.licenses == LicenseOwner::Apple);
    for location in ours.filter(|one| chosen.has(&one.name.value)) {
        let uid = location.uid.as_ref().map(|uid| uid.value.clone());
        let uid = uid.or_else(|| known.get(&location.name.value).cloned());
        let kept = match (&store, &uid) {
            (Some(store), Some(uid)) => Ok(open(store.as_ref(), uid).await?),
            (Some(_), None) => Err("its manifest pins no `uid`, and no run remembers it: pin it"),
            (None, _) => Ok(vec![]),
        };
        let (kept, failed) = kept.map_or_else(|why| (vec![], Some(why)), |kept| (kept, None));
        let kept: Vec<Reclaim> = kept
            .into_iter()
            .filter(|one| wanted.as_ref().is_none_or(|wanted| wanted.contains(&one.asset)))
            .collect();
        let rules = Rules { when_gone: location.when_gone, ..Rules::default() };
        let named = |asset| name(&manifests, location, asset);
        let apps = status::reclaims(kept, named, &rules, now, *detail);
        status.locations.push(LocationReclaims {
            name: location.name.value.clone(),
            description: location.description.clone(),
            uid,
            failed: failed.map(str::to_owned),
            open: apps.iter().map(|app| app.open).sum(),
            apps,
        });
    }
    let streams = &context.streams;
    if store.is_none() {
        streams.hint(
            "no run is remembered here, so nothing is known of reclaims; --state says where the \
             memory lies, if elsewhere",
        )?;
    }
    streams.print(|out| match arguments.format {
        StatusFormat::Human if store.is_none() => Ok(()),
        StatusFormat::Human => {
            render::reclaims::human(out, &streams.out_styles(), &streams.shape(), &status, now)
        }
        StatusFormat::Json => render::json::line(out, &status),
        StatusFormat::Csv => render::reclaims::csv(out, &status, *detail),
    })?;
    Ok(Exit::Done)
}

/// The reclaims of a library that are not through.
async fn open(store: &dyn Store, uid: &str) -> Result<Vec<Reclaim>, StoreError> {
    let rows = store.open_reclaims(uid).await?;
    // What cannot be read is begun anew by the next apply: memory, not truth.
    Ok(rows.into_iter().filter_map(|row| Reclaim::of_row(&row)).collect())
}

/// The reclaims that are not through at the locations that were read, by their names.
///
/// # Errors
/// Where the memory is there and cannot be read.
pub(super) async fn of_read(
    store: Option<&dyn Store>,
    locations: &Read,
) -> Result<BTreeMap<String, Vec<Reclaim>>, StoreError> {
    let mut kept = BTreeMap::new();
    let Some(store) = store else { return Ok(kept) };
    for (name, actual) in locations {
        let Ok(actual) = actual else { continue };
        let here = open(store, &actual.uid).await?;
        if !here.is_empty() {
            kept.insert(name.clone(), here);
        }
    }
    Ok(kept)
}

/// The ids of libraries by the names of locations that do not pin them, as runs remember them.
async fn uids(
    store: &dyn Store,
    manifests: &Manifests,
) -> Result<BTreeMap<String, String>, StoreError> {
    let mut found = BTreeMap::new();
    let unpinned = || manifests.locations.iter().filter(|location| location.uid.is_none());
    if unpinned().next().is_none() {
        return Ok(found);
    }
    for run in store.runs(RUNS).await? {
        if unpinned().all(|location| found.contains_key(&location.name.value)) {
            break;
        }
        for run in store.runs_named(&run.id.0.to_string()).await? {
            let report = run.end.and_then(|end| end.report);
            let report = report.and_then(|report| serde_json::from_value::<RunReport>(report).ok());
            for location in report.into_iter().flat_map(|report| report.locations) {
                if let Some(uid) = location.uid {
                    found.entry(location.name).or_insert(uid);
                }
            }
        }
    }
    Ok(found)
}

/// The apps that were typed; `None` where all are meant.
fn wanted(manifests: &Manifests, asked: &[String]) -> Result<Option<BTreeSet<Asset>>, Failure> {
    if asked.is_empty() {
        return Ok(None);
    }
    let apps = || manifests.assets.iter().filter(|asset| asset.kind == AssetKind::App);
    let mut found = BTreeSet::new();
    for asked in asked {
        let fits = |app: &&AssetManifest| {
            app.name.value == *asked || app.asset.value.adam_id.to_string() == *asked
        };
        let assets: Vec<Asset> = apps().filter(fits).map(|app| app.asset.value).collect();
        if assets.is_empty() {
            let near = nearest(asked, apps().map(|app| app.name.value.as_str()));
            let near = near.map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?"));
            return Err(Failure::usage(format!("there is no app `{asked}`{near}")));
        }
        found.extend(assets);
    }
    Ok(Some(found))
}

/// What an asset is called at a location now.
fn name(manifests: &Manifests, location: &Location, asset: Asset) -> Option<String> {
    let here = |app: &&AssetManifest| {
        app.asset.value == asset && app.locations.iter().any(|one| one.value == location.name.value)
    };
    manifests.assets.iter().find(here).map(|app| app.name.value.clone())
}
