//! What inventories keep between runs, in the store.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::args::Target;
use super::prepare::Means;
use crate::inventory::Memory;
use crate::store::Store;

/// The store as inventories see it. Where it fails they are read whole, so that is only logged.
#[derive(Debug)]
struct InStore(Arc<dyn Store>);

/// What inventories are read with: as the command line says, and with this memory.
pub(super) fn means(target: &Target, store: Option<&Arc<dyn Store>>) -> Means {
    let memory: Option<Arc<dyn Memory>> = match store {
        Some(store) => Some(Arc::new(InStore(Arc::clone(store)))),
        None => None,
    };
    Means { allow_exec: !target.no_exec, memory }
}

#[async_trait]
impl Memory for InStore {
    async fn recall(&self, key: &str) -> Option<(String, Timestamp)> {
        match self.0.recall(key).await {
            Ok(kept) => {
                let (bytes, at) = kept?;
                Some((String::from_utf8(bytes).ok()?, at))
            }
            Err(error) => {
                tracing::warn!(%error, key, "an inventory's memory could not be read");
                None
            }
        }
    }

    async fn remember(&self, key: &str, text: &str, at: Timestamp) {
        if let Err(error) = self.0.remember(key, text.as_bytes(), at).await {
            tracing::warn!(%error, key, "an inventory's memory could not be written");
        }
    }
}
