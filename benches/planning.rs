//! What planning itself costs, with everything read: comparing, causes, guards, fingerprint, and how
//! few requests carry the changes.
//!
//! `cargo bench --bench planning [-- DEVICES]`; a million devices hold ten apps each if not said.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measuring")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use vpp::actual::{Actual, Limits, OwnedAsset, Stock, Versions};
use vpp::desired::{self, Desired};
use vpp::inventory;
use vpp::license::{Asset, AssetKind, HolderSet, PricingParam, Roster, SerialNumber};
use vpp::manifest;
use vpp::plan::cover::{lower_bound, rectangles};
use vpp::plan::{self, Action, Cause, CauseKind, Change, Input};
use vpp::sandbox::Generate;

const TIMES: usize = 5;

fn main() {
    let given: Vec<u32> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    // `cargo test --all-targets` runs this too, and only wants to know that it does.
    let measured = std::env::args().any(|text| text == "--bench") || !given.is_empty();
    let devices = given.first().copied().unwrap_or(if measured { 1_000_000 } else { 2000 });
    compare(devices);
    grouped();
    scattered();
}

/// Apps of the location; every device holds all of them.
const APPS: u32 = 10;

/// One in a hundred pairs is to change: half of them to be given, half to be taken.
fn compare(devices: u32) {
    let numbers: Generate = format!("devices={devices},apps={APPS},each={APPS}").parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    write(folder, &numbers);
    let manifests = manifest::load(folder).manifests;
    let loaded = inventory::load_all(&manifests, folder, &inventory::Environment::default());
    let mut roster = Roster::new();
    let desired = desired::resolve(&manifests, &loaded.tables, &mut roster).desired;
    drop(loaded);
    let extra: Vec<_> = (0..devices / 200)
        .map(|n| {
            let serial: SerialNumber = format!("OLD{n}").parse().unwrap();
            roster.number(vpp::license::HolderRef::Device(serial.as_str())).unwrap()
        })
        .collect();
    let actual = actual(&desired, &extra);
    let pairs: u64 = actual.held.values().map(HolderSet::len).sum();
    let digest = desired::digest(&desired, &roster);
    let locations = [("school".to_owned(), Ok(actual))];
    let mut times = vec![];
    let mut changed = 0;
    for _ in 0..TIMES {
        let (digest, folder) = (digest.clone(), folder.to_string());
        let begun = Instant::now();
        let plan = plan::make(Input {
            manifests: &manifests,
            desired: &desired,
            roster: &roster,
            locations: &locations,
            last: &BTreeMap::new(),
            reclaims: &BTreeMap::new(),
            diagnostics: &[],
            manifest_digest: digest,
            folder,
            now: "2026-11-21T09:14:07Z".parse().unwrap(),
        });
        times.push(begun.elapsed());
        changed = plan.changes.iter().map(|one| one.devices.len() + one.users.len()).sum();
        assert!(plan.summary.assign > 0 && plan.fingerprint.len() > 60);
    }
    times.sort();
    let time = times[TIMES / 2];
    println!(
        "diff, causes, guards and fingerprint of {pairs} pairs, {changed} of them changed: {time:.1?}; ≤ 150 ms: {}",
        verdict(time <= Duration::from_millis(150))
    );
}

fn verdict(holds: bool) -> &'static str {
    if holds { "reached" } else { "MISSED" }
}

fn write(folder: &Utf8Path, numbers: &Generate) {
    let mut text = String::from(
        "apiVersion: vpp/v1\nkind: Location\nname: school\nuid: '1'\ntoken: { env: T }\nreclaim: release\n\
         ---\napiVersion: vpp/v1\nkind: Inventory\nname: devices\ncsv: { path: devices.csv, serial: serial }\n",
    );
    let mut file =
        std::io::BufWriter::new(fs_err::File::create(folder.join("devices.csv")).unwrap());
    writeln!(file, "serial,block").unwrap();
    for block in 0..numbers.apps {
        for device in numbers.block(numbers.devices, block) {
            writeln!(file, "{},b{block}", Generate::serial(device)).unwrap();
        }
        writeln!(
            text,
            "---\napiVersion: vpp/v1\nkind: Group\nname: block-{block}\nfrom: devices\nwhere: row.block == \"b{block}\""
        )
        .unwrap();
    }
    for app in 0..numbers.apps {
        let adam_id = Generate::adam_id(app);
        writeln!(
            text,
            "---\napiVersion: vpp/v1\nkind: App\nname: app-{app}\nadamId: \"{adam_id}\"\nlocation: school\nassign:"
        )
        .unwrap();
        numbers.blocks_of(app).for_each(|b| writeln!(text, "  - to: block-{b}").unwrap());
    }
    file.flush().unwrap();
    fs_err::write(folder.join("vpp.yaml"), text).unwrap();
}

/// What is wanted, but for one device in two hundred, and with as many that are not.
fn actual(desired: &Desired, extra: &[vpp::license::HolderId]) -> Actual {
    let mut held = BTreeMap::new();
    let mut assets = BTreeMap::new();
    for wanted in &desired.assets {
        let mut holders = HolderSet::new();
        wanted.entries.iter().for_each(|entry| holders |= &entry.holders);
        let away: HolderSet = holders.iter().step_by(200).collect();
        holders -= &away;
        holders.extend(extra.iter().copied());
        let assigned = holders.len();
        held.insert(wanted.asset, holders);
        assets.insert(
            wanted.asset,
            OwnedAsset {
                kind: AssetKind::App,
                stock: Stock::Limited { total: assigned * 2, available: assigned, retired: 0 },
                assigned,
                device_assignable: Some(true),
                revocable: Some(true),
                platforms: vec![],
            },
        );
    }
    Actual {
        uid: "1".to_owned(),
        location_name: None,
        owner: None,
        token_expires: None,
        assets,
        held,
        users: BTreeMap::new(),
        seats: None,
        versions: Versions::default(),
        limits: Limits::default(),
        requests: 0,
        since: None,
        read_at: "2026-11-21T09:14:07Z".parse().unwrap(),
    }
}

/// 40 apps for some of 30 groups each: ten grades, ten schools, ten kinds of device.
fn grouped() {
    let mut chance = Chance(7);
    let members: Vec<[usize; 3]> =
        (0..2600).map(|_| [0, 10, 20].map(|from| from + chance.below(10))).collect();
    let changes: Vec<Change> = (0..40)
        .map(|app| {
            let groups: BTreeSet<usize> = (0..7).map(|_| chance.below(30)).collect();
            let of = |device: &usize| members[*device].iter().any(|group| groups.contains(group));
            change(app, (0..members.len()).filter(of))
        })
        .collect();
    covered("changes from 30 groups that overlap", &changes, false);
    let changes: Vec<Change> = (0..40)
        .map(|app| {
            let groups: BTreeSet<usize> = (0..20).map(|_| chance.below(30)).collect();
            change(app, (0..2600).filter(|device| groups.contains(&(device % 30))))
        })
        .collect();
    covered("changes from 30 groups apart", &changes, true);
}

/// 50,000 pairs without any order.
fn scattered() {
    let mut chance = Chance(11);
    let mut pairs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); 40];
    let mut left = 50_000;
    while left > 0 {
        left -= usize::from(pairs[chance.below(40)].insert(chance.below(20_000)));
    }
    let changes: Vec<Change> =
        pairs.into_iter().enumerate().map(|(app, devices)| change(app, devices)).collect();
    covered("random pairs", &changes, false);
}

fn covered(name: &str, changes: &[Change], bounded: bool) {
    let limits = Limits::default();
    let pairs: usize = changes.iter().map(|change| change.devices.len()).sum();
    let begun = Instant::now();
    let requests = rectangles(changes.iter(), &limits).len();
    let time = begun.elapsed();
    let bound = usize::try_from(lower_bound(changes.iter(), &limits)).unwrap();
    let alone: usize =
        changes.iter().map(|change| change.devices.len().div_ceil(limits.serial_numbers)).sum();
    let holds = requests <= alone && (!bounded || requests * 10 <= bound * 11);
    println!(
        "writes for {pairs} {name}, 40 apps: {requests} requests, at least {bound} (ratio {}), one app at a time {alone}, found in {time:.1?}: {}",
        hundredths(requests, bound),
        verdict(holds)
    );
}

fn hundredths(one: usize, other: usize) -> String {
    let hundredths = one * 100 / other.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn change(app: usize, devices: impl IntoIterator<Item = usize>) -> Change {
    Change {
        location: "school".to_owned(),
        asset: Asset {
            adam_id: (1000 + app).to_string().parse().unwrap(),
            pricing_param: PricingParam::Standard,
        },
        kind: AssetKind::App,
        name: format!("app-{app}"),
        bundle_id: None,
        install: false,
        action: Action::Assign,
        origin: None,
        cause: Cause {
            file: "apps.yaml".to_owned(),
            line: 1,
            kind: CauseKind::Except { group: "g".to_owned() },
        },
        devices: devices.into_iter().map(|n| format!("S{n:07}").parse().unwrap()).collect(),
        users: vec![],
    }
}

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}
