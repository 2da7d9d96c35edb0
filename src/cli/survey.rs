//! Reads every location side by side. One that fails does not hide the others.

use std::collections::BTreeSet;
use std::sync::Mutex;

use futures_util::StreamExt;
use futures_util::stream;

use super::clock;
use super::connect::Opened;
use super::prepare::Prepared;
use super::reading::Reading;
use crate::actual::{self, Actual, ReadScope};
use crate::desired::Desired;
use crate::license::{Asset, Roster};
use crate::manifest::Manifests;
use crate::manifest::kind::{AssetManifest, RetireUsers};

/// Locations read at the same time. Each keeps to its own five requests at once.
const AT_ONCE: usize = 16;

/// Each location as Apple reports it, in the order given, or why it could not be read.
pub(super) async fn survey(
    opened: &[Opened],
    prepared: &Prepared,
    roster: &Mutex<Roster>,
    progress: &Reading,
) -> Vec<(String, Result<Actual, String>)> {
    let scope = |name: &str| ReadScope {
        managed: managed(&prepared.desired, name),
        full: false,
        subscriptions: subscriptions(prepared, name),
    };
    each(opened, &scope, roster, progress).await
}

/// Apple beside the servers that own tokens, in the order given: what these assets' holders are there.
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
    each(opened, &scope, roster, progress).await
}

async fn each(
    opened: &[Opened],
    scope: &(dyn Fn(&str) -> ReadScope + Sync),
    roster: &Mutex<Roster>,
    progress: &Reading,
) -> Vec<(String, Result<Actual, String>)> {
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
