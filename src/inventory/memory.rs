//! What a source keeps for the next run, so that it need ask only for what changed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

/// Keeps texts between runs. It is memory, not truth: without it, and where it fails, a source is
/// read whole.
#[async_trait]
pub trait Memory: Send + Sync + std::fmt::Debug {
    /// The text under a key and when it was kept.
    async fn recall(&self, key: &str) -> Option<(String, Timestamp)>;

    /// Keeps a text under a key, in place of what was there.
    async fn remember(&self, key: &str, text: &str, at: Timestamp);
}

/// Memory that lasts as long as the process.
#[derive(Debug, Default)]
pub struct InProcess(Mutex<BTreeMap<String, (String, Timestamp)>>);

impl InProcess {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, (String, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Memory for InProcess {
    async fn recall(&self, key: &str) -> Option<(String, Timestamp)> {
        self.kept().get(key).cloned()
    }

    async fn remember(&self, key: &str, text: &str, at: Timestamp) {
        self.kept().insert(key.to_owned(), (text.to_owned(), at));
    }
}
