//! What every store promises.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;
use vpp::license::{Asset, ClientUserId, Holder, PricingParam};
use vpp::store::{
    self, Acquired, Intent, IntentKind, Lease, Outcome, Received, ReclaimRow, RunEnd, RunId,
    RunRecord, Store, Stretch,
};

use super::postgres;

/// Each promise is a test for a file of SQLite and one for a database of PostgreSQL. A promise gets
/// two stores at the same place, as two processes have them.
macro_rules! promises {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let place = folder.path().join("deep/er/state.db");
                let place = place.to_str().unwrap();
                let one = super::store::open(place, None).await.unwrap();
                let two = super::store::open(place, None).await.unwrap();
                super::$name(one, two).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test]
            async fn $name() {
                let Some(place) = super::postgres::database().await else { return };
                let one = super::store::open(&place, None).await.unwrap();
                let two = super::store::open(&place, None).await.unwrap();
                super::$name(one, two).await;
            })+
        }
    };
}

promises!(
    one_run_at_a_time_has_a_lease,
    a_lease_ends_by_itself,
    history_is_newest_first_and_found_by_the_beginning_of_an_id,
    the_journal_says_what_is_open,
    what_was_intended_before_a_crash_stays_as_it_was,
    a_reclaim_is_kept_once_and_closed,
    an_event_that_comes_twice_is_kept_once,
    a_blob_is_replaced_and_forgotten,
    many_rows_go_in_at_once,
    everybody_writes_at_the_same_time,
);

pub(crate) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-21T09:14:07.123456789Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn run() -> RunId {
    RunId(Uuid::new_v4())
}

fn lease(run: RunId, who: &str, from: i64) -> Lease {
    Lease {
        location: "2049".to_owned(),
        run,
        who: who.to_owned(),
        since: at(from),
        until: at(from + 2),
    }
}

async fn one_run_at_a_time_has_a_lease(one: Arc<dyn Store>, two: Arc<dyn Store>) {
    let mine = lease(run(), "ann@laptop, process 1", 0);
    let theirs = lease(run(), "ben@laptop, process 2", 1);
    assert_eq!(one.acquire(&mine, at(0)).await.unwrap(), Acquired::Ours);
    assert_eq!(two.acquire(&theirs, at(1)).await.unwrap(), Acquired::Held(mine.clone()));
    assert_eq!(one.acquire(&mine, at(1)).await.unwrap(), Acquired::Ours, "it has it already");
    let elsewhere = Lease { location: "2050".to_owned(), ..theirs.clone() };
    assert_eq!(two.acquire(&elsewhere, at(1)).await.unwrap(), Acquired::Ours);
    two.give_back("2049", theirs.run).await.unwrap();
    assert_eq!(two.acquire(&theirs, at(1)).await.unwrap(), Acquired::Held(mine.clone()));
    one.give_back("2049", mine.run).await.unwrap();
    assert_eq!(two.acquire(&theirs, at(1)).await.unwrap(), Acquired::Ours);
}

async fn a_lease_ends_by_itself(one: Arc<dyn Store>, two: Arc<dyn Store>) {
    let mine = lease(run(), "ann", 0);
    let theirs = lease(run(), "ben", 3);
    one.acquire(&mine, at(0)).await.unwrap();
    assert!(one.renew("2049", mine.run, at(1), at(3)).await.unwrap());
    let held = two.acquire(&theirs, at(2)).await.unwrap();
    assert_eq!(held, Acquired::Held(Lease { until: at(3), ..mine.clone() }));
    assert_eq!(two.acquire(&theirs, at(3)).await.unwrap(), Acquired::Ours);
    assert!(!one.renew("2049", mine.run, at(3), at(9)).await.unwrap(), "it has it no more");
    two.give_back("2049", theirs.run).await.unwrap();
    one.acquire(&mine, at(3)).await.unwrap();
    assert!(!one.renew("2049", mine.run, at(3), at(9)).await.unwrap(), "it had ended before");
}

fn record(id: &str, minutes: i64) -> RunRecord {
    RunRecord {
        id: RunId(id.parse().unwrap()),
        started_at: at(minutes),
        who: "ann, https://git.example.org/jobs/7".to_owned(),
        commit: Some("3f9c2ab".to_owned()),
        folder: "school".to_owned(),
        tool: "vpp 0.1.0".to_owned(),
        fingerprint: "vpp1:9f2c41d077ab".to_owned(),
        locations: vec!["2049".to_owned(), "2050".to_owned()],
        end: None,
    }
}

async fn history_is_newest_first_and_found_by_the_beginning_of_an_id(
    one: Arc<dyn Store>,
    two: Arc<dyn Store>,
) {
    let old = record("11111111-1111-4111-8111-111111111111", 0);
    let new = RunRecord { commit: None, ..record("12222222-2222-4222-8222-222222222222", 5) };
    one.begin_run(&new).await.unwrap();
    one.begin_run(&old).await.unwrap();
    one.begin_run(&RunRecord { who: "nobody".to_owned(), ..old.clone() }).await.unwrap();
    let end = RunEnd {
        at: at(6),
        result: "done".to_owned(),
        summary: json!({ "assigned": 3 }),
        report: Some(json!({ "locations": [{ "name": "Ünïcode \"quoted\"" }] })),
    };
    two.end_run(new.id, &end).await.unwrap();
    let new = RunRecord { end: Some(end.clone()), ..new };
    let listed = RunRecord { end: Some(RunEnd { report: None, ..end.clone() }), ..new.clone() };
    assert_eq!(two.runs(10).await.unwrap(), [listed.clone(), old.clone()]);
    assert_eq!(two.runs(1).await.unwrap(), [listed]);
    assert_eq!(two.runs_named("1").await.unwrap(), [new.clone(), old.clone()]);
    assert_eq!(two.runs_named("1222").await.unwrap(), [new]);
    for none in ["3", "%", "_1", "1'; DROP TABLE vpp_runs"] {
        assert_eq!(two.runs_named(none).await.unwrap(), [], "{none}");
    }
}

fn intent(run: RunId, location: &str, minutes: i64) -> Intent {
    Intent {
        id: Uuid::new_v4(),
        run,
        location: location.to_owned(),
        kind: IntentKind::Associate,
        count: 2,
        body: json!({ "assets": [{ "adamId": "361309726" }], "serialNumbers": ["012345678901"] }),
        at: at(minutes),
        sent_at: None,
        reference: None,
        outcome: None,
    }
}

async fn the_journal_says_what_is_open(one: Arc<dyn Store>, two: Arc<dyn Store>) {
    let run = run();
    let [first, second, third] = [0, 1, 2].map(|minutes| intent(run, "2049", minutes));
    let other = intent(run, "2050", 1);
    let (other_id, third_id) = (other.id, third.id);
    one.intend(&[first.clone(), second.clone()]).await.unwrap();
    one.intend(&[other.clone(), third.clone()]).await.unwrap();
    let open = two.open_intents("2049").await.unwrap();
    assert_eq!(open, [first.clone(), second.clone(), third.clone()]);
    let taken = [(first.id, Some("event-1".to_owned())), (third.id, None)];
    two.sent(&taken, at(3)).await.unwrap();
    let outcome = Outcome::Refused { number: Some(9709), message: "none left".to_owned() };
    one.settle(&[(second.id, outcome.clone())], at(4)).await.unwrap();
    let first = Intent { sent_at: Some(at(3)), reference: Some("event-1".to_owned()), ..first };
    let second = Intent { outcome: Some((outcome, at(4))), ..second };
    let third = Intent { sent_at: Some(at(3)), ..third };
    assert_eq!(one.open_intents("2049").await.unwrap(), [first.clone(), third.clone()]);
    assert_eq!(two.journal(run).await.unwrap(), [first, second, other, third]);
    assert_eq!(two.journal(self::run()).await.unwrap(), []);
    let ids = [other_id, Uuid::new_v4(), third_id];
    let found = one.intents(&ids).await.unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [other_id, third_id]);
}

async fn what_was_intended_before_a_crash_stays_as_it_was(
    one: Arc<dyn Store>,
    two: Arc<dyn Store>,
) {
    let intent = intent(run(), "2049", 0);
    one.intend(std::slice::from_ref(&intent)).await.unwrap();
    one.sent(&[(intent.id, Some("event-1".to_owned()))], at(1)).await.unwrap();
    two.intend(&[Intent { count: 99, at: at(5), ..intent.clone() }]).await.unwrap();
    let kept = two.journal(intent.run).await.unwrap();
    let sent = Intent { sent_at: Some(at(1)), reference: Some("event-1".to_owned()), ..intent };
    assert_eq!(kept, [sent]);
}

fn reclaim(holder: Holder, minutes: i64) -> ReclaimRow {
    ReclaimRow {
        location: "2049".to_owned(),
        asset: Asset { adam_id: "361309726".parse().unwrap(), pricing_param: PricingParam::Plus },
        holder,
        phase: "wanted".to_owned(),
        open: true,
        since: at(minutes),
        moved: at(minutes),
        body: r#"{"attempt":1}"#.to_owned(),
    }
}

async fn a_reclaim_is_kept_once_and_closed(one: Arc<dyn Store>, two: Arc<dyn Store>) {
    let device = reclaim(Holder::Device("012345678901".parse().unwrap()), 1);
    let user = reclaim(Holder::User(ClientUserId::new("012345678901").unwrap()), 0);
    one.put_reclaims(&[device.clone(), user.clone()]).await.unwrap();
    assert_eq!(two.open_reclaims("2049").await.unwrap(), [user.clone(), device.clone()]);
    let over =
        ReclaimRow { phase: "verified".to_owned(), open: false, moved: at(9), ..user.clone() };
    two.put_reclaims(std::slice::from_ref(&over)).await.unwrap();
    assert_eq!(one.open_reclaims("2049").await.unwrap(), [device]);
    assert_eq!(one.closed_reclaims("2049", at(8)).await.unwrap(), [over]);
    assert_eq!(one.closed_reclaims("2049", at(9)).await.unwrap(), []);
    assert_eq!(one.open_reclaims("2050").await.unwrap(), []);
}

fn event(key: &str, subject: &str, minutes: i64) -> Received {
    Received {
        source: "campus".to_owned(),
        key: key.to_owned(),
        subject: subject.to_owned(),
        at: at(minutes),
        body: r#"{"Status":"Acknowledged"}"#.to_owned(),
    }
}

async fn an_event_that_comes_twice_is_kept_once(one: Arc<dyn Store>, two: Arc<dyn Store>) {
    let [a, b, c] = [event("a", "S1", 2), event("b", "S2", 1), event("c", "S1", 1)];
    for event in [&a, &b, &c] {
        assert!(one.receive(event).await.unwrap());
    }
    assert!(!two.receive(&Received { at: at(7), ..a.clone() }).await.unwrap());
    let elsewhere = Received { source: "apple".to_owned(), ..a.clone() };
    assert!(two.receive(&elsewhere).await.unwrap());
    let subjects = ["S1", "S2", "S1", "S3"].map(str::to_owned);
    assert_eq!(two.received("campus", &subjects).await.unwrap(), [b.clone(), c.clone(), a.clone()]);
    assert_eq!(two.received("campus", &subjects[..1]).await.unwrap(), [c.clone(), a]);
    let within = Stretch { from: at(1), until: at(2) };
    assert_eq!(two.received_within("campus", within).await.unwrap(), [b, c]);
    assert_eq!(two.received("campus", &[]).await.unwrap(), []);
}

async fn a_blob_is_replaced_and_forgotten(one: Arc<dyn Store>, two: Arc<dyn Store>) {
    assert_eq!(one.recall("snapshot/2049").await.unwrap(), None);
    one.remember("snapshot/2049", &[0, 159, 146, 150], at(0)).await.unwrap();
    one.remember("snapshot/2049", &[1, 0, 2], at(1)).await.unwrap();
    assert_eq!(two.recall("snapshot/2049").await.unwrap(), Some((vec![1, 0, 2], at(1))));
    two.forget("snapshot/2049").await.unwrap();
    two.forget("snapshot/2049").await.unwrap();
    assert_eq!(one.recall("snapshot/2049").await.unwrap(), None);
}

async fn many_rows_go_in_at_once(one: Arc<dyn Store>, two: Arc<dyn Store>) {
    let rows: Vec<ReclaimRow> = (0..5_000)
        .map(|n| reclaim(Holder::Device(format!("SERIAL{n:05}").parse().unwrap()), n % 7))
        .collect();
    one.put_reclaims(&rows).await.unwrap();
    assert_eq!(two.open_reclaims("2049").await.unwrap().len(), rows.len());
}

/// Nobody is told that the database is locked.
async fn everybody_writes_at_the_same_time(one: Arc<dyn Store>, two: Arc<dyn Store>) {
    let write = |store: Arc<dyn Store>, who: &'static str| async move {
        for n in 0..100 {
            let key = format!("{who}/{n}");
            store.remember(&key, who.as_bytes(), at(n)).await.unwrap();
            assert!(store.receive(&event(&key, who, n)).await.unwrap());
        }
    };
    let tasks = [("one", &one), ("two", &two), ("three", &one), ("four", &two)]
        .map(|(who, store)| tokio::spawn(write(Arc::clone(store), who)));
    for task in tasks {
        task.await.unwrap();
    }
    for who in ["one", "two", "three", "four"] {
        assert_eq!(one.received("campus", &[who.to_owned()]).await.unwrap().len(), 100);
    }
}
