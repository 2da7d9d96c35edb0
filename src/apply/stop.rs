//! The wish to stop: nothing new is started, what is in flight is followed to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that everybody in a run looks at before starting something.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Nobody wants to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to start nothing new.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
