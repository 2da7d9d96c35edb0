//! Devices are told to install what they were given, once, and over as many runs as it takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use vpp::apply::outcome::{ChangeReport, InstallOutcome, InstallTotals, RunReport, RunResult};
use vpp::apply::{self, Access, Hand, Hands, Memory, Stop};
use vpp::manifest::kind::WhenGone;
use vpp::mdm::{self, Mdm};
use vpp::sandbox::{Change, ChangeAssignments};
use vpp::store::{IntentKind, RunId};

use super::house::{Ear, House, accounts_for};
use super::reclaims::{NOTES, options};

fn world(more: &str) -> String {
    format!(
        r#"
apiVersion: vpp/v1
kind: World
limits: {{ maxRequestPerSecond: 100000 }}
locations:
  - name: north
    uid: "100"
    owner: {{ id: ours, name: IT }}
    users: [{{ clientUserId: bob, status: Associated }}, {{ clientUserId: eve, status: Associated }}]
    assets: [{{ adamId: 11, bundleId: {NOTES}, total: 9 }}]
{more}
"#
    )
}

fn manifests(entries: &str) -> String {
    format!(
        "apiVersion: vpp/v1\nkind: Location\nname: north\nuid: \"100\"\ntoken: {{ env: T }}\nowner: \
         {{ id: ours, name: IT }}\nmdm: campus\ninstall: true\nreclaim: release\n---\napiVersion: \
         vpp/v1\nkind: Mdm\nname: campus\nsandbox: {{}}\n---\napiVersion: vpp/v1\nkind: \
         Group\nname: some\ndevices: [D1, D2]\n---\napiVersion: vpp/v1\nkind: Group\nname: \
         people\nusers: [bob, eve]\n---\napiVersion: vpp/v1\nkind: App\nname: notes\nadamId: \
         \"11\"\nbundleId: {NOTES}\nlocation: north\nassign: {entries}\n"
    )
}

struct Campus {
    house: House,
}

impl Campus {
    async fn of(devices: &str, entries: &str) -> Self {
        let files = [("all.yaml", manifests(entries))];
        let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
        let mut house = House::new(&world(devices), &files).await;
        house.options = options();
        Self { house }
    }

    fn server(&self) -> Result<Arc<dyn Mdm>, String> {
        let mdm = mdm::Sandbox::open("campus", &self.house.tap.url());
        mdm.map(|mdm| Arc::new(mdm) as Arc<dyn Mdm>).map_err(|error| error.to_string())
    }

    async fn apply(&self) -> RunReport {
        self.apply_through(self.server()).await
    }

    async fn apply_through(&self, mdm: Result<Arc<dyn Mdm>, String>) -> RunReport {
        self.apply_after(mdm, || ()).await
    }

    /// A run whose plan was made before something else happened.
    async fn apply_after(
        &self,
        mdm: Result<Arc<dyn Mdm>, String>,
        meanwhile: impl FnOnce(),
    ) -> RunReport {
        let clock = || self.house.sandbox.now();
        let run = RunId(uuid::Uuid::new_v4());
        let memory = Memory { store: self.house.store.as_ref(), run, clock: &clock, leases: None };
        let (_, writers) = self.house.survey().await;
        let mut waiting = BTreeMap::new();
        for (name, writer) in &writers {
            let resumed = apply::resume(writer, memory, "100").await.unwrap();
            waiting.insert(name.clone(), resumed.waiting);
        }
        let (plan, writers) = self.house.survey().await;
        meanwhile();
        let hand = Hand { mdm, when_gone: WhenGone::Keep };
        let hands = Hands::from([("north".to_owned(), hand)]);
        let access = Access { writers: &writers, hands: &hands, servers: &[] };
        let (ear, stop, options) = (Ear::new(|_| ()), Stop::new(), self.house.options);
        let report = apply::apply(&plan, access, &ear, &stop, options, memory, &waiting).await;
        accounts_for(&plan, &report);
        report
    }

    /// Somebody else gives so many licenses to other devices.
    fn others_take(&self, licenses: u32) {
        let what = ChangeAssignments {
            adam_id: "11".to_owned(),
            serial_numbers: (0..licenses).map(|number| format!("OTHER{number:03}")).collect(),
            ..ChangeAssignments::default()
        };
        self.house.sandbox.change_assignments(Change::Add, &what).unwrap();
    }

    fn pass(&self, hours: u64) {
        self.house.sandbox.advance_clock(Duration::from_hours(hours));
    }

    /// How often a command installed Notes on a device.
    fn installed(&self, serial: &str) -> u32 {
        let device = self.house.sandbox.device(serial).unwrap();
        device.effects.get(NOTES).copied().unwrap_or_default()[1]
    }

    /// Installations that the journal has no end for.
    async fn open(&self) -> usize {
        let open = self.house.store.open_intents("100").await.unwrap();
        open.iter().filter(|intent| intent.kind == IntentKind::InstallApp).count()
    }
}

fn change(report: &RunReport) -> &ChangeReport {
    &report.locations[0].changes[0]
}

fn outcome(report: &RunReport) -> &InstallOutcome {
    change(report).installs.as_ref().unwrap()
}

fn waits(outcome: &InstallOutcome) -> Vec<(&str, u64)> {
    outcome.waits.iter().map(|wait| (wait.why.as_str(), wait.count)).collect()
}

const TWO: &str = "devices: [{ serial: D1, apps: {} }, { serial: D2, apps: {} }]";

#[tokio::test]
async fn a_device_installs_what_reads_back_as_its_own_and_once() {
    let campus = Campus::of(TWO, "[{ to: some }]").await;
    let report = campus.apply().await;
    let installs = outcome(&report);
    assert_eq!((change(&report).applied, installs.sent, installs.acknowledged), (2, 2, 2));
    assert_eq!((campus.installed("D1"), campus.installed("D2")), (1, 1));
    assert_eq!(campus.open().await, 0);
    let all = InstallTotals { sent: 2, acknowledged: 2, ..InstallTotals::default() };
    assert_eq!(report.summary.installs, Some(all));
    let again = campus.apply().await;
    assert_eq!((again.result, again.summary.installs), (RunResult::Nothing, None));
    assert_eq!((campus.installed("D1"), campus.installed("D2")), (1, 1));
}

#[tokio::test]
async fn nothing_is_installed_for_who_may_install_and_where_nobody_asks() {
    let campus = Campus::of(TWO, "[{ to: some, intent: available }]").await;
    let report = campus.apply().await;
    assert_eq!((change(&report).applied, &change(&report).installs), (2, &None));
    let campus = Campus::of(TWO, "[{ to: some }]").await;
    campus.house.write("all.yaml", &manifests("[{ to: some }]").replace("install: true\n", ""));
    let report = campus.apply().await;
    assert_eq!((change(&report).applied, &change(&report).installs), (2, &None));
    assert_eq!((campus.installed("D1"), campus.open().await), (0, 0));
}

#[tokio::test]
async fn where_the_license_has_not_reached_the_store_it_is_asked_again() {
    let race = format!("{TWO}\nmdm: {{ licenseRace: 30m }}");
    let campus = Campus::of(&race, "[{ to: some }]").await;
    let report = campus.apply().await;
    let installs = outcome(&report);
    assert_eq!((installs.sent, installs.acknowledged), (2, 0));
    let [(why, 2)] = waits(installs)[..] else { panic!("{installs:?}") };
    assert!(why.contains("License not found"), "{why}");
    assert_eq!((campus.installed("D1"), campus.open().await), (0, 2));
    campus.pass(1);
    let report = campus.apply().await;
    assert_eq!(report.result, RunResult::Done);
    let [earlier] = &report.locations[0].installs[..] else { panic!("{report:?}") };
    assert_eq!((earlier.name.as_str(), earlier.outcome.acknowledged), ("notes", 2));
    assert_eq!((campus.installed("D1"), campus.installed("D2"), campus.open().await), (1, 1, 0));
    assert_eq!(campus.apply().await.result, RunResult::Nothing);
}

#[tokio::test]
async fn a_device_that_is_off_or_says_not_now_installs_later() {
    let devices = "devices: [{ serial: D1, apps: {}, behaves: { offline: 3d } }, { serial: D2, \
                   apps: {}, behaves: { notNow: 2 } }]";
    let campus = Campus::of(devices, "[{ to: some }]").await;
    let report = campus.apply().await;
    let said = ("the device said NotNow and is asked again", 1);
    assert_eq!(waits(outcome(&report)), [("the device has not answered", 1), said]);
    for _ in 0..8 {
        campus.pass(12);
        campus.apply().await;
    }
    assert_eq!((campus.installed("D1"), campus.installed("D2"), campus.open().await), (1, 1, 0));
}

#[tokio::test]
async fn with_a_persons_license_every_known_device_of_theirs_installs() {
    let devices = "devices: [{ serial: D7, user: bob, apps: {} }, { serial: D8, user: bob, apps: {} \
                   }, { serial: D9, user: ann, apps: {} }]";
    let campus = Campus::of(devices, "[{ to: people, license: user }]").await;
    let report = campus.apply().await;
    let installs = outcome(&report);
    assert_eq!((change(&report).applied, installs.acknowledged), (2, 2));
    assert_eq!(["D7", "D8", "D9"].map(|serial| campus.installed(serial)), [1, 1, 0]);
    let [nobody] = &installs.impossible[..] else { panic!("{installs:?}") };
    assert_eq!((nobody.holders.as_slice(), nobody.count), (&["eve".to_owned()][..], 1));
    assert!(nobody.message.contains("knows no device"), "{}", nobody.message);
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_now_is_asked_by_the_next_run() {
    let campus = Campus::of(TWO, "[{ to: some }]").await;
    let report = campus.apply_through(Err("campus: no route to host".to_owned())).await;
    assert_eq!(change(&report).applied, 2);
    assert_eq!(waits(outcome(&report)), [("campus: no route to host", 2)]);
    let report = campus.apply().await;
    assert_eq!(report.locations[0].installs[0].outcome.acknowledged, 2);
    assert_eq!((campus.installed("D1"), campus.open().await), (1, 0));
}

#[tokio::test]
async fn a_device_that_enrolls_later_installs_then() {
    let devices = "mdm: { unlisted: unknown }\ndevices: [{ serial: D1, apps: {} }, { serial: D2, \
                   apps: {}, enrolment: none, later: [{ after: 2d, event: reEnrol }] }]";
    let campus = Campus::of(devices, "[{ to: some }]").await;
    let report = campus.apply().await;
    assert_eq!(outcome(&report).acknowledged, 1);
    let why = "the device is not enrolled with the server yet";
    assert_eq!(waits(outcome(&report)), [(why, 1)]);
    campus.pass(49);
    campus.apply().await;
    assert_eq!((campus.installed("D2"), campus.open().await), (1, 0));
}

#[tokio::test]
async fn what_is_taken_back_before_it_was_installed_is_not_installed() {
    let race = format!("{TWO}\nmdm: {{ licenseRace: 30m }}");
    let campus = Campus::of(&race, "[{ to: some }]").await;
    campus.apply().await;
    assert_eq!(campus.open().await, 2);
    campus.house.write("all.yaml", &manifests("[{ to: some }]").replace("D1, D2", "D1"));
    campus.pass(1);
    campus.apply().await;
    assert_eq!((campus.installed("D1"), campus.installed("D2"), campus.open().await), (1, 0, 0));
}

#[tokio::test]
async fn who_gets_no_license_installs_nothing() {
    let campus = Campus::of(TWO, "[{ to: some }]").await;
    let report = campus.apply_after(campus.server(), || campus.others_take(8)).await;
    assert_eq!((change(&report).applied, change(&report).withheld()), (1, 1));
    assert_eq!((outcome(&report).acknowledged, &outcome(&report).waits), (1, &vec![]));
    assert_eq!((campus.installed("D1") + campus.installed("D2"), campus.open().await), (1, 0));
}

/// Ends a run at a portion of bytes on its lines.
#[derive(Clone, Default)]
struct Fuse {
    passed: Arc<AtomicUsize>,
    at: Arc<AtomicUsize>,
    burnt: Arc<Notify>,
}

impl Fuse {
    fn set(&self, at: usize) {
        self.passed.store(0, Ordering::SeqCst);
        self.at.store(at, Ordering::SeqCst);
    }

    fn passes(&self) -> bool {
        let point = self.passed.fetch_add(1, Ordering::SeqCst);
        let at = self.at.load(Ordering::SeqCst);
        if point == at {
            self.burnt.notify_one();
        }
        point < at
    }
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_installs_everything_once_all_the_same() {
    let devices = "devices: [{ serial: D1, apps: {} }, { serial: D2, apps: {} }, { serial: D7, user: \
                   bob, apps: {} }]\nmdm: { licenseRace: 90m }";
    let entries = "[{ to: some }, { to: people, license: user }]";
    let mut point = 0;
    let mut most = 0;
    loop {
        let campus = Campus::of(devices, entries).await;
        let fuse = Fuse::default();
        let gate = fuse.clone();
        campus.house.tap.guard(move |_, _| gate.passes());
        fuse.set(point);
        let killed = tokio::select! {
            _ = campus.apply() => false,
            () = fuse.burnt.notified() => true,
        };
        most = most.max(fuse.passed.load(Ordering::SeqCst));
        fuse.set(usize::MAX);
        for _ in 0..6 {
            campus.pass(2);
            campus.house.sandbox.settle_events().await;
            campus.apply().await;
        }
        let installed = ["D1", "D2", "D7"].map(|serial| campus.installed(serial));
        assert_eq!(installed, [1, 1, 1], "killed at {point}");
        assert_eq!(campus.open().await, 0, "killed at {point}");
        if !killed {
            break;
        }
        point += 1;
    }
    assert!(point > 20, "{point} of {most}");
}
