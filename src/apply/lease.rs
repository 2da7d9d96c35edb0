//! One run per location at a time: leases with an end, renewed while the run goes on. A run that
//! was killed needs nobody to unlock anything: its leases end by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

use crate::store::{Acquired, Lease, RunId, Store, StoreError};

/// How long a lease lasts that nobody renews.
pub const LENGTH: SignedDuration = SignedDuration::from_mins(2);

/// How often it is renewed.
pub const HEARTBEAT: Duration = Duration::from_secs(30);

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The leases of one run. They are renewed in the background until this value goes away.
pub struct Leases {
    shared: Arc<Shared>,
    keeper: JoinHandle<()>,
}

struct Shared {
    store: Arc<dyn Store>,
    run: RunId,
    clock: Clock,
    held: Mutex<BTreeMap<String, Held>>,
}

#[derive(Debug, Clone)]
struct Held {
    until: Timestamp,
    lost: Option<String>,
}

impl Leases {
    /// Takes the leases of these locations, all or none. `Err` inside `Ok` says who has one.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn take(
        store: Arc<dyn Store>,
        run: RunId,
        who: &str,
        locations: &BTreeSet<String>,
        clock: Clock,
    ) -> Result<Result<Self, Lease>, StoreError> {
        let mut held = BTreeMap::new();
        for location in locations {
            let since = clock();
            let until = since.saturating_add(LENGTH).unwrap_or(Timestamp::MAX);
            let lease =
                Lease { location: location.clone(), run, who: who.to_owned(), since, until };
            match store.acquire(&lease, since).await? {
                Acquired::Ours => {
                    held.insert(location.clone(), Held { until, lost: None });
                }
                Acquired::Held(holder) => {
                    for location in held.keys() {
                        store.give_back(location, run).await?;
                    }
                    return Ok(Err(holder));
                }
            }
        }
        let shared = Arc::new(Shared { store, run, clock, held: Mutex::new(held) });
        let keeper = tokio::spawn(keep(Arc::clone(&shared)));
        Ok(Ok(Self { shared, keeper }))
    }

    /// Why this run may not write to a location any more, if so.
    pub fn lost(&self, location: &str) -> Option<String> {
        let now = (self.shared.clock)();
        let held = self.shared.held();
        let Some(lease) = held.get(location) else {
            return Some("there is no lease for this location".to_owned());
        };
        lease.lost.clone().or_else(|| {
            (lease.until <= now).then(|| {
                format!(
                    "the lease of this location ended at {:.0} and was not renewed in time; \
                     another run may be at work",
                    lease.until
                )
            })
        })
    }

    /// Gives all of them back.
    ///
    /// # Errors
    /// Where the store cannot be written: they end by themselves then.
    pub async fn give_back(self) -> Result<(), StoreError> {
        self.keeper.abort();
        let locations: Vec<String> = self.shared.held().keys().cloned().collect();
        for location in locations {
            self.shared.store.give_back(&location, self.shared.run).await?;
        }
        Ok(())
    }
}

impl Drop for Leases {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn keep(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let locations: Vec<String> = shared
            .held()
            .iter()
            .filter(|(_, lease)| lease.lost.is_none())
            .map(|(location, _)| location.clone())
            .collect();
        for location in locations {
            let now = (shared.clock)();
            let until = now.saturating_add(LENGTH).unwrap_or(Timestamp::MAX);
            let renewed = shared.store.renew(&location, shared.run, now, until).await;
            let mut held = shared.held();
            let Some(lease) = held.get_mut(&location) else { continue };
            match renewed {
                Ok(true) => lease.until = until,
                Ok(false) => {
                    lease.lost = Some(
                        "the lease of this location is not this run's any more; another run may \
                         be at work"
                            .to_owned(),
                    );
                }
                // It is in force for a while yet, and the next heartbeat may get through.
                Err(error) => tracing::warn!(location, %error, "a lease was not renewed"),
            }
        }
    }
}
