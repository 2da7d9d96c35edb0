//! Where a run remembers, with somebody who watches every write.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use camino::Utf8Path;
use tokio::runtime::Runtime;

use super::fuse::Fuse;
use crate::apply::tap::{Tap, Way};
use crate::store::postgres;

/// Both stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

pub(super) enum Memory {
    /// A file. Its log of writes (WAL) is looked at all the time.
    Sqlite { place: PathBuf, end: Arc<AtomicBool>, watcher: Option<JoinHandle<()>> },
    /// A database behind a tap: every message to the server and every answer is seen.
    Postgres { direct: String, tapped: String, _tap: Tap },
}

impl Memory {
    /// `None`, said aloud, where the machine has no such server.
    pub(super) fn new(kind: Kind, folder: &Utf8Path, fuse: &Fuse, on: &Runtime) -> Option<Self> {
        match kind {
            Kind::Sqlite => {
                let place = folder.join(".vpp/state.db").into_std_path_buf();
                let end = Arc::new(AtomicBool::new(false));
                let watcher = watch(place.with_extension("db-wal"), fuse.clone(), end.clone());
                Some(Self::Sqlite { place, end, watcher: Some(watcher) })
            }
            Kind::Postgres => {
                let direct = on.block_on(postgres::database())?;
                let after = direct.split('@').nth(1).unwrap();
                let server = after.split('/').next().unwrap();
                let tap = on.block_on(Tap::on(server.parse().unwrap()));
                let gate = fuse.clone();
                tap.guard(move |way, _| {
                    gate.passes(match way {
                        Way::In => "before a write to PostgreSQL",
                        Way::Out => "after a write to PostgreSQL",
                    })
                });
                let tapped = direct.replace(server, &tap.address().to_string());
                Some(Self::Postgres { direct, tapped, _tap: tap })
            }
        }
    }

    /// As the program is told of it.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Sqlite { place, .. } => place.to_str().unwrap().to_owned(),
            Self::Postgres { tapped, .. } => tapped.clone(),
        }
    }

    /// Lets the leases of runs that were killed run out, as they do after two minutes.
    pub(super) fn let_leases_end(&self, on: &Runtime) {
        let sql = "UPDATE vpp_leases SET ends = 0";
        match self {
            Self::Sqlite { place, .. } => {
                let Ok(state) = rusqlite::Connection::open(place) else { return };
                state.busy_timeout(Duration::from_secs(10)).unwrap();
                // A run that was killed early has made no tables.
                state.execute(sql, []).ok();
            }
            Self::Postgres { direct, .. } => on.block_on(async {
                postgres::connect(direct).await.batch_execute(sql).await.ok();
            }),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Self::Sqlite { end, watcher, .. } = self {
            end.store(true, Ordering::SeqCst);
            watcher.take().map(JoinHandle::join);
        }
    }
}

/// Takes note of every write as soon as it is in the log.
fn watch(log: PathBuf, fuse: Fuse, end: Arc<AtomicBool>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let look =
            || std::fs::metadata(&log).ok().and_then(|one| Some((one.len(), one.modified().ok()?)));
        let mut before = look();
        while !end.load(Ordering::SeqCst) {
            let now = look();
            if now != before {
                before = now;
                fuse.passes("a write to SQLite");
            }
            std::thread::sleep(Duration::from_micros(50));
        }
    })
}
