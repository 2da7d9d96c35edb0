use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::intune::{Memory, key};
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

    /// Writes down what is about to be sent.
    async fn intend(&self, id: Uuid, count: u64, body: Value, at: Timestamp) -> Result<(), String>;

    /// Writes down how it ended.
    async fn settle(&self, id: Uuid, outcome: Outcome, at: Timestamp) -> Result<(), String>;
}

/// In the store, under the location's name.
#[derive(Debug, Clone, Copy)]
pub struct InStore<'a> {
    /// Which store.
    pub store: &'a dyn Store,
    /// Which run.
    pub run: RunId,
    /// Name of the location.
    pub location: &'a str,
}

#[async_trait]
impl Keeper for InStore<'_> {
    async fn load(&self) -> Result<Memory, String> {
        let kept = self.store.recall(&key(self.location)).await;
        let kept = kept.map_err(|error| error.to_string())?;
        Ok(kept.and_then(|(bytes, _)| Memory::read(&bytes)).unwrap_or_default())
    }

    async fn save(&self, memory: &Memory, at: Timestamp) -> Result<(), String> {
        let kept = self.store.remember(&key(self.location), &memory.write(), at).await;
        kept.map_err(|error| error.to_string())
    }

    async fn intend(&self, id: Uuid, count: u64, body: Value, at: Timestamp) -> Result<(), String> {
        let intent = Intent {
            id,
            run: self.run,
            location: self.location.to_owned(),
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
}
