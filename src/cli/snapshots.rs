//! What was read of each location, kept so that the next read asks only for what changed since.
//!
//! A snapshot saves requests and nothing else: one that is missing, damaged or of no use costs a
//! full read, and one that cannot be kept costs the next run one.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::args::{Rereading, Target};
use crate::actual::Snapshot;
use crate::apple::Reader;
use crate::license::Roster;
use crate::store::Store;

/// The memory of a command that reads Apple.
#[derive(Clone, Copy)]
pub(super) struct Past<'s> {
    /// Where everything is remembered, if anywhere.
    pub(super) store: Option<&'s dyn Store>,
    /// Whether everything is read whatever is remembered.
    full: bool,
    /// Whether what was read is kept.
    keeps: bool,
}

impl<'s> Past<'s> {
    /// A sandbox in this process starts anew with every run: there is nothing to go on from.
    pub(super) fn new(
        store: Option<&'s dyn Store>,
        Rereading { full }: Rereading,
        target: &Target,
    ) -> Self {
        Self { store, full, keeps: store.is_some() && target.sandbox.is_none() }
    }

    /// Whether anything is kept of what is read.
    pub(super) fn keeps(&self) -> bool {
        self.keeps
    }

    /// What was kept of the library a reader speaks to; what cannot be used is as good as nothing,
    /// and logged.
    pub(super) async fn recall(
        &self,
        location: &str,
        reader: &Reader,
        pinned: Option<&str>,
        roster: &Mutex<Roster>,
    ) -> Option<Snapshot> {
        let store = self.store.filter(|_| self.keeps && !self.full)?;
        let uid = library(reader, pinned).await?;
        let why = match store.recall(&key(&uid)).await {
            Ok(None) => "none was kept".to_owned(),
            Ok(Some((bytes, _))) => {
                let mut roster = roster.lock().unwrap_or_else(PoisonError::into_inner);
                match Snapshot::decode(&bytes, &mut roster) {
                    Ok(snapshot) => return Some(snapshot),
                    Err(error) => error.to_string(),
                }
            }
            Err(error) => error.to_string(),
        };
        tracing::info!(location, why, "everything is read: there is no snapshot to go on from");
        None
    }

    /// Keeps what was read. Gives what to tell the user where it cannot.
    pub(super) async fn keep(
        &self,
        location: &str,
        uid: &str,
        snapshot: Snapshot,
        roster: &Mutex<Roster>,
        now: Timestamp,
    ) -> Option<String> {
        let store = self.store.filter(|_| self.keeps)?;
        let bytes = snapshot.encode(&roster.lock().unwrap_or_else(PoisonError::into_inner));
        drop(snapshot);
        let kept = match bytes {
            Ok(bytes) => {
                let kept = store.remember(&key(uid), &bytes, now).await;
                kept.map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        let error = kept.err()?;
        Some(format!("{location}: the next run cannot go on from what was read now: {error}"))
    }

    /// Drops what was kept. Gives what to tell the user where it cannot.
    pub(super) async fn forget(&self, location: &str, uid: &str) -> Option<String> {
        let error = self.store?.forget(&key(uid)).await.err()?;
        Some(format!("{location}: what was kept of an earlier run stays: {error}"))
    }
}

/// The library a reader speaks to: as pinned, else as Apple says. Where Apple cannot be asked now
/// the reading itself says why.
async fn library(reader: &Reader, pinned: Option<&str>) -> Option<String> {
    if let Some(uid) = pinned.map(str::to_owned).or_else(|| reader.uid()) {
        return Some(uid);
    }
    reader.client_config().await.ok()?;
    reader.uid()
}

fn key(uid: &str) -> String {
    format!("snapshot/{uid}")
}
