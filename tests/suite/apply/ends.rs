//! However a run ends, every pair is accounted for.

use std::cell::Cell;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;
use vpp::apply::Stop;
use vpp::apply::outcome::{Event, RunReport, RunResult, StepOutcome};
use vpp::plan::Action;
use vpp::sandbox::world::{Pricing, ProductType};
use vpp::sandbox::{Change, ChangeAssignments, LostReply, PlannedFault};

use super::house::{House, failures};

/// Two apps for six devices, one of them for two people; small requests, so that there are several.
const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000, maxAssets: 1, maxSerialNumbers: 2, maxClientUserIds: 2 }
locations:
  - name: north
    uid: "100"
    owner: { id: ours, name: IT }
    users: [{ clientUserId: ada }, { clientUserId: bob }]
    assets:
      - { adamId: 11, total: 8, assigned: { devices: [GONE00000001] } }
      - { adamId: 12, total: 8 }
  - name: south
    uid: "200"
    owner: { id: ours, name: IT }
    assets: [{ adamId: 21, total: 8 }]
"#;

fn manifests() -> String {
    let mut text = String::new();
    for (name, uid) in [("north", 100), ("south", 200)] {
        writeln!(
            text,
            "apiVersion: vpp/v1\nkind: Location\nname: {name}\nuid: \"{uid}\"\ntoken: {{ env: T }}\n\
             owner: {{ id: ours, name: IT }}\nreclaim: release\n---"
        )
        .unwrap();
    }
    text.push_str(
        "apiVersion: vpp/v1\nkind: Group\nname: six\ndevices: [DMPX00000001, DMPX00000002, \
         DMPX00000003, DMPX00000004, DMPX00000005, DMPX00000006]\n---\napiVersion: vpp/v1\nkind: \
         Group\nname: two\nusers: [ada, bob]\n",
    );
    for (name, adam, location, to) in [
        ("one", 11, "north", "{ to: six }"),
        ("another", 12, "north", "{ to: six }, { to: two }"),
        ("third", 21, "south", "{ to: six }"),
    ] {
        writeln!(
            text,
            "---\napiVersion: vpp/v1\nkind: App\nname: {name}\nadamId: \"{adam}\"\nlocation: \
             {location}\nassign: [{to}]"
        )
        .unwrap();
    }
    text
}

async fn house() -> House {
    House::new(WORLD, &[("all.yaml", &manifests())]).await
}

fn fault(number: u32, path: &str, times: u32) -> PlannedFault {
    PlannedFault {
        number: Some(number),
        path: Some(path.to_owned()),
        times: Some(times),
        location: Some("north".to_owned()),
        ..PlannedFault::default()
    }
}

/// Applied, already, failed, not tried of a location.
fn counts(report: &RunReport, location: &str) -> [u64; 4] {
    let location = report.locations.iter().find(|one| one.name == location).unwrap();
    let sum =
        |of: fn(&vpp::apply::outcome::ChangeReport) -> u64| location.changes.iter().map(of).sum();
    [
        sum(|one| one.applied),
        sum(|one| one.already),
        sum(vpp::apply::outcome::ChangeReport::failed),
        sum(|one| one.not_tried),
    ]
}

fn stopped<'r>(report: &'r RunReport, location: &str) -> Option<&'r str> {
    let location = report.locations.iter().find(|one| one.name == location).unwrap();
    location.stopped.as_deref()
}

#[tokio::test]
async fn all_of_it() {
    let house = house().await;
    let report = house.apply().await;
    assert_eq!(report.result, RunResult::Done, "{report:#?}");
    assert_eq!((report.summary.assigned, report.summary.reclaimed), (20, 1));
    let nothing = house.apply().await;
    assert_eq!(nothing.result, RunResult::Nothing);
    assert_eq!(nothing.summary.requests, 0);
}

#[tokio::test]
async fn licenses_that_are_gone_by_now_are_withheld_with_the_reason() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    house.sandbox.buy(Some("north"), "11", Pricing::Stdq, ProductType::App, -4).unwrap();
    let report = house.carry_out(&plan, &writers).await;
    assert_eq!(report.result, RunResult::Partial);
    let short = report.locations[0].changes.iter().find(|one| one.not_tried > 0).unwrap();
    assert_eq!((short.applied, short.not_tried, short.withheld()), (4, 2, 2));
    assert_eq!(short.withheld[0].message, "no license is free for it any more");
    assert_eq!(short.withheld[0].holders, ["DMPX00000005", "DMPX00000006"]);
    assert_eq!(
        house.sandbox.snapshot().location("north").unwrap().asset("11").unwrap().assigned,
        4
    );
}

#[tokio::test]
async fn licenses_somebody_takes_while_the_request_is_under_way_fail_one_by_one() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    let sandbox = &house.sandbox;
    let (report, _) = house
        .hear(&plan, &writers, &Stop::new(), |event| {
            if matches!(event, Event::Settled { location, .. } if location == "south") {
                sandbox.hold_events(true);
            }
            // Nothing of it was worked on yet.
            if let Event::RequestSent { action: Action::Assign, location, pairs: 2.., .. } = event
                && location == "south"
                && sandbox.meddling().is_empty()
            {
                sandbox.hold_events(false);
                let others = (0..7).map(|n| format!("OTHER000000{n}")).collect();
                let what = ChangeAssignments {
                    location: Some("south".into()),
                    adam_id: "21".into(),
                    serial_numbers: others,
                    ..ChangeAssignments::default()
                };
                sandbox.change_assignments(Change::Add, &what).unwrap();
            }
        })
        .await;
    let [applied, 0, failed, rest] = counts(&report, "south") else { panic!("{report:#?}") };
    assert!(applied <= 1 && failed >= 1, "{applied} {failed} {rest}");
    assert_eq!(applied + failed + rest, 6);
    assert!(failures(&report).iter().all(|(number, ..)| *number == Some(9709)), "{report:#?}");
    assert_eq!(counts(&report, "north"), [15, 0, 0, 0], "the other location goes on");
    let asset = sandbox.snapshot().location("south").unwrap().asset("21").unwrap().clone();
    assert_eq!(asset.available, Some(8 - 7 - applied));
}

#[tokio::test]
async fn a_person_who_was_retired_by_others_fails_alone() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    house.post("north", "users/retire", json!({"users": [{"clientUserId": "bob"}]})).await;
    house.sandbox.settle_events().await;
    let report = house.carry_out(&plan, &writers).await;
    assert_eq!(report.result, RunResult::Partial, "{report:#?}");
    assert_eq!(counts(&report, "north"), [14, 0, 1, 0]);
    let failures = failures(&report);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!((failures[0].0, failures[0].2.as_slice()), (Some(9609), &["bob".to_owned()][..]));
}

#[tokio::test]
async fn a_lost_reply_is_settled_by_reading() {
    for (lost, requests) in [(LostReply::After, 0), (LostReply::Before, 1)] {
        let house = house().await;
        let (plan, writers) = house.survey().await;
        house.sandbox.fail(PlannedFault {
            lost: Some(lost),
            path: Some("assets/associate".to_owned()),
            location: Some("south".to_owned()),
            ..PlannedFault::default()
        });
        let report = house.carry_out(&plan, &writers).await;
        assert_eq!(report.result, RunResult::Done, "{report:#?}");
        assert_eq!(counts(&report, "south"), [6, 0, 0, 0]);
        let sent = house.written().into_iter().filter(|pair| pair.0 == "south").count();
        assert_eq!(sent, 6 + requests, "{lost:?}: only what did not arrive is sent again");
    }
}

#[tokio::test]
async fn an_event_that_hangs_is_reported_and_not_sent_again() {
    let mut house = house().await;
    house.poll_budget = Duration::from_millis(30);
    let (plan, writers) = house.survey().await;
    let settled = Cell::new(0);
    let sandbox = &house.sandbox;
    let (report, _) = house
        .hear(&plan, &writers, &Stop::new(), |event| {
            // Both locations' trials, and the release.
            if let Event::Settled { .. } = event {
                settled.set(settled.get() + 1);
                if settled.get() == 2 {
                    sandbox.hold_events(true);
                }
            }
        })
        .await;
    assert_eq!(report.result, RunResult::Partial, "{report:#?}");
    let failures = failures(&report);
    assert!(!failures.is_empty());
    for (number, message, _) in &failures {
        assert_eq!(*number, None);
        assert!(message.starts_with("Apple is still working on event "), "{message}");
    }
    let mut written = house.written();
    let count = written.len();
    written.sort();
    written.dedup();
    assert_eq!(written.len(), count, "nothing was sent twice");
    sandbox.hold_events(false);
    sandbox.settle_events().await;
    let report = house.apply().await;
    assert_eq!(report.result, RunResult::Nothing, "all of it came after all: {report:#?}");
}

#[tokio::test]
async fn a_token_revoked_midway_ends_its_location_only() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    let sandbox = &house.sandbox;
    let (report, events) = house
        .hear(&plan, &writers, &Stop::new(), |event| {
            if matches!(event, Event::Settled { location, .. } if location == "north") {
                sandbox.revoke_token(Some("north")).unwrap();
            }
        })
        .await;
    assert!(matches!(report.result, RunResult::Stopped { .. }), "{report:#?}");
    assert!(stopped(&report, "north").unwrap().contains("revoked"), "{report:#?}");
    let [applied, _, failed, not_tried] = counts(&report, "north");
    assert_eq!(applied + failed + not_tried, 15);
    assert!(applied >= 1 && not_tried >= 1, "{report:#?}");
    assert_eq!(counts(&report, "south"), [6, 0, 0, 0]);
    assert!(events.iter().any(|event| matches!(
        event, Event::Stopped { location: Some(name), .. } if name == "north"
    )));
}

#[tokio::test]
async fn what_was_sent_and_cannot_be_read_back_is_not_called_done_or_untried() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    let sandbox = &house.sandbox;
    let (report, _) = house
        .hear(&plan, &writers, &Stop::new(), |event| {
            if let Event::RequestSent { action: Action::Assign, location, .. } = event
                && location == "north"
            {
                sandbox.revoke_token(Some("north")).unwrap();
            }
        })
        .await;
    let [applied, _, failed, not_tried] = counts(&report, "north");
    assert!(applied == 1 && failed >= 1 && not_tried >= 1, "{report:#?}");
    for (number, message, _) in failures(&report) {
        assert_eq!(number, Some(9625));
        assert!(message.starts_with("sent, and could not be read back ("), "{message}");
    }
    assert!(stopped(&report, "north").unwrap().contains("revoked"), "{report:#?}");
}

#[tokio::test]
async fn another_owner_midway_ends_the_writing_and_what_was_sent_is_read_back() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    let owner = json!({"mdmInfo": {"id": "theirs", "name": "Other MDM", "metadata": "x"}});
    house.post("north", "client/config", owner).await;
    let report = house.carry_out(&plan, &writers).await;
    assert!(stopped(&report, "north").unwrap().contains("Other MDM"), "{report:#?}");
    let [applied, already, failed, not_tried] = counts(&report, "north");
    // Apple says who owns it with the answer to the first write.
    assert_eq!((already, failed), (0, 0), "{report:#?}");
    assert!(applied <= 1 && not_tried >= 14, "{report:#?}");
    assert_eq!(counts(&report, "south"), [6, 0, 0, 0]);
}

#[tokio::test]
async fn who_asks_to_stop_gets_what_is_in_flight_read_back() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    let stop = Stop::new();
    let (report, _) = house
        .hear(&plan, &writers, &stop, |event| {
            if matches!(event, Event::RequestSent { location, .. } if location == "south") {
                stop.ask();
            }
        })
        .await;
    assert_eq!(report.result, RunResult::Interrupted);
    assert_eq!(report.summary.failed, 0, "{report:#?}");
    let snapshot = house.sandbox.snapshot();
    let held: usize = snapshot.locations.iter().map(|location| location.pairs().len()).sum();
    // The one device nobody asks for any more may be released by now.
    let released = usize::try_from(report.summary.reclaimed).unwrap();
    assert_eq!(usize::try_from(report.summary.assigned).unwrap() + 1 - released, held);
    assert!(report.summary.assigned >= 1 && report.summary.not_tried >= 1, "{report:#?}");
    assert_eq!(house.apply().await.result, RunResult::Done);
}

#[tokio::test]
async fn a_location_without_a_writer_is_reported() {
    let house = house().await;
    let (plan, mut writers) = house.survey().await;
    writers.retain(|(name, _)| name != "north");
    let report = house.carry_out(&plan, &writers).await;
    assert!(stopped(&report, "north").is_some());
    assert_eq!(counts(&report, "north"), [0, 0, 0, 15]);
    assert_eq!(counts(&report, "south"), [6, 0, 0, 0]);
}

#[tokio::test]
async fn a_claim_somebody_else_made_first_is_respected() {
    let world = WORLD.replacen("    owner: { id: ours, name: IT }\n", "", 1);
    let house = House::new(&world, &[("all.yaml", &manifests())]).await;
    let (plan, writers) = house.survey().await;
    assert!(plan.locations[0].claim.is_some());
    let owner = json!({"mdmInfo": {"id": "theirs", "name": "Other MDM", "metadata": "x"}});
    house.post("north", "client/config", owner).await;
    let report = house.carry_out(&plan, &writers).await;
    assert!(matches!(report.locations[0].claim, Some(StepOutcome::Failed { .. })), "{report:#?}");
    assert_eq!(counts(&report, "north"), [0, 0, 0, 15]);
    assert_eq!(house.posts("client/config"), 1, "ours was not sent");
}

#[tokio::test]
async fn a_claim_whose_reply_is_lost_is_settled_by_reading() {
    let world = WORLD.replacen("    owner: { id: ours, name: IT }\n", "", 1);
    let house = House::new(&world, &[("all.yaml", &manifests())]).await;
    let (plan, writers) = house.survey().await;
    house.sandbox.fail(PlannedFault {
        lost: Some(LostReply::After),
        // `client/config` is read right before, too.
        path: Some("client/config".to_owned()),
        times: Some(0),
        ..PlannedFault::default()
    });
    let report = house.carry_out(&plan, &writers).await;
    assert_eq!(report.result, RunResult::Done, "{report:#?}");
    assert_eq!(report.summary.claimed, 1);
}

#[tokio::test]
async fn limits_that_changed_are_read_again() {
    for number in [9700, 9702] {
        let house = house().await;
        let (plan, writers) = house.survey().await;
        house.sandbox.fail(fault(number, "assets/associate", 2));
        let report = house.carry_out(&plan, &writers).await;
        assert_eq!(report.result, RunResult::Done, "{report:#?}");
        let path = |path: &str| {
            let requests = house.sandbox.requests();
            requests.into_iter().filter(|one| one.path == path && one.status == 200).count()
        };
        assert!(path("service/config") > 2, "{number}");
    }
}

#[tokio::test]
async fn what_apple_refuses_with_a_whole_request_is_found() {
    let world =
        WORLD.replace("maxAssets: 1, maxSerialNumbers: 2", "maxAssets: 5, maxSerialNumbers: 9");
    let house = House::new(&world, &[("all.yaml", &manifests())]).await;
    let (plan, writers) = house.survey().await;
    let (sandbox, sent) = (&house.sandbox, Cell::new(false));
    let (report, _) = house
        .hear(&plan, &writers, &Stop::new(), |event| {
            // After the trial: the request for everything, its half, that one's half, one device.
            if matches!(event, Event::Settled { location, .. } if location == "south")
                && !sent.replace(true)
            {
                sandbox.fail(PlannedFault {
                    location: Some("south".into()),
                    ..fault(9707, "assets/associate", 4)
                });
            }
        })
        .await;
    assert_eq!(counts(&report, "south"), [5, 0, 1, 0], "{report:#?}");
    assert_eq!(failures(&report)[0].0, Some(9707));
}

#[tokio::test]
async fn when_the_first_small_requests_fail_nothing_else_is_tried() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    house.sandbox.fail(fault(9707, "assets/associate", 1000));
    house.sandbox.fail(fault(9706, "assets/disassociate", 1000));
    let report = house.carry_out(&plan, &writers).await;
    let why = stopped(&report, "north").unwrap();
    assert!(
        why.starts_with("the first 3 small requests failed, so nothing else was tried"),
        "{why}"
    );
    assert_eq!(counts(&report, "north"), [0, 0, 3, 12]);
    let writes = house.written().into_iter().filter(|pair| pair.0 == "north").count();
    assert_eq!(writes, 3);
}

#[tokio::test]
async fn what_others_did_meanwhile_counts_as_so_already() {
    let house = house().await;
    let (plan, writers) = house.survey().await;
    let take = ChangeAssignments {
        location: Some("north".into()),
        adam_id: "11".into(),
        serial_numbers: vec!["GONE00000001".into()],
        ..ChangeAssignments::default()
    };
    house.sandbox.change_assignments(Change::Remove, &take).unwrap();
    let report = house.carry_out(&plan, &writers).await;
    assert_eq!(report.result, RunResult::Done);
    // Apple says a release of what is not there is done: it is sent, and reads back as wanted.
    assert_eq!(counts(&report, "north"), [15, 0, 0, 0]);
}
