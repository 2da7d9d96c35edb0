//! Licenses come back from devices, over as many runs as it takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use vpp::apply::outcome::{ChangeReport, RunReport, RunResult};
use vpp::apply::{self, Access, Hand, Hands, Memory, Options, Patience, Stop};
use vpp::manifest::kind::WhenGone;
use vpp::plan::{Action, Plan};
use vpp::reclaim::Phase;
use vpp::store::RunId;

use super::house::{Ear, House, accounts_for, now};
use super::phones::Phones;

pub(crate) const NOTES: &str = "com.example.notes";
const ONE: &str = "DMPX00000001";
const TWO: &str = "DMPX00000002";
const NEW: &str = "DMPX00000009";

/// Two devices hold the only two licenses; one of them goes to a third.
const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000 }
locations:
  - name: north
    uid: "100"
    owner: { id: ours, name: IT }
    assets:
      - { adamId: 11, total: 2, assigned: { devices: [DMPX00000001, DMPX00000002] } }
"#;

fn manifests(wanted: &str) -> String {
    format!(
        "apiVersion: vpp/v1\nkind: Location\nname: north\nuid: \"100\"\ntoken: {{ env: T }}\nowner: \
         {{ id: ours, name: IT }}\nmdm: campus\nreclaim: uninstall\n---\napiVersion: vpp/v1\nkind: \
         Mdm\nname: campus\nsandbox: {{}}\n---\napiVersion: vpp/v1\nkind: Group\nname: \
         wanted\ndevices: [{wanted}]\n---\napiVersion: vpp/v1\nkind: App\nname: notes\nadamId: \
         \"11\"\nbundleId: {NOTES}\nlocation: north\nassign: [{{ to: wanted }}]\n"
    )
}

/// A house with its phones, and how a run goes there.
pub(crate) struct Campus {
    pub(crate) house: House,
    pub(crate) phones: Phones,
    pub(crate) when_gone: WhenGone,
}

impl Campus {
    async fn new(wanted: &str) -> Self {
        let mut house = House::new(WORLD, &[("all.yaml", &manifests(wanted))]).await;
        house.options = options();
        let phones = Phones::new(now());
        for serial in [ONE, TWO] {
            phones.add(serial, None, &[NOTES]);
        }
        phones.add(NEW, None, &[]);
        Self { house, phones, when_gone: WhenGone::Keep }
    }

    pub(crate) async fn apply(&self) -> RunReport {
        let (plan, writers) = self.house.survey().await;
        let ear = Ear::new(|_| ());
        let clock = || self.phones.state().tick();
        let hands = self.hands(Ok(()));
        let memory = Memory {
            store: self.house.store.as_ref(),
            run: RunId(uuid::Uuid::new_v4()),
            clock: &clock,
            leases: None,
        };
        let access = Access { writers: &writers, hands: &hands, servers: &[] };
        let (stop, waiting) = (Stop::new(), BTreeMap::new());
        let options = self.house.options;
        let report = apply::apply(&plan, access, &ear, &stop, options, memory, &waiting).await;
        accounts_for(&plan, &report);
        report
    }

    pub(crate) fn hands(&self, works: Result<(), &str>) -> Hands {
        let mdm = works.map(|()| Arc::new(self.phones.clone()) as Arc<dyn vpp::mdm::Mdm>);
        let mdm = mdm.map_err(str::to_owned);
        let hand = Hand { mdm, when_gone: self.when_gone };
        Hands::from([("north".to_owned(), hand)])
    }

    fn rewrite(&self, wanted: &str) {
        self.house.write("all.yaml", &manifests(wanted));
    }

    pub(crate) fn holders(&self) -> Vec<String> {
        let state = self.house.sandbox.snapshot();
        let mut holders: Vec<String> = state
            .locations
            .iter()
            .flat_map(|location| &location.assets)
            .flat_map(|asset| asset.devices.iter().chain(&asset.users).cloned())
            .collect();
        holders.sort();
        holders
    }
}

/// Nobody is waited for longer than it takes to answer.
pub(crate) fn options() -> Options {
    Options {
        pause: Duration::from_millis(1),
        patience: Patience {
            wait: Duration::ZERO,
            grace: Duration::from_millis(30),
            poll: Duration::from_millis(1),
        },
        ..Options::default()
    }
}

fn of(report: &RunReport, action: Action) -> ChangeReport {
    let changes = report.locations.iter().flat_map(|location| &location.changes);
    let mut of_it: Vec<_> = changes.filter(|change| change.action == action).cloned().collect();
    assert_eq!(of_it.len(), 1, "{report:#?}");
    of_it.remove(0)
}

#[tokio::test]
async fn a_license_that_comes_back_is_given_on_in_the_same_run() {
    let campus = Campus::new(&format!("{TWO}, {NEW}")).await;
    let plan: Plan = campus.house.plan().await;
    assert_eq!((plan.summary.uninstall, plan.summary.assign, plan.summary.short), (1, 0, 1));
    assert_eq!(plan.later.iter().map(vpp::plan::Change::pairs).sum::<usize>(), 1);
    let report = campus.apply().await;
    assert_eq!(report.result, RunResult::Done, "{report:#?}");
    assert_eq!((report.summary.reclaimed, report.summary.assigned), (1, 1));
    assert_eq!(campus.holders(), [TWO, NEW]);
    assert_eq!(campus.phones.apps()[ONE].len(), 0);
    assert!(campus.house.plan().await.is_empty());
    assert_eq!(campus.house.store.open_reclaims("100").await.unwrap(), []);
    campus.house.stop().await;
}

#[tokio::test]
async fn a_device_that_is_off_for_days_is_waited_for_over_runs() {
    let campus = Campus::new(&format!("{TWO}, {NEW}")).await;
    campus.phones.with(ONE, |phone| phone.online = false);
    for _ in 0..3 {
        let report = campus.apply().await;
        assert_eq!(report.result, RunResult::Done);
        assert_eq!((report.summary.waits, report.summary.reclaimed), (2, 0));
        let reclaim = of(&report, Action::Uninstall);
        assert_eq!(reclaim.reclaims.len(), 1);
        assert_eq!(reclaim.reclaims[0].phase, Phase::UninstallSent);
        campus.phones.pass(20);
    }
    assert_eq!(campus.holders(), [ONE, TWO]);
    campus.phones.with(ONE, |phone| phone.online = true);
    let report = campus.apply().await;
    assert_eq!((report.summary.reclaimed, report.summary.assigned), (1, 1));
    assert_eq!(campus.holders(), [TWO, NEW]);
    let removed = campus.phones.state().devices[ONE].removed.clone();
    assert_eq!(removed, [NOTES]);
    campus.house.stop().await;
}

#[tokio::test]
async fn what_is_wanted_again_is_cancelled_and_stays() {
    let campus = Campus::new(TWO).await;
    campus.phones.with(ONE, |phone| phone.online = false);
    campus.apply().await;
    assert_eq!(campus.house.store.open_reclaims("100").await.unwrap().len(), 1);
    campus.rewrite(&format!("{ONE}, {TWO}"));
    campus.apply().await;
    assert_eq!(campus.house.store.open_reclaims("100").await.unwrap(), []);
    let closed = campus.house.store.closed_reclaims("100", now()).await.unwrap();
    assert_eq!(closed[0].phase, "cancelled");
    assert_eq!(campus.holders(), [ONE, TWO]);
    campus.house.stop().await;
}

#[tokio::test]
async fn a_license_that_went_away_by_other_hands_ends_its_reclaim() {
    let campus = Campus::new(TWO).await;
    campus.phones.with(ONE, |phone| phone.online = false);
    campus.apply().await;
    let body = serde_json::json!({
        "assets": [{ "adamId": "11", "pricingParam": "STDQ" }], "serialNumbers": [ONE],
    });
    campus.house.post("north", "assets/disassociate", body).await;
    campus.house.sandbox.settle_events().await;
    campus.apply().await;
    let closed = campus.house.store.closed_reclaims("100", now()).await.unwrap();
    assert_eq!(closed[0].phase, "verified");
    campus.house.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_does_not_stop_the_rest() {
    let campus = Campus::new(&format!("{TWO}, {NEW}")).await;
    campus.phones.state().unreachable = true;
    let report = campus.apply().await;
    assert_eq!(report.result, RunResult::Done);
    let reclaim = of(&report, Action::Uninstall);
    assert_eq!(reclaim.reclaims[0].why, "campus: GET /devices: no route to host");
    assert!(campus.phones.state().taken.is_empty());
    campus.phones.state().unreachable = false;
    assert_eq!(campus.apply().await.summary.reclaimed, 1);
    campus.house.stop().await;
}

#[tokio::test]
async fn a_device_that_lies_keeps_its_license_for_a_week_and_is_unknown_then() {
    let campus = Campus::new(TWO).await;
    campus.phones.with(ONE, |phone| phone.lies = true);
    for _ in 0..29 {
        campus.apply().await;
        campus.phones.pass(6);
    }
    let report = campus.apply().await;
    assert_eq!((report.summary.reclaimed, report.summary.unknown), (0, 1));
    assert_eq!(of(&report, Action::Uninstall).reclaims[0].phase, Phase::Unknown);
    assert_eq!(campus.holders(), [ONE, TWO]);
    assert_eq!(campus.house.posts("assets/disassociate"), 0);
    campus.house.stop().await;
}

#[tokio::test]
async fn a_device_that_left_is_reported_or_released_as_the_location_says() {
    for (when_gone, holders) in [(WhenGone::Keep, vec![ONE, TWO]), (WhenGone::Release, vec![TWO])] {
        let mut campus = Campus::new(TWO).await;
        campus.when_gone = when_gone;
        campus.phones.state().devices.remove(ONE);
        campus.apply().await;
        assert_eq!(campus.holders(), holders);
        campus.house.stop().await;
    }
}
