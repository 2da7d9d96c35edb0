//! One run per location at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vpp::apply::lease::{Clock, HEARTBEAT};
use vpp::apply::outcome::{Event, RunResult};
use vpp::apply::{self, Leases, Memory, Observer, Stop};
use vpp::store::{self, RunId, Store};

use super::house::{House, now};

/// A clock that goes with simulated time, and can be put forward.
#[derive(Clone)]
struct Time {
    begun: tokio::time::Instant,
    ahead: Arc<Mutex<SignedDuration>>,
}

impl Time {
    fn new() -> Self {
        Self { begun: tokio::time::Instant::now(), ahead: Arc::default() }
    }

    fn now(&self) -> Timestamp {
        let gone = SignedDuration::try_from(self.begun.elapsed()).unwrap();
        now() + gone + *self.ahead.lock().unwrap()
    }

    fn clock(&self) -> Clock {
        let this = self.clone();
        Arc::new(move || this.now())
    }
}

fn here() -> BTreeSet<String> {
    BTreeSet::from(["100".to_owned()])
}

async fn take(store: &Arc<dyn Store>, who: &str, time: &Time) -> Result<Leases, store::Lease> {
    let run = RunId(Uuid::new_v4());
    Leases::take(Arc::clone(store), run, who, &here(), time.clock()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_keeps_a_lease_for_hours_and_it_ends_soon_after_its_holder() {
    let store = store::in_memory().await.unwrap();
    let time = Time::new();
    let ann = take(&store, "ann", &time).await.ok().unwrap();
    tokio::time::sleep(Duration::from_hours(3)).await;
    assert_eq!(ann.lost("100"), None);
    let held = take(&store, "ben", &time).await.err().unwrap();
    assert_eq!(held.who, "ann");
    // Killed: nobody gives anything back.
    drop(ann);
    tokio::time::sleep(Duration::from_secs(80)).await;
    assert!(take(&store, "ben", &time).await.is_err());
    tokio::time::sleep(Duration::from_secs(41)).await;
    assert!(take(&store, "ben", &time).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_given_back_can_be_had_at_once() {
    let store = store::in_memory().await.unwrap();
    let time = Time::new();
    take(&store, "ann", &time).await.ok().unwrap().give_back().await.unwrap();
    assert!(take(&store, "ben", &time).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn of_several_locations_all_are_taken_or_none() {
    let store = store::in_memory().await.unwrap();
    let time = Time::new();
    let _ann = take(&store, "ann", &time).await.ok().unwrap();
    let both = BTreeSet::from(["050".to_owned(), "100".to_owned()]);
    let run = RunId(Uuid::new_v4());
    let taken = Leases::take(Arc::clone(&store), run, "ben", &both, time.clock()).await.unwrap();
    assert_eq!(taken.err().unwrap().location, "100");
    let only = BTreeSet::from(["050".to_owned()]);
    let taken = Leases::take(store, run, "cat", &only, time.clock()).await.unwrap();
    assert!(taken.is_ok(), "what ben could not use was given back");
}

#[tokio::test(start_paused = true)]
async fn a_lease_somebody_else_took_is_lost_at_the_next_heartbeat() {
    let store = store::in_memory().await.unwrap();
    let time = Time::new();
    let ann = take(&store, "ann", &time).await.ok().unwrap();
    // A machine that slept: its clock is ahead, and nothing was renewed meanwhile.
    *time.ahead.lock().unwrap() = SignedDuration::from_mins(5);
    assert!(ann.lost("100").unwrap().contains("was not renewed in time"));
    let _ben = take(&store, "ben", &time).await.ok().unwrap();
    tokio::time::sleep(HEARTBEAT * 2).await;
    assert!(ann.lost("100").unwrap().contains("is not this run's any more"));
}

/// Loses the lease as soon as something was sent.
struct Thief(Arc<Mutex<SignedDuration>>);

impl Observer for Thief {
    fn note(&self, event: Event) {
        if matches!(event, Event::RequestSent { .. }) {
            *self.0.lock().unwrap() = SignedDuration::from_mins(5);
        }
    }
}

#[tokio::test]
async fn a_run_that_loses_its_lease_follows_what_is_in_flight_and_starts_nothing_new() {
    let world = "apiVersion: vpp/v1\nkind: World\nlimits: { maxRequestPerSecond: 100000, \
                 maxAssets: 1, maxSerialNumbers: 1 }\nlocations:\n  - { name: north, uid: \
                 \"100\", owner: { id: ours, name: IT }, assets: [{ adamId: 11, total: 9 }] }\n";
    let manifests = "apiVersion: vpp/v1\nkind: Location\nname: north\nuid: \"100\"\ntoken: { env: \
                     T }\nowner: { id: ours, name: IT }\n---\napiVersion: vpp/v1\nkind: Group\n\
                     name: three\ndevices: [AAAA0001, AAAA0002, AAAA0003]\n---\napiVersion: \
                     vpp/v1\nkind: App\nname: one\nadamId: \"11\"\nlocation: north\nassign: [{ \
                     to: three }]\n";
    let house = House::new(world, &[("all.yaml", manifests)]).await;
    let time = Time::new();
    let run = RunId(Uuid::new_v4());
    let leases = Leases::take(Arc::clone(&house.store), run, "ann", &here(), time.clock()).await;
    let leases = leases.unwrap().ok().unwrap();
    let (plan, writers) = house.survey().await;
    let clock = || time.now();
    let memory = Memory { store: house.store.as_ref(), run, clock: &clock, leases: Some(&leases) };
    let thief = Thief(Arc::clone(&time.ahead));
    let nothing = BTreeMap::new();
    let report =
        apply::apply(&plan, &writers, &thief, &Stop::new(), house.options, memory, &nothing).await;
    let RunResult::Stopped { reason } = &report.result else { panic!("{report:#?}") };
    assert!(reason.contains("the lease of this location ended"), "{reason}");
    assert_eq!((report.summary.assigned, report.summary.not_tried), (1, 2));
    assert_eq!(house.posts("assets/associate"), 1);
    assert_eq!(house.store.open_intents("100").await.unwrap(), []);
}
