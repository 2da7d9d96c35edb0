use std::time::Duration;

use serde_json::{Value, json};

use super::apple::{Apple, SCHOOL, manage, options, pairs, world};
use vpp::sandbox::Sandbox;

#[tokio::test]
async fn what_is_accepted_happens_later() {
    let apple = Apple::school().await;
    apple.sandbox.hold_events(true);
    let (status, body) = apple.post("assets/associate", manage(&["11", "12"], &[], &["D3"])).await;
    assert_eq!(status, 200);
    let event = body["eventId"].as_str().unwrap();
    uuid::Uuid::parse_str(event).unwrap();
    let pending = apple.ok(&format!("status?eventId={event}")).await;
    assert_eq!(pending["eventStatus"], "PENDING");
    assert_eq!(pending["eventType"], "ASSOCIATE");
    assert_eq!((&pending["numCompleted"], &pending["numRequested"]), (&json!(0), &json!(2)));
    assert_eq!(pairs(&apple.ok("assignments?serialNumber=D3").await), [""; 0]);
    apple.sandbox.hold_events(false);
    let done = apple.settled(event).await;
    assert_eq!(done["eventStatus"], "COMPLETE");
    assert_eq!((&done["numCompleted"], done.get("failures")), (&json!(2), None));
    assert_eq!(pairs(&apple.ok("assignments?serialNumber=D3").await), ["11/D3", "12/D3"]);
    assert_eq!(apple.ok("assets?adamId=11").await["assets"][0]["availableCount"], 1);
}

#[tokio::test]
async fn progress_can_be_watched() {
    let apple =
        Apple::with(super::paging::BIG, |o| o.event_delay = Duration::from_millis(100)).await;
    let serials: Vec<String> = (0..900).map(|n| format!("N{n}")).collect();
    let body = json!({ "assets": [{ "adamId": "1" }], "serialNumbers": serials });
    let (_, body) = apple.post("assets/associate", body).await;
    let path = format!("status?eventId={}", body["eventId"].as_str().unwrap());
    let mut seen = vec![];
    loop {
        let status = apple.ok(&path).await;
        let count = status["numCompleted"].as_u64().unwrap();
        if seen.last() != Some(&count) {
            seen.push(count);
        }
        if status["eventStatus"] != "PENDING" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    assert!(seen.len() > 2, "{seen:?}");
    assert!(seen.is_sorted() && seen.iter().all(|count| count % 100 == 0), "{seen:?}");
}

#[tokio::test]
async fn too_few_licenses_go_to_some() {
    let run = async || {
        let apple = Apple::school().await;
        let serials = ["N1", "N2", "N3", "N4", "N5", "N6"];
        let end = apple.change("assets/associate", manage(&["11"], &[], &serials)).await;
        assert_eq!(end["eventStatus"], "FAILED");
        assert_eq!((&end["numCompleted"], &end["numRequested"]), (&json!(2), &json!(6)));
        let failures = end["failures"].as_array().unwrap();
        assert_eq!(failures.len(), 1, "one entry per error, not per pair");
        assert_eq!(failures[0]["errorNumber"], 9709);
        let info = &failures[0]["errorInfo"];
        assert_eq!(info["assets"], json!([{ "adamId": "11", "pricingParam": "STDQ" }]));
        assert_eq!(info["serialNumbers"].as_array().unwrap().len(), 4);
        let asset = &apple.ok("assets?adamId=11").await["assets"][0];
        assert_eq!((&asset["assignedCount"], &asset["availableCount"]), (&json!(5), &json!(0)));
        pairs(&apple.ok("assignments?adamId=11").await)
    };
    let winners = run().await;
    assert_eq!(winners, run().await, "arbitrary, and the same every time");
}

#[tokio::test]
async fn unknown_and_retired_users_fail_alone() {
    let apple = Apple::school().await;
    let body = manage(&["11", "12"], &["bob", "gone", "nobody"], &["D9"]);
    let end = apple.change("assets/associate", body).await;
    assert_eq!(end["eventStatus"], "FAILED");
    assert_eq!((&end["numCompleted"], &end["numRequested"]), (&json!(4), &json!(8)));
    let failure = &end["failures"][0];
    assert_eq!(failure["errorNumber"], 9609);
    assert_eq!(failure["errorInfo"]["clientUserIds"], json!(["gone", "nobody"]));
    assert_eq!(failure["errorInfo"]["assets"].as_array().unwrap().len(), 2);
    assert_eq!(pairs(&apple.ok("assignments?clientUserId=bob").await), ["11/bob", "12/bob"]);
}

#[tokio::test]
async fn giving_again_and_taking_what_is_not_there_is_fine() {
    let apple = Apple::school().await;
    let before = apple.ok("assets").await["assets"].clone();
    let version = apple.ok("assignments").await["versionId"].clone();
    let end = apple.change("assets/associate", manage(&["11"], &["ada"], &["D1"])).await;
    assert_eq!((&end["eventStatus"], &end["numCompleted"]), (&json!("COMPLETE"), &json!(2)));
    let end = apple.change("assets/disassociate", manage(&["12"], &["bob"], &["D1", "NEW"])).await;
    assert_eq!((&end["eventStatus"], &end["numCompleted"]), (&json!("COMPLETE"), &json!(3)));
    assert_eq!(apple.ok("assets").await["assets"], before);
    assert_eq!(apple.ok("assignments").await["versionId"], version, "nothing was written");
}

#[tokio::test]
async fn a_serial_number_nobody_has_is_complete() {
    let apple = Apple::school().await;
    let end = apple.change("assets/associate", manage(&["11"], &[], &["ZZZZZZZZZZZZ"])).await;
    assert_eq!(end["eventStatus"], "COMPLETE");
    assert_eq!(
        pairs(&apple.ok("assignments?serialNumber=ZZZZZZZZZZZZ").await),
        ["11/ZZZZZZZZZZZZ"]
    );
}

#[tokio::test]
async fn taking_back_frees_licenses() {
    let apple = Apple::school().await;
    let end = apple.change("assets/disassociate", manage(&["11"], &["ada"], &["D1"])).await;
    assert_eq!(
        (&end["eventType"], &end["eventStatus"]),
        (&json!("DISASSOCIATE"), &json!("COMPLETE"))
    );
    assert_eq!(pairs(&apple.ok("assignments?adamId=11").await), ["11/D2"]);
    assert_eq!(apple.ok("assets?adamId=11").await["assets"][0]["availableCount"], 4);
}

#[tokio::test]
async fn revoke_takes_everything_that_can_be_taken() {
    let apple = Apple::school().await;
    apple.change("assets/associate", manage(&["12"], &["ada"], &["D1"])).await;
    let body = json!({ "clientUserIds": ["ada", "nobody"], "serialNumbers": ["D1", "NEW"] });
    let end = apple.change("assets/revoke", body).await;
    assert_eq!(end["eventType"], "REVOKE");
    assert_eq!((&end["numCompleted"], &end["numRequested"]), (&json!(3), &json!(4)));
    assert_eq!(end["failures"][0]["errorNumber"], 9609);
    assert_eq!(pairs(&apple.ok("assignments?clientUserId=ada").await), ["13/ada", "14/ada"]);
    assert_eq!(pairs(&apple.ok("assignments?serialNumber=D1").await), [""; 0]);
}

#[tokio::test]
async fn the_largest_request_is_quick() {
    let assets: Vec<String> =
        (1..=25).map(|n| format!("      - {{ adamId: {n}, total: 3000 }}\n")).collect();
    let assets = assets.concat();
    let yaml = format!(
        "apiVersion: vpp/v1\nkind: World\nlocations:\n  - name: n\n    uid: '1'\n    \
         users: [{{ clientUserId: {{ prefix: u, count: 1000 }} }}]\n    assets:\n{assets}"
    );
    let mut options = options();
    options.event_delay = Duration::from_millis(1);
    let apple = Apple::of(Sandbox::new(world(&yaml), options).unwrap()).await;
    let ids: Vec<Value> = (1..=25).map(|n| json!({ "adamId": n.to_string() })).collect();
    let users: Vec<String> = (1..=1000).map(|n| format!("u{n:04}")).collect();
    let serials: Vec<String> = (0..1000).map(|n| format!("D{n}")).collect();
    let body = json!({ "assets": ids, "clientUserIds": users, "serialNumbers": serials });
    let (_, body) = apple.post("assets/associate", body).await;
    apple.sandbox.settle_events().await;
    let end = apple.settled(body["eventId"].as_str().unwrap()).await;
    assert_eq!((&end["eventStatus"], &end["numCompleted"]), (&json!("COMPLETE"), &json!(50_000)));
    assert_eq!(apple.sandbox.requests()[0].pairs, 50_000);
}

#[tokio::test]
async fn old_events_are_forgotten() {
    let apple = Apple::with(SCHOOL, |o| o.event_retention = 2).await;
    let mut ids = Vec::new();
    for serial in ["A", "B", "C"] {
        let (_, body) = apple.post("assets/associate", manage(&["12"], &[], &[serial])).await;
        ids.push(body["eventId"].as_str().unwrap().to_owned());
        apple.settled(ids.last().unwrap()).await;
    }
    assert_eq!(apple.refused(&format!("status?eventId={}", ids[0])).await, (9708, 400));
    assert_eq!(apple.refused(&format!("status?eventId={}", ids[2])).await, (0, 200));
}
