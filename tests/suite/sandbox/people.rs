use serde_json::{Value, json};

use super::apple::{Apple, manage, pairs};

fn one(id: &str) -> Value {
    json!({ "users": [{ "clientUserId": id }] })
}

fn with_account(id: &str, account: &str) -> Value {
    json!({ "users": [{ "clientUserId": id, "managedAppleId": account }] })
}

async fn records(apple: &Apple, id: &str) -> Vec<(String, bool, bool)> {
    let page = apple.ok(&format!("users?clientUserId={id}")).await;
    let users = page["users"].as_array().unwrap();
    users
        .iter()
        .map(|user| {
            let status = user["status"].as_str().unwrap().to_owned();
            (status, user["idHash"].is_string(), user["inviteCode"].is_string())
        })
        .collect()
}

fn record(status: &str, hash: bool, code: bool) -> (String, bool, bool) {
    (status.to_owned(), hash, code)
}

#[tokio::test]
async fn somebody_is_registered_and_accepts() {
    let apple = Apple::school().await;
    let body = json!({ "users": [{ "clientUserId": "eve", "email": "eve@school.example" }] });
    let end = apple.change("users/create", body).await;
    assert_eq!((&end["eventType"], &end["eventStatus"]), (&json!("CREATE"), &json!("COMPLETE")));
    assert_eq!((&end["numCompleted"], &end["numRequested"]), (&json!(1), &json!(1)));
    assert_eq!(records(&apple, "eve").await, [record("Registered", false, true)]);
    let code = apple.ok("users?clientUserId=eve").await["users"][0]["inviteCode"].clone();
    let (status, _) = apple.hand("invitations/accept", json!({ "inviteCode": code })).await;
    assert_eq!(status, 200);
    assert_eq!(records(&apple, "eve").await, [record("Associated", true, false)]);
    let (status, _) = apple.hand("invitations/accept", json!({ "inviteCode": code })).await;
    assert_eq!(status, 400, "an invitation is good once");
}

#[tokio::test]
async fn accounts_of_the_organization_are_associated_at_once() {
    let apple = Apple::school().await;
    let end = apple.change("users/create", with_account("eve", "free@school.example")).await;
    assert_eq!(end["eventStatus"], "COMPLETE");
    assert_eq!(records(&apple, "eve").await, [record("Associated", true, false)]);
    for (id, account, expected) in [
        ("fay", "stranger@else.example", 9635),
        ("fay", "ada@school.example", 9641),
        ("fay", "free@school.example", 9641),
        ("eve", "free@school.example", 9716),
        ("bob", "free@school.example", 9716),
    ] {
        let end = apple.change("users/create", with_account(id, account)).await;
        assert_eq!(end["eventStatus"], "FAILED");
        assert_eq!(end["failures"][0]["errorNumber"], expected, "{id} {account}");
        assert_eq!(end["failures"][0]["errorInfo"]["clientUserIds"], json!([id]));
    }
    assert_eq!(apple.refused("users?clientUserId=fay").await, (9609, 400), "nothing was made");
}

#[tokio::test]
async fn users_are_updated() {
    let apple = Apple::school().await;
    let body = json!({ "users": [{ "clientUserId": "bob", "email": "b@school.example" }] });
    assert_eq!(apple.change("users/update", body).await["eventStatus"], "COMPLETE");
    let bob = apple.ok("users?clientUserId=bob").await["users"][0].clone();
    assert_eq!((&bob["email"], &bob["status"]), (&json!("b@school.example"), &json!("Registered")));
    apple.change("users/update", with_account("bob", "free@school.example")).await;
    assert_eq!(records(&apple, "bob").await, [record("Associated", true, false)]);
    for (body, expected) in [
        (one("nobody"), 9609),
        (one("gone"), 9609),
        (with_account("bob", "ada@school.example"), 9641),
        (with_account("bob", "x@else.example"), 9635),
    ] {
        let end = apple.change("users/update", body.clone()).await;
        assert_eq!(end["failures"][0]["errorNumber"], expected, "{body}");
    }
}

#[tokio::test]
async fn who_retires_gives_back_what_can_be_given_back() {
    let apple = Apple::school().await;
    let end = apple.change("users/retire", one("ada")).await;
    assert_eq!((&end["eventType"], &end["eventStatus"]), (&json!("RETIRE"), &json!("COMPLETE")));
    assert_eq!(records(&apple, "ada").await, [record("Retired", true, false)]);
    assert_eq!(pairs(&apple.ok("assignments?clientUserId=ada").await), ["13/ada", "14/ada"]);
    let assets = apple.ok("assets").await["assets"].clone();
    let counts = |at: usize| {
        ["assignedCount", "availableCount", "retiredCount"]
            .map(|key| assets[at][key].as_u64().unwrap())
    };
    assert_eq!(counts(0), [2, 3, 0]);
    assert_eq!(counts(2), [0, 2, 1]);
    assert_eq!(counts(3), [0, 2, 2]);
    let end = apple.change("users/retire", one("ada")).await;
    assert_eq!(end["failures"][0]["errorNumber"], 9609, "retired already");
}

#[tokio::test]
async fn a_retired_person_without_an_account_comes_back_as_the_same_record() {
    let apple = Apple::school().await;
    apple.change("users/create", one("gone")).await;
    assert_eq!(records(&apple, "gone").await, [record("Registered", false, true)]);
    let book = &apple.ok("assets?adamId=14").await["assets"][0];
    assert_eq!((&book["assignedCount"], &book["retiredCount"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn a_retired_person_with_an_account_gets_a_new_record() {
    let apple = Apple::school().await;
    apple.change("users/retire", one("ada")).await;
    apple.change("users/create", one("ada")).await;
    let both = [record("Retired", true, false), record("Registered", false, true)];
    assert_eq!(records(&apple, "ada").await, both);
    assert_eq!(apple.ok("users?clientUserId=ada&activeOnly=true").await["size"], 1);
    apple.change("assets/associate", manage(&["14"], &["ada"], &[])).await;
    let rows = pairs(&apple.ok("assignments?adamId=14").await);
    assert_eq!(rows, ["14/ada", "14/gone", "14/ada"], "once retired, once active");

    // With the old account the old record hands over.
    let accept = json!({ "clientUserId": "ada", "account": "ada@school.example" });
    apple.hand("invitations/accept", accept).await;
    let swapped = [record("Deleted", true, false), record("Associated", true, false)];
    assert_eq!(records(&apple, "ada").await, swapped);
    assert_eq!(pairs(&apple.ok("assignments?clientUserId=ada").await), ["13/ada", "14/ada"]);
    let book = &apple.ok("assets?adamId=14").await["assets"][0];
    let counts =
        ["assignedCount", "availableCount", "retiredCount"].map(|k| book[k].as_u64().unwrap());
    assert_eq!(counts, [1, 2, 1], "the second copy is free again");
}
