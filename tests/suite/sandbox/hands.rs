use serde_json::json;

use super::apple::{Apple, SCHOOL, pairs};

#[tokio::test]
async fn somebody_else_changes_assignments() {
    let apple = Apple::school().await;
    let add = json!({ "adamId": "11", "serialNumbers": ["X1", "D1"], "clientUserIds": ["bob"] });
    let (_, answer) = apple.hand("assignments/add", add).await;
    assert_eq!(answer, json!({ "changed": 2 }), "D1 had it");
    let (_, answer) = apple
        .hand(
            "assignments/remove",
            json!({ "location": "100", "adamId": "11", "serialNumbers": ["D1"] }),
        )
        .await;
    assert_eq!(answer, json!({ "changed": 1 }));
    let mut now = pairs(&apple.ok("assignments?adamId=11").await);
    now.sort();
    assert_eq!(now, ["11/D2", "11/X1", "11/ada", "11/bob"]);
    let log = apple.look("meddling").await;
    let log: Vec<(&str, bool)> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["holder"].as_str().unwrap(), one["added"].as_bool().unwrap()))
        .collect();
    assert_eq!(log, [("bob", true), ("X1", true), ("D1", false)]);
}

#[tokio::test]
async fn a_change_can_wait_for_a_page() {
    let apple = Apple::with(SCHOOL, |o| o.page_size = 2).await;
    let first = apple.ok("assignments").await;
    assert_eq!(pairs(&first), ["11/ada", "11/D1"]);
    let change = json!({ "adamId": "11", "serialNumbers": ["D1"], "beforePage": 1 });
    apple.hand("assignments/remove", change).await;
    assert_eq!(pairs(&apple.ok("assignments").await), ["11/ada", "11/D1"], "not yet");
    let second = apple.ok("assignments?pageIndex=1").await;
    assert_eq!(pairs(&second), ["13/ada", "14/ada"], "D2 has slipped to the page before");
    assert_ne!(first["versionId"], second["versionId"]);
}

#[tokio::test]
async fn faults_are_ordered_by_hand() {
    let apple = Apple::school().await;
    apple
        .hand("fail", json!({ "number": 9603, "path": "users", "times": 2, "retryAfter": "0" }))
        .await;
    apple.hand("fail", json!({ "number": 9646, "status": 200, "path": "assets" })).await;
    assert_eq!(apple.refused("assignments").await, (0, 200));
    assert_eq!(apple.refused("users").await, (9603, 500));
    let answer = apple.raw("GET", "users").bearer_auth(&apple.token).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "0");
    assert_eq!(apple.refused("users").await, (0, 200));
    assert_eq!(apple.refused("assets").await, (9646, 200), "an error in a 200");
    apple.hand("fail", json!({ "number": 9729, "retryAfterDate": 90 })).await;
    let answer = apple.raw("GET", "users").bearer_auth(&apple.token).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "Sun, 01 Mar 2026 08:01:30 GMT");
    assert_eq!(answer.headers()["date"], "Sun, 01 Mar 2026 08:00:00 GMT");
}

#[tokio::test]
async fn replies_are_lost_before_or_after_the_work() {
    let apple = Apple::school().await;
    for (when, holds) in [("before", false), ("after", true)] {
        apple.hand("fail", json!({ "lost": when, "path": "assets/associate" })).await;
        let serial = format!("L{when}");
        let body = json!({ "assets": [{ "adamId": "12" }], "serialNumbers": [serial] });
        let sent = apple.raw("POST", "assets/associate").bearer_auth(&apple.token).json(&body);
        assert!(sent.send().await.is_err(), "{when}: there must be no answer");
        apple.sandbox.settle_events().await;
        let page = apple.ok(&format!("assignments?serialNumber={serial}")).await;
        assert_eq!(page["size"] == 1, holds, "{when}");
    }
    assert_eq!(apple.sandbox.requests().iter().filter(|one| one.lost).count(), 2);
}

#[tokio::test]
async fn licenses_are_bought_and_given_back() {
    let apple = Apple::school().await;
    apple.hand("assets/buy", json!({ "adamId": "77", "count": 9, "type": "Book" })).await;
    let book = apple.ok("assets?adamId=77").await["assets"][0].clone();
    assert_eq!((&book["totalCount"], &book["deviceAssignable"]), (&json!(9), &json!(false)));
    for wrong in [
        json!({ "adamId": "11", "count": -3 }),
        json!({ "adamId": "12", "count": 1 }),
        json!({ "adamId": "11", "count": 1, "location": "south" }),
        json!({ "adamId": "11" }),
    ] {
        assert_eq!(apple.hand("assets/buy", wrong.clone()).await.0, 400, "{wrong}");
    }
    assert_eq!(apple.ok("assets?adamId=11").await["assets"][0]["totalCount"], 5);
}

#[tokio::test]
async fn the_state_can_be_looked_at() {
    let apple = Apple::school().await;
    let state = apple.look("state").await;
    assert_eq!(state["locations"][0]["assets"][0]["devices"], json!(["D1", "D2"]));
    assert_eq!(state["locations"][0]["assets"][3]["retiredUsers"], json!(["gone"]));
    let locations = apple.look("locations").await;
    assert_eq!(locations[0]["token"], json!(apple.token));
    assert_eq!(apple.hand("nothing", json!({})).await.0, 404);
    assert_eq!(apple.hand("fail", json!({ "nubmer": 9603 })).await.0, 400);
    let shot = apple.sandbox.snapshot();
    let asset = shot.location("north").unwrap().asset("11").unwrap();
    assert!(asset.is_held_by("D1") && asset.is_held_by("ada") && !asset.is_held_by("D3"));
}
