//! A run that is killed at any moment is continued by the next one, and nothing shows that it was.
//!
//! Every write to the store, every request to Apple and every one to the device-management server
//! is a point before it and a point after it: before, the other side never heard of it; after, the
//! run never hears of the answer. A killed run is a future that is dropped there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;
use vpp::apply::outcome::{RunReport, RunResult};
use vpp::apply::{self, Access, Hand, Hands, Memory, Stop};
use vpp::manifest::kind::WhenGone;
use vpp::mdm::{Ask, Capabilities, Command, Delivery, Device, Mdm, MdmError, Standing};
use vpp::store::{
    Acquired, Intent, Lease, Outcome, Received, ReclaimRow, RunEnd, RunId, RunRecord, Store,
    StoreError, Stretch,
};

use super::house::{Ear, House, Pair, accounts_for, now, pairs_of};
use super::phones::Phones;
use super::reclaims::{NOTES, options};
use super::tap::Way;

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000, maxSerialNumbers: 2, maxAssets: 1 }
locations:
  - name: north
    uid: "100"
    owner: { id: ours, name: IT }
    users: [{ clientUserId: ada }]
    assets:
      - { adamId: 11, total: 4, assigned: { devices: [DMPX00000001, DMPX00000002, DMPX00000003], users: [ada] } }
      - { adamId: 12, total: 6, assigned: { devices: [DMPX00000001, DMPX00000002, DMPX00000003] } }
"#;

/// Two licenses of `notes` come back by uninstall, one of a device and one of a person, and go to
/// others; two of `maps` are released and three given; a person is registered.
fn manifests() -> String {
    let head = "apiVersion: vpp/v1\nkind: ";
    format!(
        "{head}Location\nname: north\nuid: \"100\"\ntoken: {{ env: T }}\nowner: {{ id: ours, name: \
         IT }}\nmdm: campus\nreclaim: uninstall\n---\n{head}Mdm\nname: campus\nsandbox: \
         {{}}\n---\n{head}Group\nname: wanted\ndevices: [DMPX00000002, DMPX00000003, \
         DMPX00000009]\n---\n{head}Group\nname: people\nusers: [bob]\n---\n{head}Group\nname: \
         others\ndevices: [DMPX00000003, DMPX00000007, DMPX00000008]\n---\n{head}App\nname: \
         notes\nadamId: \"11\"\nbundleId: {NOTES}\nlocation: north\nassign: [{{ to: wanted }}, {{ \
         to: people, license: user }}]\n---\n{head}App\nname: maps\nadamId: \"12\"\nlocation: \
         north\nreclaim: release\nassign: [{{ to: others }}]\n"
    )
}

/// Counts points and ends the run at one of them.
#[derive(Debug, Clone)]
struct Fuse {
    passed: Arc<AtomicUsize>,
    at: Arc<AtomicUsize>,
    burnt: Arc<Notify>,
    names: Arc<Mutex<BTreeSet<String>>>,
}

impl Fuse {
    fn new() -> Self {
        Self {
            passed: Arc::default(),
            at: Arc::new(AtomicUsize::new(usize::MAX)),
            burnt: Arc::default(),
            names: Arc::default(),
        }
    }

    /// Sets the point at which the next run ends.
    fn set(&self, at: usize) {
        self.passed.store(0, Ordering::SeqCst);
        self.at.store(at, Ordering::SeqCst);
    }

    /// True where the run goes on.
    fn passes(&self, name: &str) -> bool {
        let point = self.passed.fetch_add(1, Ordering::SeqCst);
        let at = self.at.load(Ordering::SeqCst);
        if point == at {
            self.names.lock().unwrap().insert(format!("{point} {name}"));
            self.burnt.notify_one();
        }
        point < at
    }

    async fn point(&self, name: &str) {
        if !self.passes(name) {
            std::future::pending::<()>().await;
        }
    }
}

#[derive(Debug)]
struct Fragile<T>(T, Fuse);

/// One method of a store or server, with a point before it and one after it.
macro_rules! fragile {
    ($self:ident, $name:ident $(, $argument:expr)*) => {{
        $self.1.point(concat!("before ", stringify!($name))).await;
        let answer = $self.0.$name($($argument),*).await;
        $self.1.point(concat!("after ", stringify!($name))).await;
        answer
    }};
}

type Kept<T> = Result<T, StoreError>;

#[async_trait]
impl Store for Fragile<Arc<dyn Store>> {
    fn place(&self) -> String {
        self.0.place()
    }

    async fn acquire(&self, lease: &Lease, now: Timestamp) -> Kept<Acquired> {
        self.0.acquire(lease, now).await
    }

    async fn renew(&self, at: &str, run: RunId, now: Timestamp, until: Timestamp) -> Kept<bool> {
        self.0.renew(at, run, now, until).await
    }

    async fn give_back(&self, location: &str, run: RunId) -> Kept<()> {
        self.0.give_back(location, run).await
    }

    async fn begin_run(&self, run: &RunRecord) -> Kept<()> {
        self.0.begin_run(run).await
    }

    async fn end_run(&self, run: RunId, end: &RunEnd) -> Kept<()> {
        self.0.end_run(run, end).await
    }

    async fn runs(&self, most: u32) -> Kept<Vec<RunRecord>> {
        self.0.runs(most).await
    }

    async fn runs_named(&self, prefix: &str) -> Kept<Vec<RunRecord>> {
        self.0.runs_named(prefix).await
    }

    async fn intend(&self, intents: &[Intent]) -> Kept<()> {
        fragile!(self, intend, intents)
    }

    async fn sent(&self, taken: &[(Uuid, Option<String>)], at: Timestamp) -> Kept<()> {
        fragile!(self, sent, taken, at)
    }

    async fn settle(&self, ended: &[(Uuid, Outcome)], at: Timestamp) -> Kept<()> {
        fragile!(self, settle, ended, at)
    }

    async fn open_intents(&self, location: &str) -> Kept<Vec<Intent>> {
        self.0.open_intents(location).await
    }

    async fn intents(&self, ids: &[Uuid]) -> Kept<Vec<Intent>> {
        self.0.intents(ids).await
    }

    async fn journal(&self, run: RunId) -> Kept<Vec<Intent>> {
        self.0.journal(run).await
    }

    async fn open_reclaims(&self, location: &str) -> Kept<Vec<ReclaimRow>> {
        self.0.open_reclaims(location).await
    }

    async fn put_reclaims(&self, rows: &[ReclaimRow]) -> Kept<()> {
        fragile!(self, put_reclaims, rows)
    }

    async fn closed_reclaims(&self, location: &str, since: Timestamp) -> Kept<Vec<ReclaimRow>> {
        self.0.closed_reclaims(location, since).await
    }

    async fn receive(&self, event: &Received) -> Kept<bool> {
        self.0.receive(event).await
    }

    async fn received(&self, source: &str, subjects: &[String]) -> Kept<Vec<Received>> {
        self.0.received(source, subjects).await
    }

    async fn received_within(&self, source: &str, stretch: Stretch) -> Kept<Vec<Received>> {
        self.0.received_within(source, stretch).await
    }

    async fn remember(&self, key: &str, value: &[u8], at: Timestamp) -> Kept<()> {
        self.0.remember(key, value, at).await
    }

    async fn recall(&self, key: &str) -> Kept<Option<(Vec<u8>, Timestamp)>> {
        self.0.recall(key).await
    }

    async fn forget(&self, key: &str) -> Kept<()> {
        self.0.forget(key).await
    }
}

#[async_trait]
impl Mdm for Fragile<Phones> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn devices(&self) -> Result<Vec<Device>, MdmError> {
        fragile!(self, devices)
    }

    async fn send(&self, commands: &[Command], now: Timestamp) -> Vec<Delivery> {
        fragile!(self, send, commands, now)
    }

    async fn standing(&self, asks: &[Ask], now: Timestamp) -> Result<Vec<Standing>, MdmError> {
        fragile!(self, standing, asks, now)
    }
}

/// What is left when everything has ended: Apple, the devices.
#[derive(Debug, PartialEq, Eq)]
struct State {
    apple: serde_json::Value,
    apps: BTreeMap<String, BTreeSet<String>>,
}

struct Story {
    house: House,
    phones: Phones,
    fuse: Fuse,
    store: Arc<dyn Store>,
    planned: BTreeSet<Pair>,
}

impl Story {
    async fn new(refuses_repeats: bool) -> Self {
        let mut house = House::new(WORLD, &[("all.yaml", &manifests())]).await;
        house.options = options();
        let phones = Phones::new(now());
        phones.state().refuses_repeats = refuses_repeats;
        for (serial, user, apps) in [
            ("DMPX00000001", None, &[NOTES][..]),
            ("DMPX00000002", None, &[NOTES]),
            ("DMPX00000003", None, &[NOTES]),
            ("DMPX00000004", Some("ada"), &[NOTES]),
            ("DMPX00000005", Some("Ada"), &[NOTES]),
            ("DMPX00000009", None, &[]),
        ] {
            phones.add(serial, user, apps);
        }
        let fuse = Fuse::new();
        let (watched, gate) = (phones.clone(), fuse.clone());
        house.tap.guard(move |way, bytes| {
            let text = String::from_utf8_lossy(bytes);
            if way == Way::In && text.contains("assets/disassociate") && text.contains("\"11\"") {
                let apps = watched.apps();
                for (serial, app) in apps.iter().filter(|(_, apps)| !apps.is_empty()) {
                    let theirs = matches!(serial.as_str(), "DMPX00000004" | "DMPX00000005");
                    let released = text.contains(serial) || (theirs && text.contains("\"ada\""));
                    assert!(!released, "{serial} still has {app:?}");
                }
            }
            let name = if way == Way::In { "request to Apple" } else { "answer of Apple" };
            gate.passes(name)
        });
        let store: Arc<dyn Store> = Arc::new(Fragile(Arc::clone(&house.store), fuse.clone()));
        let planned = pairs_of(&house.plan().await);
        Self { house, phones, fuse, store, planned }
    }

    /// One run, until it ends or is killed.
    async fn run(&self, kill_at: usize) -> Option<RunReport> {
        self.fuse.set(kill_at);
        let work = async {
            let clock = || self.phones.state().tick();
            let run = RunId(Uuid::new_v4());
            let memory = Memory { store: self.store.as_ref(), run, clock: &clock, leases: None };
            let (_, writers) = self.house.survey().await;
            let mut waiting = BTreeMap::new();
            for (name, writer) in &writers {
                let resumed = apply::resume(writer, memory, "100").await.unwrap();
                waiting.insert(name.clone(), resumed.waiting);
            }
            let (plan, writers) = self.house.survey().await;
            let mdm: Arc<dyn Mdm> = Arc::new(Fragile(self.phones.clone(), self.fuse.clone()));
            let hand = Hand { mdm: Ok(mdm), when_gone: WhenGone::Keep };
            let hands = Hands::from([("north".to_owned(), hand)]);
            let access = Access { writers: &writers, hands: &hands, servers: &[] };
            let (ear, stop, options) = (Ear::new(|_| ()), Stop::new(), self.house.options);
            let report = apply::apply(&plan, access, &ear, &stop, options, memory, &waiting).await;
            accounts_for(&plan, &report);
            report
        };
        tokio::select! {
            report = work => Some(report),
            () = self.fuse.burnt.notified() => None,
        }
    }

    /// Runs until nothing is left to do; the first runs are killed.
    async fn to_the_end(&self, kills: &[usize]) -> State {
        for &kill in kills {
            self.run(kill).await;
            // Longer than Apple takes for what it may still carry out.
            self.phones.pass(2);
            self.house.sandbox.settle_events().await;
        }
        for _ in 0..6 {
            let report = self.run(usize::MAX).await.unwrap();
            if report.result == RunResult::Nothing {
                let apple = serde_json::to_value(self.house.sandbox.snapshot()).unwrap();
                return State { apple, apps: self.phones.apps() };
            }
            self.phones.pass(2);
        }
        panic!("it does not come to an end");
    }

    /// What must be true however it went.
    fn holds(&self) {
        for (location, action, adam_id, price, holder) in self.house.written() {
            let pair =
                |action| (location.clone(), action, adam_id.clone(), price.clone(), holder.clone());
            let planned = [action, vpp::plan::Action::Uninstall].map(pair);
            let ours = self.planned.contains(&planned[0])
                || (action == vpp::plan::Action::Release && self.planned.contains(&planned[1]));
            assert!(ours, "{planned:?} was never planned");
        }
        for (serial, phone) in &self.phones.state().devices {
            let mut once = phone.removed.clone();
            once.dedup();
            assert_eq!(once, phone.removed, "{serial}");
        }
    }
}

async fn survives(refuses_repeats: bool, part: usize, parts: usize) {
    let calm = Story::new(refuses_repeats).await;
    let wanted = calm.to_the_end(&[]).await;
    calm.holds();
    let all = {
        let again = Story::new(refuses_repeats).await;
        again.run(usize::MAX).await.unwrap();
        again.fuse.passed.load(Ordering::SeqCst)
    };
    assert!(all > 100, "{all} points");
    for point in (0..all).filter(|point| point % parts == part) {
        // Every third run is killed a second time, early in the run that continues it.
        let kills = [point, point.wrapping_mul(7) % 40];
        let kills = if point % 3 == 0 { &kills[..] } else { &kills[..1] };
        let story = Story::new(refuses_repeats).await;
        let state = story.to_the_end(kills).await;
        assert_eq!(state, wanted, "killed at {kills:?}");
        story.holds();
        story.house.stop().await;
    }
    calm.house.stop().await;
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_is_continued() {
    survives(true, 0, 2).await;
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_else_is_continued() {
    survives(true, 1, 2).await;
}

#[tokio::test]
async fn a_server_that_takes_repeats_is_not_told_twice() {
    survives(false, 0, 3).await;
}
