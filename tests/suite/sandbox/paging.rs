use super::apple::{Apple, pairs};

/// 2,500 pairs over three assets; the first two share devices.
pub(super) const BIG: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000 }
locations:
  - name: big
    uid: "7"
    users: [{ clientUserId: { prefix: u, count: 700 }, email: "{}@school.example" }]
    assets:
      - { adamId: 1, total: 3000, assigned: { devices: { prefix: D, count: 1000 } } }
      - { adamId: 2, total: 1100, assigned: { devices: [{ prefix: D, count: 500, from: 501, width: 4 }, X1] } }
      - { adamId: 3, total: 999, assigned: { users: { prefix: u, count: 300, width: 3 }, devices: { prefix: E, count: 699 } } }
"#;

#[tokio::test]
async fn pages_hold_every_record_once() {
    let apple = Apple::with(BIG, |o| o.page_size = 549).await;
    let mut seen = Vec::new();
    let mut index = Some(0);
    let mut version = None;
    while let Some(page) = index {
        let page = apple.ok(&format!("assignments?pageIndex={page}")).await;
        assert_eq!(page["totalPages"], 5);
        assert_eq!(page["size"].as_u64().unwrap(), u64::try_from(pairs(&page).len()).unwrap());
        assert_eq!(*version.get_or_insert(page["versionId"].clone()), page["versionId"]);
        seen.extend(pairs(&page));
        index = page["nextPageIndex"].as_u64();
    }
    assert_eq!(seen.len(), 2500);
    assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 2500);
    assert_eq!(apple.sandbox.snapshot().locations[0].pairs().len(), 2500);
    assert_eq!(apple.refused("assignments?pageIndex=5").await, (9650, 400));
    assert_eq!(apple.refused("assignments?pageIndex=2147483647").await, (9650, 400));
}

#[tokio::test]
async fn filtered_lists_and_users_have_pages_too() {
    let apple = Apple::with(BIG, |o| o.page_size = 100).await;
    let page = apple.ok("assignments?adamId=2&pageIndex=5").await;
    assert_eq!((page["totalPages"].as_u64(), pairs(&page)), (Some(6), vec!["2/X1".to_owned()]));
    assert_eq!(page.get("nextPageIndex"), None);
    let page = apple.ok("users?pageIndex=6").await;
    assert_eq!(page["totalPages"], 7);
    assert_eq!(page["users"][99]["clientUserId"], "u700");
    assert_eq!(page["users"][99]["email"], "u700@school.example");
    let apple = Apple::with(BIG, |o| o.page_size = 2).await;
    let page = apple.ok("assets?pageIndex=1").await;
    assert_eq!((&page["assets"][0]["adamId"], &page["size"]), (&"3".into(), &1.into()));
    assert_eq!(apple.refused("assets?pageIndex=2").await, (9650, 400));
}

#[tokio::test]
async fn an_empty_list_has_one_page() {
    let apple = Apple::with(BIG, |_| ()).await;
    let page = apple.ok("users?retiredOnly=true").await;
    assert_eq!((&page["size"], &page["totalPages"]), (&0.into(), &1.into()));
    assert_eq!(apple.refused("users?retiredOnly=true&pageIndex=1").await, (9650, 400));
}
