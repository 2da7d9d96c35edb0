//! Works on events, batch by batch, when they are due.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::library::{Event, EventStatus, Step};
use super::{Sandbox, Shelf, lock};

/// Works until it is stopped.
pub(crate) async fn run(sandbox: Sandbox) {
    loop {
        let woken = sandbox.inner.wake.notified();
        match sandbox.next_due() {
            Some(due) => {
                tokio::select! {
                    () = woken => {}
                    () = tokio::time::sleep_until(due) => {}
                }
            }
            None => woken.await,
        }
        sandbox.work(false).await;
    }
}

impl Sandbox {
    /// Starts the clock of an event that was just accepted.
    pub(crate) fn schedule(&self, event: &mut Event) {
        let options = &self.inner.options;
        let mut wait = options.event_delay;
        if self.inner.chaos.as_ref().is_some_and(|chaos| chaos.sticks(event.id.as_bytes())) {
            wait = wait.saturating_add(options.stuck_for);
        }
        event.schedule(Instant::now(), wait, options.event_delay);
        self.inner.wake.notify_one();
    }

    /// Starts the clocks of events that were accepted by an earlier process.
    pub(crate) fn start_clocks(&self) {
        for shelf in &self.inner.shelves {
            for event in lock(&shelf.library).events.pending_mut() {
                if event.due().is_none() {
                    event.schedule(Instant::now(), self.inner.options.event_delay, Duration::ZERO);
                }
            }
        }
    }

    fn next_due(&self) -> Option<Instant> {
        if self.inner.held.load(Ordering::SeqCst) {
            return None;
        }
        let due =
            self.inner.shelves.iter().filter_map(|shelf| {
                lock(&shelf.library).events.pending().filter_map(Event::due).min()
            });
        due.min()
    }

    /// Does every batch that is due, or everything there is with `all`.
    pub(crate) async fn work(&self, all: bool) {
        if self.inner.held.load(Ordering::SeqCst) && !all {
            return;
        }
        let mut settled = false;
        for shelf in &self.inner.shelves {
            while let Some(id) = next(shelf, all) {
                let step = self.step(shelf, id);
                settled |= step.settled;
                self.post(shelf, &step.notices);
                tokio::task::yield_now().await;
            }
        }
        if settled && let Err(error) = self.save_later().await {
            tracing::warn!(%error, "the sandbox state was not saved");
        }
    }

    fn step(&self, shelf: &Shelf, id: Uuid) -> Step {
        let chaos = self.inner.chaos.as_ref();
        let step = lock(&shelf.library).step(id, &mut |asset, holder| {
            chaos.and_then(|chaos| chaos.task_fails(&shelf.uid, asset, holder))
        });
        self.licenses_moved(&step);
        step
    }
}

/// An event of the location with a batch due now.
fn next(shelf: &Shelf, all: bool) -> Option<Uuid> {
    let now = Instant::now();
    let library = lock(&shelf.library);
    let mut pending = library.events.pending();
    let found = pending.find(|event| {
        event.status == EventStatus::Pending && (all || event.due().is_some_and(|due| due <= now))
    });
    found.map(|event| event.id)
}
