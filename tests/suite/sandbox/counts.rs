//! Whatever is asked for in whatever order: counts add up, and say what the lists say.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::apple::{Apple, manage, options, world};
use vpp::sandbox::Sandbox;

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 1000000 }
locations:
  - name: n
    uid: "1"
    accounts: [x@s.example, y@s.example]
    users: [{ clientUserId: u0 }, { clientUserId: u1, managedAppleId: u1@s.example }]
    assets:
      - { adamId: 1, total: 3 }
      - { adamId: 2, total: 2, type: Book }
      - { adamId: 3, total: unlimited }
      - { adamId: 4, total: 4, revocable: false }
"#;

#[derive(Debug, Clone)]
enum Act {
    Associate(&'static str, Vec<usize>, Vec<usize>),
    Disassociate(&'static str, Vec<usize>, Vec<usize>),
    Revoke(Vec<usize>, Vec<usize>),
    Create(usize, Option<&'static str>),
    Retire(usize),
    Accept(usize),
    Buy(&'static str, i64),
}

fn act() -> impl Strategy<Value = Act> {
    let app = prop::sample::select(vec!["1", "2", "3", "4"]);
    let users = || prop::sample::subsequence((0..3).collect::<Vec<usize>>(), 0..3);
    let serials = || prop::sample::subsequence((0..5).collect::<Vec<usize>>(), 0..4);
    let account = prop::option::of(prop::sample::select(vec!["x@s.example", "y@s.example", "z"]));
    prop_oneof![
        4 => (app.clone(), users(), serials()).prop_map(|(a, u, s)| Act::Associate(a, u, s)),
        2 => (app.clone(), users(), serials()).prop_map(|(a, u, s)| Act::Disassociate(a, u, s)),
        1 => (users(), serials()).prop_map(|(u, s)| Act::Revoke(u, s)),
        2 => (0..3_usize, account).prop_map(|(u, a)| Act::Create(u, a)),
        2 => (0..3_usize).prop_map(Act::Retire),
        1 => (0..3_usize).prop_map(Act::Accept),
        1 => (app, -2..3_i64).prop_map(|(a, n)| Act::Buy(a, n)),
    ]
}

async fn perform(apple: &Apple, act: &Act) {
    let users = |of: &[usize]| of.iter().map(|n| format!("u{n}")).collect::<Vec<_>>();
    let serials = |of: &[usize]| of.iter().map(|n| format!("D{n}")).collect::<Vec<_>>();
    let body = |asset: &str, u: &[usize], s: &[usize]| {
        let (u, s) = (users(u), serials(s));
        let u: Vec<&str> = u.iter().map(String::as_str).collect();
        let s: Vec<&str> = s.iter().map(String::as_str).collect();
        manage(&[asset], &u, &s)
    };
    // Refusals and failures are fine: what counts is what is left.
    match act {
        Act::Associate(a, u, s) => drop(apple.post("assets/associate", body(a, u, s)).await),
        Act::Disassociate(a, u, s) => drop(apple.post("assets/disassociate", body(a, u, s)).await),
        Act::Revoke(u, s) => {
            let body = json!({ "clientUserIds": users(u), "serialNumbers": serials(s) });
            drop(apple.post("assets/revoke", body).await);
        }
        Act::Create(u, account) => {
            let mut user = json!({ "clientUserId": format!("u{u}") });
            if let Some(account) = account {
                user["managedAppleId"] = json!(account);
            }
            drop(apple.post("users/create", json!({ "users": [user] })).await);
        }
        Act::Retire(u) => {
            let body = json!({ "users": [{ "clientUserId": format!("u{u}") }] });
            drop(apple.post("users/retire", body).await);
        }
        Act::Accept(u) => {
            drop(
                apple.hand("invitations/accept", json!({ "clientUserId": format!("u{u}") })).await,
            );
        }
        Act::Buy(a, n) => drop(apple.hand("assets/buy", json!({ "adamId": a, "count": n })).await),
    }
    apple.sandbox.settle_events().await;
}

async fn check(apple: &Apple) -> Result<(), TestCaseError> {
    let assets = apple.ok("assets").await;
    let all = apple.ok("assignments?includeUserState=true").await;
    let active = apple.ok("assignments?excludeInactiveUsers=true").await;
    for asset in assets["assets"].as_array().unwrap() {
        let count = |key: &str| usize::try_from(asset[key].as_u64().unwrap()).unwrap();
        let rows = |page: &Value| {
            let rows = page["assignments"].as_array().unwrap();
            rows.iter().filter(|row| row["adamId"] == asset["adamId"]).cloned().collect::<Vec<_>>()
        };
        if count("totalCount") < 2_147_483_647 {
            let sum = count("assignedCount") + count("availableCount") + count("retiredCount");
            prop_assert_eq!(sum, count("totalCount"), "{}", asset);
        }
        let retired = rows(&all).iter().filter(|row| row["userStatus"] == "Retired").count();
        prop_assert_eq!(rows(&active).len(), count("assignedCount"), "{}", asset);
        prop_assert_eq!(retired, count("retiredCount"), "{}", asset);
        prop_assert_eq!(rows(&all).len(), rows(&active).len() + retired);
        let keys: std::collections::BTreeSet<String> =
            rows(&active).iter().map(Value::to_string).collect();
        prop_assert_eq!(keys.len(), rows(&active).len(), "a pair twice");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn counts_always_add_up(acts in prop::collection::vec(act(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut options = options();
            options.event_delay = std::time::Duration::ZERO;
            let apple = Apple::of(Sandbox::new(world(WORLD), options).unwrap()).await;
            for act in &acts {
                perform(&apple, act).await;
                check(&apple).await?;
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}
