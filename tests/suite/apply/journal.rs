//! Every write is written down before it is sent, and what a killed run left open is settled by
//! reading.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;
use vpp::apply::outcome::{RunReport, RunResult};
use vpp::apply::{self, Memory, Resumed, Stop};
use vpp::sandbox::PlannedFault;
use vpp::store::{Intent, IntentKind, Outcome, RunId, Store};

use super::house::{House, now};

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000, maxAssets: 1, maxSerialNumbers: 2, maxClientUserIds: 2 }
locations:
  - name: north
    uid: "100"
    users: [{ clientUserId: eve }]
    assets:
      - { adamId: 11, total: 8, assigned: { devices: [GONE00000001] } }
"#;

const MANIFESTS: &str = r#"
apiVersion: vpp/v1
kind: Location
name: north
uid: "100"
token: { env: T }
owner: { id: ours, name: IT }
reclaim: release
---
apiVersion: vpp/v1
kind: Group
name: four
devices: [DMPX00000001, DMPX00000002, DMPX00000003, DMPX00000004]
---
apiVersion: vpp/v1
kind: Group
name: two
users: [ada, bob]
---
apiVersion: vpp/v1
kind: App
name: one
adamId: "11"
location: north
assign: [{ to: four }, { to: two }]
"#;

async fn house() -> House {
    House::new(WORLD, &[("all.yaml", MANIFESTS)]).await
}

async fn run(house: &House, run: RunId) -> RunReport {
    let (plan, writers) = house.survey().await;
    let ear = Silent;
    let memory = house.memory(run);
    apply::apply(&plan, &writers, &ear, &Stop::new(), house.options, memory, &BTreeMap::new()).await
}

struct Silent;

impl apply::Observer for Silent {
    fn note(&self, _: apply::outcome::Event) {}
}

fn new_run() -> RunId {
    RunId(Uuid::new_v4())
}

#[tokio::test]
async fn every_write_has_its_place_in_the_journal_with_its_event_and_its_end() {
    let house = house().await;
    let id = new_run();
    let report = run(&house, id).await;
    assert_eq!(report.result, RunResult::Done, "{report:#?}");
    let journal = house.store.journal(id).await.unwrap();
    let posts = house.tap.posts();
    assert_eq!(journal.len(), posts.len(), "{journal:#?}");
    // Connections are heard one after the other, so only what was sent is compared, not when.
    let mut paths = vec![];
    for intent in &journal {
        paths.push(match intent.kind {
            IntentKind::Claim => "client/config",
            IntentKind::CreateUsers => "users/create",
            IntentKind::Associate => "assets/associate",
            IntentKind::Disassociate => "assets/disassociate",
            other => panic!("nothing writes {other:?}"),
        });
        assert_eq!(intent.reference.is_some(), intent.kind != IntentKind::Claim);
        let (outcome, _) = intent.outcome.as_ref().unwrap();
        assert_eq!(*outcome, Outcome::Settled { done: intent.count, failed: 0 }, "{intent:?}");
    }
    let mut sent: Vec<&str> = posts.iter().map(|post| post.path.as_str()).collect();
    paths.sort_unstable();
    sent.sort_unstable();
    assert_eq!(paths, sent);
    let kinds: Vec<IntentKind> = journal.iter().map(|intent| intent.kind).collect();
    assert!(kinds.contains(&IntentKind::CreateUsers) && kinds.contains(&IntentKind::Claim));
    assert_eq!(house.store.open_intents("100").await.unwrap(), []);
}

#[tokio::test]
async fn what_apple_refuses_is_settled_with_its_number() {
    let house = house().await;
    let fault = PlannedFault {
        number: Some(9709),
        path: Some("assets/disassociate".to_owned()),
        times: Some(1),
        ..PlannedFault::default()
    };
    house.sandbox.fail(fault);
    let id = new_run();
    run(&house, id).await;
    let journal = house.store.journal(id).await.unwrap();
    let refused = journal.iter().find(|one| one.kind == IntentKind::Disassociate).unwrap();
    let Some((Outcome::Refused { number, .. }, _)) = &refused.outcome else {
        panic!("{refused:?}")
    };
    assert_eq!(*number, Some(9709));
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_written_down() {
    let mut house = house().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    house.store = vpp::store::open(path.to_str().unwrap(), None).await.unwrap();
    let past = rusqlite::Connection::open(&path).unwrap();
    past.execute_batch("DROP TABLE vpp_intents").unwrap();
    let report = run(&house, new_run()).await;
    let RunResult::Stopped { reason } = &report.result else { panic!("{report:#?}") };
    assert!(reason.starts_with("the journal cannot be written"), "{reason}");
    assert_eq!(house.tap.posts().len(), 0);
}

fn left(kind: IntentKind, holders: &[&str], event: Option<&str>) -> Intent {
    Intent {
        id: Uuid::new_v4(),
        run: new_run(),
        location: "100".to_owned(),
        kind,
        count: u64::try_from(holders.len()).unwrap(),
        body: json!({
            "assets": [{ "adamId": "11", "pricingParam": "STDQ" }], "serialNumbers": holders,
        }),
        at: now(),
        sent_at: event.map(|_| now()),
        reference: event.map(str::to_owned),
        outcome: None,
    }
}

async fn resume(house: &House, at: Timestamp) -> Resumed {
    let (_, writers) = house.survey().await;
    let memory = Memory { clock: &move || at, ..house.memory(new_run()) };
    apply::resume(&writers[0].1, memory, "100").await.unwrap()
}

async fn outcome(store: &Arc<dyn Store>, intent: &Intent) -> Option<Outcome> {
    let journal = store.journal(intent.run).await.unwrap();
    journal[0].outcome.clone().map(|(outcome, _)| outcome)
}

#[tokio::test]
async fn an_event_that_is_still_under_way_is_followed_to_its_end() {
    let house = House::with(WORLD, &[("all.yaml", MANIFESTS)], |options| {
        options.event_delay = std::time::Duration::from_millis(150);
    })
    .await;
    let (_, writers) = house.survey().await;
    let body = vpp::apple::ManageAssets {
        assets: vec![vpp::license::Asset {
            adam_id: "11".parse().unwrap(),
            pricing_param: vpp::license::PricingParam::Standard,
        }],
        users: vec![],
        devices: vec!["DMPX00000001".parse().unwrap(), "DMPX00000002".parse().unwrap()],
    };
    let event = writers[0].1.associate(&body).await.unwrap();
    let open = left(IntentKind::Associate, &["DMPX00000001", "DMPX00000002"], Some(event.as_str()));
    house.store.intend(std::slice::from_ref(&open)).await.unwrap();
    let resumed = resume(&house, now()).await;
    assert_eq!((resumed.settled, resumed.runs), (1, vec![open.run]));
    assert!(resumed.waiting.is_empty());
    let settled = Outcome::Settled { done: 2, failed: 0 };
    assert_eq!(outcome(&house.store, &open).await, Some(settled));
}

#[tokio::test]
async fn a_lost_reply_is_settled_by_what_reads_back() {
    let house = house().await;
    let (_, writers) = house.survey().await;
    drop(writers);
    let open = left(IntentKind::Associate, &["GONE00000001"], None);
    house.store.intend(std::slice::from_ref(&open)).await.unwrap();
    assert_eq!(resume(&house, now()).await.settled, 1);
    let settled = Outcome::Settled { done: 1, failed: 0 };
    assert_eq!(outcome(&house.store, &open).await, Some(settled));
}

#[tokio::test]
async fn the_opposite_of_a_request_that_may_still_be_carried_out_waits_ten_minutes() {
    let house = house().await;
    // A killed run asked for this license to be given; the plan takes it back. It may be anywhere.
    let mut open = left(IntentKind::Associate, &["GONE00000001", "DMPX00000001"], None);
    open.count = 2;
    house.store.intend(std::slice::from_ref(&open)).await.unwrap();

    let resumed = resume(&house, now() + SignedDuration::from_mins(9)).await;
    assert_eq!((resumed.settled, resumed.waiting.len()), (0, 1));
    let (plan, writers) = house.survey().await;
    let waiting = BTreeMap::from([("north".to_owned(), resumed.waiting)]);
    let memory = house.memory(new_run());
    let report =
        apply::apply(&plan, &writers, &Silent, &Stop::new(), house.options, memory, &waiting).await;
    let release = report.locations[0].changes.iter().find(|one| one.action.is_reclaim()).unwrap();
    assert_eq!((release.applied, release.withheld()), (0, 1), "{report:#?}");
    let why = &release.withheld[0].message;
    assert!(why.contains("run apply again after 2026-11-21T09:24:07Z"), "{why}");
    // What wants the same as that request is not held up.
    assert_eq!(report.summary.assigned, 6);
    assert_eq!(house.posts("assets/disassociate"), 0);

    let resumed = resume(&house, now() + SignedDuration::from_mins(10)).await;
    assert_eq!((resumed.settled, resumed.waiting.len()), (1, 0));
    let report = run(&house, new_run()).await;
    assert_eq!((report.result, report.summary.reclaimed), (RunResult::Done, 1));
}
