//! `vpp apply`, killed outright (SIGKILL) around every request and at every write of its memory,
//! and started again until nothing is left to do.
//!
//! A point is a request on its way to Apple or the devices' server, an answer on its way back, or
//! a write of the memory: before it and after it where that is PostgreSQL, right after it where it
//! is SQLite. From a point on nothing gets through any more; then the process is killed.
//!
//! `cargo test` kills at some of the points, spread over the whole run. All of them, in minutes:
//! `VPP_TEST_KILLS=all cargo test --test suite cli::killed -- --nocapture`

mod fuse;
mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;
use vpp::sandbox::{Happened, Options, Running, Sandbox, Snapshot, World};

use self::fuse::{Fuse, NEVER};
use self::memory::{Kind, Memory};
use super::apple::now;
use super::shell::{Ran, Shell};
use crate::apply::tap::{Tap, Way};

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000, maxSerialNumbers: 2, maxClientUserIds: 2, maxAssets: 1 }
devices:
  - { serial: [DMPX00000004], user: ada, apps: { managed: [com.example.notes] } }
  - { serial: [DMPX00000005], user: ada, apps: { managed: [com.example.notes] } }
locations:
  - name: north
    uid: "100"
    accounts: [bob@example.org]
    users: [{ clientUserId: ada }]
    assets:
      - adamId: "11"
        bundleId: com.example.notes
        total: 4
        assigned: { devices: [DMPX00000001, DMPX00000002, DMPX00000003], users: [ada] }
      - adamId: "12"
        bundleId: com.example.maps
        total: 6
        assigned: { devices: [DMPX00000001, DMPX00000002, DMPX00000003] }
"#;

/// A location is claimed and a person registered. Two licenses of `notes` come back by uninstall,
/// one of a device and one of a person with two devices, and go to others in the same run; two of
/// `maps` are released and two given.
const MANIFESTS: &str = r#"
apiVersion: vpp/v1
kind: Location
name: north
uid: "100"
token: { env: VPP_TOKEN }
owner: { id: ours, name: IT }
mdm: campus
reclaim: uninstall
---
apiVersion: vpp/v1
kind: Mdm
name: campus
sandbox: {}
---
apiVersion: vpp/v1
kind: Inventory
name: staff
csv: { path: staff.csv, user: user, managedAppleId: account }
---
apiVersion: vpp/v1
kind: Group
name: people
from: staff
---
apiVersion: vpp/v1
kind: Group
name: wanted
devices: [DMPX00000002, DMPX00000003, DMPX00000009]
---
apiVersion: vpp/v1
kind: Group
name: others
devices: [DMPX00000003, DMPX00000007, DMPX00000008]
---
apiVersion: vpp/v1
kind: App
name: notes
adamId: "11"
bundleId: com.example.notes
location: north
assign: [{ to: wanted }, { to: people, license: user }]
---
apiVersion: vpp/v1
kind: App
name: maps
adamId: "12"
bundleId: com.example.maps
location: north
reclaim: release
assign: [{ to: others }]
"#;

/// One world, one folder, one memory, and runs in them.
struct Story {
    shell: Shell,
    sandbox: Sandbox,
    fuse: Fuse,
    memory: Memory,
    tap: Tap,
    _running: Running,
    runtime: tokio::runtime::Runtime,
}

/// What is left when everything has ended: Apple, and for each device its apps and how often
/// commands have removed and installed one.
type End = (Snapshot, BTreeMap<String, (BTreeSet<String>, BTreeMap<String, [u32; 2]>)>);

impl Story {
    fn new(kind: Kind) -> Option<Self> {
        let mut shell = Shell::with_files(&[
            ("all.yaml", MANIFESTS),
            ("staff.csv", "user,account\nbob,bob@example.org\n"),
        ]);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let world: World = vpp::yaml::from_str(WORLD).unwrap();
        let options = Options { event_delay: Duration::ZERO, ..Options::at(now()) };
        let sandbox = Sandbox::new(world, options).unwrap();
        let fuse = Fuse::new();
        let (running, tap) = runtime.block_on(async {
            let running = sandbox.start().await.unwrap();
            let url = running.url();
            let address = url.trim_start_matches("http://").split('/').next().unwrap();
            (running, Tap::on(address.parse().unwrap()).await)
        });
        let gate = fuse.clone();
        tap.guard(move |way, _| {
            gate.passes(match way {
                Way::In => "before a request",
                Way::Out => "before its answer",
            })
        });
        let memory = Memory::new(kind, shell.path(), &fuse, &runtime)?;
        shell.set("VPP_TOKEN", &sandbox.token("100").unwrap());
        shell.set("VPP_ENDPOINT", &tap.url());
        shell.set("VPP_POLL_INTERVAL", "5ms");
        shell.set("VPP_STATE", &memory.place());
        Some(Self { shell, sandbox, fuse, memory, tap, _running: running, runtime })
    }

    /// One run that is killed at a point. False where it ended before.
    fn kill(&self, at: usize) -> bool {
        self.fuse.set(at);
        let mut child = self.shell.spawn("apply --auto-approve");
        let begun = Instant::now();
        loop {
            if self.fuse.is_burnt() {
                child.kill().unwrap();
                child.wait().unwrap();
                return true;
            }
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(begun.elapsed() < Duration::from_mins(2), "it neither ends nor comes to {at}");
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// One run to its end.
    fn run(&self) -> Ran {
        self.fuse.set(NEVER);
        self.memory.let_leases_end(&self.runtime);
        self.runtime.block_on(self.sandbox.settle_events());
        self.shell.run("apply --auto-approve")
    }

    /// Runs until nothing is left to do.
    fn to_the_end(&self) -> End {
        let mut said = vec![];
        for _ in 0..6 {
            let ran = self.run();
            assert!([0, 6].contains(&ran.code), "{ran:#?}");
            if ran.code == 0 && ran.out.contains("NOTHING TO DO") {
                return self.end();
            }
            said.push(ran);
        }
        panic!("it does not come to an end: {said:#?}");
    }

    fn end(&self) -> End {
        let devices = self.sandbox.devices().into_iter().map(|device| {
            let apps = device.apps.into_keys().collect();
            (device.serial, (apps, device.effects))
        });
        (self.sandbox.snapshot(), devices.collect())
    }

    /// The pairs of today's plan: whether a license is given, the app, the holder.
    fn planned(&self) -> BTreeSet<(bool, String, String)> {
        let plan: Value = serde_json::from_str(&self.shell.ok("plan --format json")).unwrap();
        let later = plan["later"].as_array().into_iter().flatten();
        let changes = plan["changes"].as_array().unwrap().iter().chain(later);
        let pairs = changes.flat_map(|change| {
            let given = change["action"] == "assign";
            let holders = ["devices", "users"].map(|kind| texts(&change[kind])).concat();
            let app = change["asset"]["adamId"].as_str().unwrap();
            holders.into_iter().map(move |holder| (given, app.to_owned(), holder))
        });
        pairs.collect()
    }

    /// The pairs Apple was asked to change.
    fn written(&self) -> BTreeSet<(bool, String, String)> {
        let mut pairs = BTreeSet::new();
        for post in self.tap.posts() {
            let given = match post.path.as_str() {
                "assets/associate" => true,
                "assets/disassociate" => false,
                _ => continue,
            };
            let holders = ["serialNumbers", "clientUserIds"].map(|kind| texts(&post.body[kind]));
            for asset in post.body["assets"].as_array().unwrap() {
                let app = asset["adamId"].as_str().unwrap();
                let holders = holders.concat().into_iter();
                pairs.extend(holders.map(|holder| (given, app.to_owned(), holder)));
            }
        }
        pairs
    }

    /// What must be true however it went: nothing was written but what was planned, no license
    /// given back while the app was still there, no app removed twice.
    fn holds(&self, planned: &BTreeSet<(bool, String, String)>, at: &str) {
        let written = self.written();
        assert!(written.is_subset(planned), "{at}: {:?}", written.difference(planned));
        for event in self.sandbox.device_events() {
            if event.what == Happened::Released && event.app.as_deref() == Some("com.example.notes")
            {
                assert_eq!(event.still_on, Vec::<String>::new(), "{at}: {event:?}");
            }
        }
        for device in self.sandbox.devices() {
            for (app, [removed, installed]) in &device.effects {
                assert!(*removed <= 1 && *installed == 0, "{at}: {app} of {}", device.serial);
            }
        }
    }
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn survives(kind: Kind) {
    let Some(calm) = Story::new(kind) else { return };
    let planned = calm.planned();
    assert_eq!(planned.len(), 8, "{planned:?}");
    let ran = calm.run();
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(ran.out.contains("CONVERGED"), "{}", ran.out);
    let (all, seen) = (calm.fuse.passed(), calm.fuse.seen());
    let wanted = calm.to_the_end();
    assert_eq!(calm.written(), planned);
    calm.holds(&planned, "not killed");
    let (requests, answers) = (seen["before a request"], seen["before its answer"]);
    let writes = all - requests - answers;
    assert!(requests >= 30 && answers >= 30 && writes >= 30, "{seen:?}");
    let every = std::env::var_os("VPP_TEST_KILLS").is_some_and(|word| word == "all");
    let step = if every { 1 } else { all.div_ceil(SOME) };
    let mut killed = 0;
    for at in (0..all).step_by(step) {
        let story = Story::new(kind).unwrap();
        let mut kills = format!("killed at {at} of {all}");
        if !story.kill(at) {
            // Runs differ by a point or two in the end.
            continue;
        }
        killed += 1;
        // Every third one is killed a second time while it is continued.
        if at % 3 == 0 {
            story.memory.let_leases_end(&story.runtime);
            let again = at.wrapping_mul(7) % 60;
            story.kill(again);
            kills = format!("{kills}, then at {again}");
        }
        let end = story.to_the_end();
        assert_eq!(end, wanted, "{kills}");
        story.holds(&planned, &kills);
    }
    eprintln!("{kind:?}: killed at {killed} points of {all}: {seen:?}");
    assert!(killed * 10 >= all.div_ceil(step) * 9, "killed only {killed} times");
}

/// Points at which `cargo test` kills.
const SOME: usize = 24;

#[test]
fn a_run_that_is_killed_anywhere_is_continued_from_a_file() {
    survives(Kind::Sqlite);
}

#[test]
fn a_run_that_is_killed_anywhere_is_continued_from_a_database() {
    survives(Kind::Postgres);
}
