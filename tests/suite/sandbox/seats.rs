//! Subscriptions: seats, administrators, cursors, and the end of a billing period.

use proptest::prelude::*;
use serde_json::{Value, json};
use vpp::sandbox::Sandbox;

use super::apple::{Apple, options, world};

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 1000000, maxSubscriptions: 2, maxSubscriptionClientUserIds: 3 }
locations:
  - name: n
    uid: "1"
    users:
      - { clientUserId: { prefix: u, count: 6 }, managedAppleId: "{}@s.example" }
      - { clientUserId: waits }
    subscriptions:
      - adamId: 71
        parentAdamId: 7
        periodEnd: 2026-03-31
        renewing: 3
        expiring: 1
        assigned: { renewing: [u1], expiring: [u2] }
        throughGroups: [u6]
        administrators: [u1]
      - { adamId: 72, renewing: 9 }
      - { adamId: 73, status: PAUSED, renewing: 1 }
"#;

async fn school() -> Apple {
    Apple::with(WORLD, |_| ()).await
}

fn give(ids: &[i64], users: &[&str], renewing: bool) -> Value {
    json!({ "adamIds": ids, "clientUserIds": users, "renewing": renewing })
}

fn take(ids: &[i64], users: &[&str], deferred: bool) -> Value {
    json!({ "adamIds": ids, "clientUserIds": users, "deferred": deferred })
}

async fn seats(apple: &Apple, id: i64) -> Vec<(String, bool)> {
    let page = apple.ok(&format!("subscriptions/assignments?adamId={id}")).await;
    let rows = page["assignments"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            assert_eq!(row["adamId"], json!(id), "an int64, not a text");
            (row["clientUserId"].as_str().unwrap().to_owned(), row["renewing"].as_bool().unwrap())
        })
        .collect()
}

async fn counts(apple: &Apple, id: i64) -> Value {
    apple.ok(&format!("subscriptions?adamId={id}")).await["subscriptions"][0]["counts"].clone()
}

#[tokio::test]
async fn lists_say_who_holds_what_in_numbers() {
    let apple = school().await;
    let page = apple.ok("subscriptions").await;
    let first = &page["subscriptions"][0];
    assert_eq!((&first["adamId"], &first["parentAdamId"]), (&json!(71), &json!(7)));
    assert_eq!(
        (&first["status"], &first["periodEndDate"]),
        (&json!("ACTIVE"), &json!("2026-03-31"))
    );
    assert_eq!(
        first["counts"],
        json!({
            "assigned": { "renewing": 1, "expiring": 1 },
            "available": { "renewing": 2, "expiring": 0 },
            "total": { "renewing": 3, "expiring": 1 },
        })
    );
    assert_eq!(page["uId"], "1");
    assert_eq!(seats(&apple, 71).await, [("u1".to_owned(), true), ("u2".to_owned(), false)]);
    let admins = apple.ok("subscriptions/admins?includeUserState=true").await;
    assert_eq!(admins["admins"][0]["clientUserId"], "u1");
    assert_eq!(admins["admins"][0]["userStatus"], "Associated");
    let of =
        apple.ok("subscriptions/assignments?clientUserId=u2&clientUserId=u1&parentAdamId=7").await;
    assert_eq!(of["assignments"].as_array().unwrap().len(), 2);
    assert_eq!(apple.refused("subscriptions?adamId=x").await, (9602, 400));
    assert_eq!(apple.refused("subscriptions?pageIndex=0").await, (9602, 400));
}

#[tokio::test]
async fn a_request_that_is_wrong_in_one_part_is_refused_whole() {
    let apple = school().await;
    let (associate, disassociate) = ("subscriptions/associate", "subscriptions/disassociate");
    for (body, expected) in [
        (json!({ "adamIds": ["71"], "clientUserIds": ["u3"] }), (9602, 400)),
        (json!({ "adamIds": [71], "serialNumbers": ["D1"] }), (9602, 400)),
        (give(&[71], &["u3", "waits"], true), (9814, 400)),
        (give(&[71], &["u3", "nobody"], true), (9814, 400)),
        (give(&[99], &["u3"], true), (9813, 400)),
        (give(&[], &["u3"], true), (9811, 400)),
        (give(&[71], &[], true), (9811, 400)),
        (give(&[71, 71], &["u3"], true), (9811, 400)),
        (give(&[73], &["u3"], true), (9811, 400)),
        (give(&[71, 72, 73], &["u3"], true), (9816, 400)),
        (give(&[72], &["u1", "u2", "u3", "u4"], true), (9816, 400)),
        (give(&[71], &["u6"], true), (9817, 400)),
    ] {
        assert_eq!(apple.refuses(associate, body.clone()).await, expected, "{body}");
    }
    assert_eq!(apple.refuses(disassociate, take(&[71], &["u1", "u3"], false)).await, (9815, 400));
    assert_eq!(apple.refuses(disassociate, give(&[71], &["u1"], true)).await, (9602, 400));
    assert_eq!(seats(&apple, 71).await.len(), 2, "nothing has changed");
}

#[tokio::test]
async fn seats_run_out_and_what_is_given_again_goes_on_or_ends() {
    let apple = school().await;
    let event =
        apple.change("subscriptions/associate", give(&[71], &["u3", "u4", "u5"], true)).await;
    assert_eq!(
        (&event["eventType"], &event["eventStatus"]),
        (&json!("ASSOCIATE"), &json!("FAILED"))
    );
    assert_eq!((&event["numRequested"], &event["numCompleted"]), (&json!(3), &json!(2)));
    assert_eq!(event["failures"][0]["errorNumber"], 9709);
    let event = apple.change("subscriptions/associate", give(&[71], &["u1"], false)).await;
    assert_eq!(event["eventStatus"], "COMPLETE", "a seat that is held can be made to end");
    assert!(seats(&apple, 71).await.contains(&("u1".to_owned(), false)));
    apple.change("subscriptions/disassociate", take(&[71], &["u1"], false)).await;
    let now = counts(&apple, 71).await;
    assert_eq!(now["available"], json!({ "renewing": 1, "expiring": 0 }));
}

#[tokio::test]
async fn the_end_of_the_period_takes_what_expires_and_gives_back_what_renews() {
    let apple = school().await;
    apple.change("subscriptions/associate", give(&[71], &["u3"], false)).await;
    apple.change("subscriptions/disassociate", take(&[71], &["u1"], true)).await;
    let before = seats(&apple, 71).await;
    let ending = ["u1", "u2", "u3"].map(|id| (id.to_owned(), false));
    assert_eq!(before, ending, "deferred: still there, and ending");
    let days = |days: u64| json!({ "seconds": days * 24 * 3600 });
    apple.hand("clock/advance", days(30)).await;
    assert_eq!(seats(&apple, 71).await, before, "the last day of the period");
    apple.hand("clock/advance", days(1)).await;
    assert_eq!(seats(&apple, 71).await, []);
    let now = counts(&apple, 71).await;
    assert_eq!(now["total"], json!({ "renewing": 3, "expiring": 0 }));
    assert_eq!(now["available"], now["total"]);
    let page = apple.ok("subscriptions?adamId=71").await;
    assert_eq!(page["subscriptions"][0]["periodEndDate"], "2026-04-30");
}

#[tokio::test]
async fn administrators_change_at_once_and_must_be_people_with_an_account() {
    let apple = school().await;
    let of = |users: &[&str]| json!({ "adamIds": [71, 72], "clientUserIds": users });
    let (status, answer) = apple.post("subscriptions/admins/add", of(&["u2", "u3"])).await;
    assert_eq!((status, answer["versionId"].is_string()), (200, true));
    assert_eq!(apple.refuses("subscriptions/admins/add", of(&["waits"])).await, (9814, 400));
    assert_eq!(apple.refuses("subscriptions/admins/remove", of(&["u1"])).await, (9815, 400));
    let (status, _) = apple.post("subscriptions/admins/remove", of(&["u2"])).await;
    assert_eq!(status, 200);
    let rows = apple.ok("subscriptions/admins").await["admins"].clone();
    let rows = rows.as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["clientUserId"].as_str().unwrap()).collect();
    assert_eq!(names, ["u1", "u3", "u3"]);
}

#[tokio::test]
async fn a_cursor_leads_through_one_list_in_one_state() {
    let apple = Apple::with(WORLD, |options| options.page_size = 1).await;
    let first = apple.ok("subscriptions/assignments").await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = apple.ok(&format!("subscriptions/assignments?cursor={cursor}")).await;
    assert_eq!(second["assignments"][0]["clientUserId"], "u2");
    let last = second["nextCursor"].as_str().unwrap();
    let end = apple.ok(&format!("subscriptions/assignments?cursor={last}")).await;
    assert_eq!((&end["assignments"], end.get("nextCursor")), (&json!([]), None));
    for wrong in ["x", "0000000000000000", &format!("{cursor}0")] {
        let path = format!("subscriptions/assignments?cursor={wrong}");
        assert_eq!(apple.refused(&path).await, (9812, 400), "{wrong}");
    }
    let other = format!("subscriptions?cursor={cursor}");
    assert_eq!(apple.refused(&other).await, (9812, 400), "another list");
    apple.change("subscriptions/associate", give(&[72], &["u1"], true)).await;
    let stale = format!("subscriptions/assignments?cursor={cursor}");
    assert_eq!(apple.refused(&stale).await, (9812, 400), "another state");
}

#[tokio::test]
async fn nobody_buys_before_they_are_enabled_and_nobody_disables_them_afterwards() {
    let apple = Apple::school().await;
    let order = json!({ "adamId": 71, "renewing": 2 });
    assert_eq!(apple.hand("subscriptions/buy", order.clone()).await.0, 400);
    assert_eq!(apple.ok("subscriptions").await["subscriptions"], json!([]));
    let switch = async |path: &str| {
        let request = apple.raw("POST", path).bearer_auth(&apple.token);
        super::apple::read(request.header("content-type", "application/json")).await
    };
    let (status, answer) = switch("subscriptions/enable").await;
    assert_eq!((status, &answer["subscriptionManagement"]), (200, &json!(true)));
    assert_eq!(switch("subscriptions/disable").await.1["subscriptionManagement"], false);
    switch("subscriptions/enable").await;
    assert_eq!(apple.hand("subscriptions/buy", order).await.0, 200);
    let (status, answer) = switch("subscriptions/disable").await;
    assert_eq!((super::apple::number(&answer), status), (9818, 400));
}

#[tokio::test]
async fn who_is_retired_gives_the_seat_back() {
    let apple = school().await;
    apple.change("users/retire", json!({ "users": [{ "clientUserId": "u1" }] })).await;
    assert_eq!(seats(&apple, 71).await, [("u2".to_owned(), false)]);
    assert_eq!(apple.ok("subscriptions/admins").await["admins"], json!([]));
}

#[tokio::test]
async fn seats_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = camino::Utf8PathBuf::try_from(folder.path().join("state.json")).unwrap();
    let apple = Apple::with(WORLD, |options| options.state_file = Some(file.clone())).await;
    apple.change("subscriptions/associate", give(&[72], &["u4"], false)).await;
    let before = apple.sandbox.snapshot();
    apple.stop().await;
    let options = vpp::sandbox::Options { state_file: Some(file), ..options() };
    let again = Sandbox::new(world(WORLD), options).unwrap();
    assert_eq!(again.snapshot(), before);
}

#[test]
fn a_world_must_fit_together() {
    let bad = WORLD.replace("expiring: [u2]", "expiring: [u2, waits, u3, u4, u5]");
    let error = Sandbox::new(world(&bad), options()).unwrap_err().to_string();
    assert!(error.contains("`waits` holds it and is not associated"), "{error}");
    assert!(error.contains("more hold it than there are seats"), "{error}");
}

#[derive(Debug, Clone)]
enum Act {
    Give(Vec<usize>, bool),
    Take(usize, bool),
    Retire(usize),
    Days(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let users = prop::sample::subsequence((1..=5).collect::<Vec<usize>>(), 1..4);
    prop_oneof![
        4 => (users, any::<bool>()).prop_map(|(u, r)| Act::Give(u, r)),
        3 => (1..=5_usize, any::<bool>()).prop_map(|(u, d)| Act::Take(u, d)),
        1 => (1..=5_usize).prop_map(Act::Retire),
        1 => (1..40_u64).prop_map(Act::Days),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn assigned_and_available_always_make_the_total(acts in prop::collection::vec(act(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let apple = school().await;
            for act in &acts {
                match act {
                    Act::Give(users, renewing) => {
                        let users: Vec<String> = users.iter().map(|n| format!("u{n}")).collect();
                        let users: Vec<&str> = users.iter().map(String::as_str).collect();
                        let body = give(&[71], &users, *renewing);
                        let (status, answer) = apple.post("subscriptions/associate", body).await;
                        if status == 200 {
                            apple.settled(answer["eventId"].as_str().unwrap()).await;
                        }
                    }
                    Act::Take(user, deferred) => {
                        let body = take(&[71], &[&format!("u{user}")], *deferred);
                        let (status, answer) = apple.post("subscriptions/disassociate", body).await;
                        if status == 200 {
                            apple.settled(answer["eventId"].as_str().unwrap()).await;
                        }
                    }
                    Act::Retire(user) => {
                        let users = json!({ "users": [{ "clientUserId": format!("u{user}") }] });
                        apple.change("users/retire", users).await;
                    }
                    Act::Days(days) => {
                        apple.hand("clock/advance", json!({ "seconds": days * 24 * 3600 })).await;
                    }
                }
                let now = counts(&apple, 71).await;
                let number = |of: &str, kind: &str| now[of][kind].as_u64().unwrap();
                for kind in ["renewing", "expiring"] {
                    let sum = number("assigned", kind) + number("available", kind);
                    assert_eq!(sum, number("total", kind), "{kind} after {act:?} of {acts:?}");
                }
                let listed = seats(&apple, 71).await;
                let assigned = number("assigned", "renewing") + number("assigned", "expiring");
                assert_eq!(u64::try_from(listed.len()).unwrap(), assigned);
                let going_on = listed.iter().filter(|(_, renewing)| *renewing).count();
                assert!(u64::try_from(going_on).unwrap() <= number("assigned", "renewing"));
            }
        });
    }
}
