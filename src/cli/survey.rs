//! Reads every location side by side. One that fails does not hide the others.

use std::collections::BTreeSet;
use std::sync::Mutex;

use futures_util::StreamExt;
use futures_util::stream;

use super::clock;
use super::connect::Opened;
use super::prepare::Prepared;
use super::reading::Reading;
use super::snapshots::Past;
use crate::actual::{self, Actual, Keep, ReadError, ReadScope};
use crate::apple::Reader;
use crate::desired::Desired;
use crate::license::{Asset, Roster};
use crate::manifest::Manifests;
use crate::manifest::kind::{AssetManifest, RetireUsers};

/// Locations read at the same time. Each keeps to its own five requests at once.
const AT_ONCE: usize = 16;

/// What came of reading all locations.
#[derive(Default)]
pub(super) struct Surveyed {
    /// Each location as Apple reports it, in the order given, or why it could not be read.
    pub(super) locations: Vec<(String, Result<Actual, String>)>,
    /// What went wrong beside the reading.
    pub(super) warnings: Vec<String>,
}

/// Reads every location, only what changed where `past` allows.
pub(super) async fn survey(
    opened: &[Opened],
    prepared: &Prepared,
    roster: &Mutex<Roster>,
    progress: &Reading,
    past: Past<'_>,
) -> Surveyed {
    stream::iter(opened)
        .map(|one| async move {
            let (read, warning) = match &one.reader {
                Err(reason) => (Err(reason.clone()), None),
                Ok(reader) => {
                    let read = location(&one.name, reader, prepared, roster, progress, past).await;
                    match read {
                        Ok((actual, warning)) => (Ok(actual), warning),
                        Err(error) => (Err(without(&error.to_string(), &one.name)), None),
                    }
                }
            };
            (one.name.clone(), read, warning)
        })
        .buffered(AT_ONCE)
        .fold(Surveyed::default(), |mut all, (name, read, warning)| async move {
            all.locations.push((name, read));
            all.warnings.extend(warning);
            all
        })
        .await
}

/// Apple beside the servers that own tokens, in the order given: what these assets' holders are there.
/// Nothing of it is kept: it is little, and the server's own answer is what counts.
pub(super) async fn survey_beside(
    opened: &[Opened],
    manifests: &Manifests,
    roster: &Mutex<Roster>,
    progress: &Reading,
) -> Vec<(String, Result<Actual, String>)> {
    let here = |asset: &&AssetManifest, name: &str| {
        asset.locations.iter().any(|location| location.value == name)
    };
    let scope = |name: &str| ReadScope {
        managed: manifests
            .assets
            .iter()
            .filter(|asset| here(asset, name))
            .map(|asset| asset.asset.value)
            .collect(),
        full: false,
        subscriptions: false,
    };
    let scope = &scope;
    stream::iter(opened)
        .map(|one| async move {
            let read = match &one.reader {
                Err(reason) => Err(reason.clone()),
                Ok(reader) => {
                    let follow = progress.location();
                    let scope = scope(&one.name);
                    actual::read(reader, roster, &scope, clock::now(), &|step| follow.step(step))
                        .await
                        .map_err(|error| without(&error.to_string(), &one.name))
                }
            };
            (one.name.clone(), read)
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// Reads one location; what went wrong while that was kept for next time is no error.
async fn location(
    name: &str,
    reader: &Reader,
    prepared: &Prepared,
    roster: &Mutex<Roster>,
    progress: &Reading,
    past: Past<'_>,
) -> Result<(Actual, Option<String>), ReadError> {
    let follow = progress.location();
    let step = |step| follow.step(step);
    let scope = ReadScope {
        managed: managed(&prepared.desired, name),
        full: false,
        subscriptions: subscriptions(prepared, name),
    };
    let now = clock::now();
    if !past.keeps() {
        return Ok((actual::read(reader, roster, &scope, now, &step).await?, None));
    }
    let manifest = prepared.manifests.locations.iter().find(|one| one.name.value == name);
    let pinned = manifest.and_then(|manifest| manifest.uid.as_ref());
    let before = past.recall(name, reader, pinned.map(|uid| uid.value.as_str()), roster).await;
    let had = before.is_some();
    let (actual, keep) = actual::read_since(reader, roster, &scope, before, now, &step).await?;
    let warning = match keep {
        Keep::Same => None,
        // What was never kept need not be dropped; what was damaged does no harm.
        Keep::Nothing if !had => None,
        Keep::Nothing => past.forget(name, &actual.uid).await,
        Keep::New(snapshot) => past.keep(name, &actual.uid, snapshot, roster, actual.read_at).await,
    };
    Ok((actual, warning))
}

/// A client names its location first; a plan names it itself.
fn without(message: &str, location: &str) -> String {
    let rest = message.strip_prefix(location).and_then(|rest| rest.strip_prefix(": "));
    rest.unwrap_or(message).to_owned()
}

/// The assets some manifest manages in a location.
fn managed(desired: &Desired, location: &str) -> BTreeSet<Asset> {
    let here = desired.assets.iter().filter(|asset| asset.locations.iter().any(|l| l == location));
    here.map(|asset| asset.asset).collect()
}

/// Whether the location's subscriptions must be read: some manifest speaks of one, or people are
/// retired there, which takes their seats.
fn subscriptions(prepared: &Prepared, location: &str) -> bool {
    let Prepared { manifests, desired, .. } = prepared;
    let mut here = manifests.locations.iter().filter(|one| one.name.value == location);
    desired.subscriptions.iter().any(|one| one.location == location)
        || here.any(|one| one.retire_users != RetireUsers::Never)
}
