use serde_json::{Value, json};

use super::apple::{Apple, SCHOOL, manage, pairs};

fn version(page: &Value) -> String {
    page["versionId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_write_makes_a_version_of_what_it_touches() {
    let apple = Apple::school().await;
    let versions = async || {
        let mut all = Vec::new();
        for path in ["assets", "assignments", "users"] {
            all.push(version(&apple.ok(path).await));
        }
        all
    };
    let first = versions().await;
    assert_eq!(first, versions().await);
    apple.change("assets/associate", manage(&["12"], &[], &["D5"])).await;
    let second = versions().await;
    assert!(second[0] != first[0] && second[1] != first[1] && second[2] == first[2]);
    apple.change("assets/disassociate", manage(&["12"], &[], &["D5"])).await;
    let third = versions().await;
    assert!(third[0] != second[0] && third[1] != second[1], "a removal is a write");
    apple.change("users/create", json!({ "users": [{ "clientUserId": "eve" }] })).await;
    let fourth = versions().await;
    assert!(fourth[..2] == third[..2] && fourth[2] != third[2]);
    apple.hand("assets/buy", json!({ "adamId": "11", "count": 3 })).await;
    let fifth = versions().await;
    assert!(fifth[0] != fourth[0] && fifth[1..] == fourth[1..]);
    assert_eq!(
        version(&apple.ok("assignments?adamId=13").await),
        fifth[1],
        "filters do not matter"
    );
}

#[tokio::test]
async fn a_delta_brings_additions_and_hides_removals() {
    let apple = Apple::school().await;
    let before = version(&apple.ok("assignments").await);
    let since = |more: &str| format!("assignments?sinceVersionId={before}{more}");
    let page = apple.ok(&since("")).await;
    assert_eq!((pairs(&page), version(&page)), (vec![], before.clone()));
    apple.change("assets/associate", manage(&["11", "12"], &[], &["N1"])).await;
    apple.change("assets/disassociate", manage(&["11"], &["ada"], &["D1"])).await;
    apple.change("assets/associate", manage(&["12"], &["ada"], &["N2"])).await;
    apple.change("assets/disassociate", manage(&["12"], &[], &["N2"])).await;
    apple.change("assets/associate", manage(&["12"], &[], &["N2"])).await;
    let mut page = pairs(&apple.ok(&since("")).await);
    page.sort();
    assert_eq!(page, ["11/N1", "12/N1", "12/N2", "12/ada"]);
    assert_eq!(pairs(&apple.ok(&since("&adamId=11")).await), ["11/N1"]);
    assert_eq!(pairs(&apple.ok(&since("&serialNumber=D1")).await), [""; 0]);
    let after = version(&apple.ok(&since("")).await);
    assert_eq!(pairs(&apple.ok(&format!("assignments?sinceVersionId={after}")).await), [""; 0]);
}

#[tokio::test]
async fn a_delta_of_users_brings_who_changed() {
    let apple = Apple::school().await;
    let before = version(&apple.ok("users").await);
    apple.change("users/retire", json!({ "users": [{ "clientUserId": "bob" }] })).await;
    apple.change("users/create", json!({ "users": [{ "clientUserId": "eve" }] })).await;
    let page = apple.ok(&format!("users?sinceVersionId={before}")).await;
    let changed: Vec<(&str, &str)> = page["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| (user["clientUserId"].as_str().unwrap(), user["status"].as_str().unwrap()))
        .collect();
    assert_eq!(changed, [("bob", "Retired"), ("eve", "Registered")]);
}

#[tokio::test]
async fn unknown_and_old_versions_are_refused() {
    let apple = Apple::with(SCHOOL, |o| o.version_retention = 2).await;
    let first = version(&apple.ok("assignments").await);
    let users = version(&apple.ok("users").await);
    for wrong in ["x", users.as_str(), "0000000000000000ffffffffffffffff"] {
        let path = format!("assignments?sinceVersionId={wrong}");
        assert_eq!(apple.refused(&path).await, (9721, 400), "{wrong}");
    }
    let path = format!("assignments?sinceVersionId={first}");
    for serial in ["A", "B"] {
        apple.change("assets/associate", manage(&["12"], &[], &[serial])).await;
        assert_eq!(apple.refused(&path).await, (0, 200));
    }
    apple.change("assets/associate", manage(&["12"], &[], &["C"])).await;
    assert_eq!(apple.refused(&path).await, (9721, 400));
}

#[tokio::test]
async fn deltas_have_pages() {
    let apple = Apple::with(SCHOOL, |o| o.page_size = 10).await;
    let first = version(&apple.ok("assignments").await);
    let serials: Vec<String> = (0..25).map(|n| format!("N{n}")).collect();
    let serials: Vec<&str> = serials.iter().map(String::as_str).collect();
    apple.change("assets/associate", manage(&["12"], &[], &serials)).await;
    let mut seen = Vec::new();
    for page in 0..3 {
        let page = apple.ok(&format!("assignments?sinceVersionId={first}&pageIndex={page}")).await;
        assert_eq!(page["totalPages"], 3);
        seen.extend(pairs(&page));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
    let path = format!("assignments?sinceVersionId={first}&pageIndex=3");
    assert_eq!(apple.refused(&path).await, (9650, 400));
}
