//! The wish to stop: nothing new is started, what is in flight is followed to its end.

use std::sync::Arc;

use tokio::sync::watch;

/// A wish that everybody in a run looks at before starting something. Clones are the same wish.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Nobody wants to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to start nothing new.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks, perhaps for ever.
    pub(super) async fn wait(&self) {
        if self.0.subscribe().wait_for(|asked| *asked).await.is_err() {
            // The sender lives as long as `self`; without it nobody could ask.
            std::future::pending::<()>().await;
        }
    }
}
