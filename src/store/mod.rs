//! Memory between runs: journal, reclaims, history, lease, what devices said, and blobs that others
//! keep for next time (the snapshot of a location, delta links, the last applied state).
//!
//! **Architecture invariant:** it is memory, not truth. Whoever deletes it loses history and speed,
//! never correctness: the next plan is made from the manifests and from what Apple says.
//!
//! One trait, [`Store`], with one set of tests run against every implementation. The store knows the
//! words of `license` and nothing of plans, Apple or devices: what others keep here is text of theirs.
//! It has no clock; every moment is an argument.
//!
//! `tables` says every question and change once, in SQL that SQLite and PostgreSQL both understand;
//! `sqlite` and `postgres` carry it out and keep their own table definitions in `migrations`.

pub mod audit;
mod error;
pub mod history;
mod open;
mod postgres;
mod record;
mod row;
mod sql;
mod sqlite;
mod tables;

pub use error::StoreError;
pub use open::{in_memory, open};
pub use record::{
    Acquired, Intent, IntentKind, Lease, Outcome, Received, ReclaimRow, RunEnd, RunId, RunRecord,
    Stretch,
};

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

/// Memory between runs. Every method that writes returns only when what it wrote survives a crash
/// of the machine.
///
/// # Errors
/// All methods: [`StoreError`] where the store cannot be reached, is damaged, or is of a newer
/// version. Nothing is overwritten then.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Where it is, for messages: a path, or a server without its password.
    fn place(&self) -> String;

    // ---- lease: one apply per location at a time ----

    /// Takes the lease of a location for a run, where nobody else's is in force at `now`. A run that
    /// has it already gets it again.
    async fn acquire(&self, lease: &Lease, now: Timestamp) -> Result<Acquired, StoreError>;

    /// Moves the end of a run's lease: the heartbeat. False where the run does not have it any more.
    async fn renew(
        &self,
        location: &str,
        run: RunId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives a run's lease back. Not having it is no error.
    async fn give_back(&self, location: &str, run: RunId) -> Result<(), StoreError>;

    // ---- history ----

    /// Writes that a run began.
    async fn begin_run(&self, run: &RunRecord) -> Result<(), StoreError>;

    /// Writes how it ended.
    async fn end_run(&self, run: RunId, end: &RunEnd) -> Result<(), StoreError>;

    /// The latest runs, newest first, without their reports.
    async fn runs(&self, most: u32) -> Result<Vec<RunRecord>, StoreError>;

    /// The runs whose id begins with this text, with their reports.
    async fn runs_named(&self, prefix: &str) -> Result<Vec<RunRecord>, StoreError>;

    // ---- journal ----

    /// Writes what is about to be sent, all or nothing. An intent whose id is known already is left
    /// as it is: it was written before a crash.
    async fn intend(&self, intents: &[Intent]) -> Result<(), StoreError>;

    /// Writes that these were taken, each with the reference the other side gave: Apple's event id,
    /// a server's own number; `None` where it gave none.
    async fn sent(&self, taken: &[(Uuid, Option<String>)], at: Timestamp)
    -> Result<(), StoreError>;

    /// Writes how these ended.
    async fn settle(&self, ended: &[(Uuid, Outcome)], at: Timestamp) -> Result<(), StoreError>;

    /// Intents of a location that have no outcome yet, oldest first, of whatever run.
    async fn open_intents(&self, location: &str) -> Result<Vec<Intent>, StoreError>;

    /// The intents with these ids, of whatever location and run. An id that nobody wrote down is
    /// left out.
    async fn intents(&self, ids: &[Uuid]) -> Result<Vec<Intent>, StoreError>;

    /// All intents of a run, oldest first.
    async fn journal(&self, run: RunId) -> Result<Vec<Intent>, StoreError>;

    // ---- reclaims ----

    /// Reclaims of a location that are not through, oldest first.
    async fn open_reclaims(&self, location: &str) -> Result<Vec<ReclaimRow>, StoreError>;

    /// Writes reclaims, all or nothing, each in place of what was known of its location, asset and
    /// holder.
    async fn put_reclaims(&self, rows: &[ReclaimRow]) -> Result<(), StoreError>;

    /// Reclaims of a location that ended after `since`, newest first.
    async fn closed_reclaims(
        &self,
        location: &str,
        since: Timestamp,
    ) -> Result<Vec<ReclaimRow>, StoreError>;

    // ---- what was received from servers ----

    /// Keeps an event. False where its key is known for this source already: it came twice.
    async fn receive(&self, event: &Received) -> Result<bool, StoreError>;

    /// Events of a source about any of these subjects (a command's id, a serial number, an
    /// enrolment id), oldest first.
    async fn received(
        &self,
        source: &str,
        subjects: &[String],
    ) -> Result<Vec<Received>, StoreError>;

    /// Events of a source that were received within the stretch, oldest first.
    async fn received_within(
        &self,
        source: &str,
        stretch: Stretch,
    ) -> Result<Vec<Received>, StoreError>;

    // ---- blobs others keep for next time ----

    /// Keeps bytes under a key, in place of what was there.
    async fn remember(&self, key: &str, value: &[u8], at: Timestamp) -> Result<(), StoreError>;

    /// The bytes under a key and when they were kept.
    async fn recall(&self, key: &str) -> Result<Option<(Vec<u8>, Timestamp)>, StoreError>;

    /// Drops a key.
    async fn forget(&self, key: &str) -> Result<(), StoreError>;
}
