use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::apply::Leases;
use crate::intune::{MEMORY_VERSION, Memory};
use crate::store::{Intent, IntentKind, Outcome, RunId, Store};

/// Writes down what a run does to one location, before and after it changes anything. Every method
/// returns only when what it wrote survives a crash.
///
/// # Errors
/// All methods: for people, where it cannot be written or read.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// What earlier runs began.
    async fn load(&self) -> Result<Memory, String>;

    /// Keeps what is under way.
    async fn save(&self, memory: &Memory, at: Timestamp) -> Result<(), String>;

    /// Writes down what is about to be sent. An error also where this run may not send any more.
    async fn intend(&self, id: Uuid, count: u64, body: Value, at: Timestamp) -> Result<(), String>;

    /// Writes down how it ended.
    async fn settle(&self, id: Uuid, outcome: Outcome, at: Timestamp) -> Result<(), String>;

    /// What earlier runs wrote down and nobody ended: its id and what was to be sent.
    async fn open(&self) -> Result<Vec<(Uuid, Value)>, String>;
}

/// In the store, under the token's place ([`crate::intune::place`]).
#[derive(Clone, Copy)]
pub struct InStore<'a> {
    /// Which store.
    pub store: &'a dyn Store,
    /// Which run.
    pub run: RunId,
    /// The token's place.
    pub place: &'a str,
    /// The leases the run works under; `None` where nobody else can be at work.
    pub leases: Option<&'a Leases>,
}

/// What earlier runs began with the token of this place.
///
/// # Errors
/// For people, where the store cannot be read, or another version of vpp wrote it: what it remembers
/// must not be lost by writing over it.
pub async fn recall(store: &dyn Store, place: &str) -> Result<Memory, String> {
    let kept = store.recall(place).await.map_err(|error| error.to_string())?;
    let Some((bytes, _)) = kept else { return Ok(Memory::default()) };
    Memory::read(&bytes).ok_or_else(|| {
        format!(
            "what earlier runs began there ({place} in {}) is not of version {MEMORY_VERSION}: a \
             newer vpp wrote it, so use that one, or another memory (--state), which leaves what is \
             under way alone",
            store.place()
        )
    })
}

#[async_trait]
impl Keeper for InStore<'_> {
    async fn load(&self) -> Result<Memory, String> {
        recall(self.store, self.place).await
    }

    async fn save(&self, memory: &Memory, at: Timestamp) -> Result<(), String> {
        let kept = self.store.remember(self.place, &memory.write(), at).await;
        kept.map_err(|error| error.to_string())
    }

    async fn intend(&self, id: Uuid, count: u64, body: Value, at: Timestamp) -> Result<(), String> {
        if let Some(why) = self.leases.and_then(|leases| leases.lost(self.place)) {
            return Err(why);
        }
        let intent = Intent {
            id,
            run: self.run,
            location: self.place.to_owned(),
            kind: IntentKind::MdmAssignment,
            count,
            body,
            at,
            sent_at: None,
            reference: None,
            outcome: None,
        };
        self.store.intend(&[intent]).await.map_err(|error| error.to_string())
    }

    async fn settle(&self, id: Uuid, outcome: Outcome, at: Timestamp) -> Result<(), String> {
        self.store.settle(&[(id, outcome)], at).await.map_err(|error| error.to_string())
    }

    async fn open(&self) -> Result<Vec<(Uuid, Value)>, String> {
        let open = self.store.open_intents(self.place).await.map_err(|error| error.to_string())?;
        let ours = open.into_iter().filter(|intent| intent.kind == IntentKind::MdmAssignment);
        Ok(ours.map(|intent| (intent.id, intent.body)).collect())
    }
}
