use serde_json::{Value, json};

use super::apple::{Apple, pairs};

fn ids(page: &Value) -> Vec<&str> {
    page["assets"].as_array().unwrap().iter().map(|a| a["adamId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn assets_have_counts_that_add_up() {
    let apple = Apple::school().await;
    let page = apple.ok("assets").await;
    assert_eq!(
        page["assets"][0],
        json!({
            "adamId": "11", "pricingParam": "STDQ", "productType": "App",
            "assignedCount": 3, "availableCount": 2, "retiredCount": 0, "totalCount": 5,
            "deviceAssignable": true, "revocable": true, "supportedPlatforms": ["iOS"]
        })
    );
    let book = &page["assets"][3];
    assert_eq!((book["assignedCount"].as_u64(), book["retiredCount"].as_u64()), (Some(1), Some(1)));
    assert_eq!((&book["deviceAssignable"], &book["revocable"]), (&json!(false), &json!(false)));
    assert_eq!(
        (&page["currentPageIndex"], &page["size"], &page["totalPages"]),
        (&json!(0), &json!(4), &json!(1))
    );
    assert_eq!(page.get("nextPageIndex"), None);
}

#[tokio::test]
async fn assets_are_filtered() {
    let apple = Apple::school().await;
    for (query, expected) in [
        ("adamId=12", vec!["12"]),
        ("adamId=99", vec![]),
        ("productType=Book", vec!["14"]),
        ("pricingParam=PLUS", vec!["13"]),
        ("revocable=false", vec!["13", "14"]),
        ("deviceAssignable=false", vec!["14"]),
        ("minAssignedCount=1&maxAssignedCount=1", vec!["13", "14"]),
        ("minAvailableCount=2&maxAvailableCount=2", vec!["11", "13", "14"]),
        ("minAvailableCount=3", vec!["12"]),
        ("unlimited=false", vec!["11", "13", "14"]),
        ("unlimited=true", vec!["11", "13", "14"]),
    ] {
        assert_eq!(ids(&apple.ok(&format!("assets?{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn unlimited_assets_have_a_sentinel_or_a_place_of_their_own() {
    let apple = Apple::school().await;
    apple.change("assets/associate", super::apple::manage(&["12"], &[], &["D1", "D2"])).await;
    let page = apple.ok("assets?adamId=12").await;
    assert_eq!(page["assets"][0]["totalCount"], 2_147_483_647_u64);
    assert_eq!(page["assets"][0]["availableCount"], 2_147_483_647_u64);
    assert_eq!(page["assets"][0]["assignedCount"], 2);
    assert_eq!(page.get("unlimitedAssets"), None);
    let page = apple.ok("assets?adamId=12&unlimited=true").await;
    assert_eq!(page["assets"], json!([]));
    assert_eq!(page["size"], 1);
    assert_eq!(
        page["unlimitedAssets"],
        json!([{
            "adamId": "12", "pricingParam": "STDQ", "productType": "App", "assignedCount": 2,
            "deviceAssignable": true, "revocable": true, "supportedPlatforms": ["iOS", "macOS"]
        }])
    );
}

#[tokio::test]
async fn assignments_are_filtered() {
    let apple = Apple::school().await;
    let all = ["11/ada", "11/D1", "11/D2", "13/ada", "14/ada", "14/gone"];
    for (query, expected) in [
        ("", all.to_vec()),
        ("adamId=11", vec!["11/ada", "11/D1", "11/D2"]),
        ("pricingParam=PLUS", vec!["13/ada"]),
        ("adamId=13&pricingParam=STDQ", vec![]),
        ("clientUserId=ada", vec!["11/ada", "13/ada", "14/ada"]),
        ("clientUserId=gone", vec!["14/gone"]),
        ("clientUserId=gone&excludeInactiveUsers=true", vec![]),
        ("serialNumber=D2", vec!["11/D2"]),
        ("serialNumber=NONE", vec![]),
        ("adamId=14&excludeInactiveUsers=true", vec!["14/ada"]),
        ("adamId=14&excludeInactiveUsers=false", vec!["14/ada", "14/gone"]),
    ] {
        assert_eq!(pairs(&apple.ok(&format!("assignments?{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn the_state_of_users_is_told_on_request() {
    let apple = Apple::school().await;
    let plain = apple.ok("assignments?clientUserId=ada&adamId=11").await;
    let row = json!({ "adamId": "11", "pricingParam": "STDQ", "clientUserId": "ada" });
    assert_eq!(plain["assignments"], json!([row]));
    let told = apple.ok("assignments?adamId=14&includeUserState=true").await;
    assert_eq!(told["assignments"][0]["userStatus"], "Associated");
    assert!(told["assignments"][0]["idHash"].is_string());
    assert_eq!(told["assignments"][1]["userStatus"], "Retired");
    let device = apple.ok("assignments?serialNumber=D1&includeUserState=true").await;
    let row = json!({ "adamId": "11", "pricingParam": "STDQ", "serialNumber": "D1" });
    assert_eq!(device["assignments"], json!([row]));
}

#[tokio::test]
async fn users_are_filtered() {
    let apple = Apple::school().await;
    let ids = async |query: &str| -> Vec<String> {
        let page = apple.ok(&format!("users?{query}")).await;
        let users = page["users"].as_array().unwrap();
        users.iter().map(|user| user["clientUserId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("").await, ["ada", "bob", "gone"]);
    assert_eq!(ids("activeOnly=true").await, ["ada", "bob"]);
    assert_eq!(ids("retiredOnly=true").await, ["gone"]);
    assert_eq!(ids("clientUserId=bob").await, ["bob"]);
    assert_eq!(ids("clientUserId=gone&activeOnly=true").await, [""; 0]);
    let page = apple.ok("users").await;
    let (ada, bob) = (&page["users"][0], &page["users"][1]);
    assert_eq!((&ada["status"], ada.get("inviteCode")), (&json!("Associated"), None));
    assert!(ada["idHash"].is_string());
    assert_eq!(ada.get("managedAppleId"), None, "Apple never tells");
    assert_eq!((&bob["status"], bob.get("idHash")), (&json!("Registered"), None));
    assert!(bob["inviteCode"].is_string());
}

#[tokio::test]
async fn wrong_questions_are_refused() {
    let apple = Apple::school().await;
    for path in [
        "assets?adamID=11",
        "assets?sinceVersionId=x",
        "assets?productType=app",
        "assets?pricingParam=stdq",
        "assets?revocable=yes",
        "assets?minAssignedCount=-1",
        "assets?adamId=",
        "assets?adamId=11&adamId=12",
        "assignments?pageIndex=x",
        "assignments?pageIndex=-1",
        "assignments?clientUserId=ada&serialNumber=D1",
        "assignments?excludeInactiveUsers=1",
        "users?includeRetired=0",
        "users?activeOnly=true&retiredOnly=true",
        "users?managedAppleId=ada@school.example",
        "status",
        "client/config?x=1",
    ] {
        assert_eq!(apple.refused(path).await, (9602, 400), "{path}");
    }
    assert_eq!(apple.refused("assignments?clientUserId=nobody").await, (9609, 400));
    assert_eq!(apple.refused("users?clientUserId=nobody").await, (9609, 400));
    for id in ["x", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(apple.refused(&format!("status?eventId={id}")).await, (9708, 400));
    }
}

#[tokio::test]
async fn answers_are_compressed_on_request() {
    let apple = Apple::school().await;
    let client = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let ask = async |coding: &str| {
        let request = client.get(format!("{}assignments", apple.url())).bearer_auth(&apple.token);
        request.header("accept-encoding", coding).send().await.unwrap()
    };
    assert_eq!(ask("gzip").await.headers()["content-encoding"], "gzip");
    let plain = ask("identity").await;
    assert_eq!(plain.headers().get("content-encoding"), None);
    assert_eq!(plain.headers()["content-type"], "application/json;charset=utf-8");
}
