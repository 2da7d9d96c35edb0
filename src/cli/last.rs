//! What the last apply left at each location: kept after a run, recalled before a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::Context;
use super::failure::Failure;
use super::state::warn;
use crate::actual::{self, Actual};
use crate::apple::Reader;
use crate::license::{Asset, Roster};
use crate::plan::{LastApplied, Plan};
use crate::store::{RunId, Store};

/// Locations as they were read, by name.
pub(super) type Read = [(String, Result<Actual, String>)];

/// Recalls what the last apply left at the locations that were read, by their names. Its holders
/// are numbered on in the roster. What cannot be used is said and as good as never kept.
pub(super) async fn recall(
    context: &Context,
    store: Option<&dyn Store>,
    locations: &Read,
    roster: &mut Roster,
) -> Result<BTreeMap<String, LastApplied>, Failure> {
    let mut last = BTreeMap::new();
    let Some(store) = store else { return Ok(last) };
    for (name, actual) in locations {
        let Ok(Actual { uid, .. }) = actual else { continue };
        let recalled = match store.recall(&key(uid)).await {
            Ok(None) => continue,
            Ok(Some((bytes, _))) => {
                LastApplied::decode(&bytes, roster).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        match recalled {
            Ok(left) => {
                last.insert(name.clone(), left);
            }
            Err(why) => {
                warn(context, &format!("{name}: drift since the last apply is not told: {why}"))?;
            }
        }
    }
    Ok(last)
}

/// Keeps what a run left: what was read before it, and of every asset it touched what Apple shows
/// now. Where that cannot be read nothing is claimed of this run, and the next plan tells no drift.
pub(super) async fn keep(
    context: &Context,
    store: &dyn Store,
    (run, ended): (RunId, Timestamp),
    plan: &Plan,
    locations: &Read,
    readers: &[(String, Reader)],
    roster: Roster,
) -> Result<(), Failure> {
    let roster = Mutex::new(roster);
    for (name, actual) in locations {
        let reader = readers.iter().find(|(other, _)| other == name).map(|(_, reader)| reader);
        let (Ok(actual), Some(reader)) = (actual, reader) else { continue };
        let managed = plan.locations.iter().filter(|location| location.name == *name);
        let managed = managed.flat_map(|location| &location.licenses).map(|row| row.asset);
        let mut held: BTreeMap<Asset, _> = managed
            .map(|asset| (asset, actual.held.get(&asset).cloned().unwrap_or_default()))
            .collect();
        let changes = plan.changes.iter().filter(|change| change.location == *name);
        let touched: BTreeSet<Asset> = changes.map(|change| change.asset).collect();
        let kept = match actual::read_back(reader, &roster, &touched).await {
            Ok(now) => {
                held.extend(now);
                let left = LastApplied { run: run.0.to_string(), at: ended, held };
                let bytes = left.encode(&roster.lock().unwrap_or_else(PoisonError::into_inner))?;
                store.remember(&key(&actual.uid), &bytes, ended).await
            }
            Err(error) => {
                let why = format!("{name}: the next plan tells no drift, as this run: {error}");
                warn(context, &why)?;
                store.forget(&key(&actual.uid)).await
            }
        };
        if let Err(error) = kept {
            warn(context, &format!("{name}: the next plan may tell old drift: {error}"))?;
        }
    }
    Ok(())
}

fn key(uid: &str) -> String {
    format!("last-applied/{uid}")
}
