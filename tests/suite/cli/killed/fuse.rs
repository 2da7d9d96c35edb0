//! Counts what happens between a run and the rest of the world, and says where the run ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Counts points. From a chosen one on nothing gets through any more.
#[derive(Debug, Clone)]
pub(super) struct Fuse(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    passed: AtomicUsize,
    at: AtomicUsize,
    burnt: AtomicBool,
    seen: Mutex<BTreeMap<&'static str, usize>>,
}

/// No run has so many points.
pub(super) const NEVER: usize = usize::MAX;

impl Fuse {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner {
            passed: AtomicUsize::new(0),
            at: AtomicUsize::new(NEVER),
            burnt: AtomicBool::new(false),
            seen: Mutex::default(),
        }))
    }

    /// Sets the point at which the next run ends, and counts anew.
    pub(super) fn set(&self, at: usize) {
        self.0.at.store(at, Ordering::SeqCst);
        self.0.passed.store(0, Ordering::SeqCst);
        self.0.burnt.store(false, Ordering::SeqCst);
        self.0.seen.lock().unwrap().clear();
    }

    /// True where the run goes on.
    pub(super) fn passes(&self, what: &'static str) -> bool {
        let point = self.0.passed.fetch_add(1, Ordering::SeqCst);
        *self.0.seen.lock().unwrap().entry(what).or_default() += 1;
        let passes = point < self.0.at.load(Ordering::SeqCst);
        if !passes {
            self.0.burnt.store(true, Ordering::SeqCst);
        }
        passes
    }

    pub(super) fn is_burnt(&self) -> bool {
        self.0.burnt.load(Ordering::SeqCst)
    }

    /// Points so far.
    pub(super) fn passed(&self) -> usize {
        self.0.passed.load(Ordering::SeqCst)
    }

    /// Points so far, by what they are.
    pub(super) fn seen(&self) -> BTreeMap<&'static str, usize> {
        self.0.seen.lock().unwrap().clone()
    }
}
