//! A plain but correct client always arrives, whatever the seed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::apple::{Apple, client, options, world};
use vpp::sandbox::{Options, Sandbox};

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000 }
locations:
  - name: n
    uid: "1"
    assets:
      - { adamId: 1, total: 500, assigned: { devices: { prefix: A, count: 60 } } }
      - { adamId: 2, total: 500, assigned: { devices: { prefix: B, count: 60 } } }
"#;

fn chaotic(seed: u64) -> Options {
    Options {
        chaos_seed: Some(seed),
        page_size: 20,
        event_delay: Duration::from_millis(1),
        stuck_for: Duration::from_millis(20),
        ..options()
    }
}

/// Sends until there is an answer that is one: what Apple's pages ask of a client, without waits.
async fn insist(apple: &Apple, method: &str, path: &str, body: Option<&Value>) -> Value {
    for _ in 0..5 {
        let mut request = apple.raw(method, path).bearer_auth(&apple.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let Ok(answer) = request.send().await else { continue };
        let Ok(body) = answer.json::<Value>().await else { continue };
        match body["errorNumber"].as_u64() {
            // Pages can become fewer while they are read: the caller starts again.
            None | Some(9650) => return body,
            Some(9603 | 9646 | 9729) => {}
            Some(other) => panic!("{path}: {other}"),
        }
    }
    panic!("{path}: no answer at the fifth attempt");
}

/// Reads until nothing moves: one version from the first page to the last.
async fn read_all(apple: &Apple) -> BTreeSet<String> {
    'again: for _ in 0..40 {
        let mut all = BTreeSet::new();
        let mut version = None;
        let mut index = Some(0);
        while let Some(page) = index {
            let page = insist(apple, "GET", &format!("assignments?pageIndex={page}"), None).await;
            if *version.get_or_insert(page["versionId"].clone()) != page["versionId"]
                || page["errorNumber"] == 9650
            {
                continue 'again;
            }
            all.extend(super::apple::pairs(&page));
            index = page["nextPageIndex"].as_u64();
        }
        return all;
    }
    panic!("the pages never come to rest");
}

async fn settle(apple: &Apple, event: &Value) {
    let path = format!("status?eventId={}", event["eventId"].as_str().unwrap());
    for _ in 0..2000 {
        if insist(apple, "GET", &path, None).await["eventStatus"] != "PENDING" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{path} never ends");
}

#[tokio::test]
async fn a_correct_client_always_arrives() {
    for seed in 0..12 {
        let apple = Apple::of(Sandbox::new(world(WORLD), chaotic(seed)).unwrap()).await;
        let wanted: BTreeSet<String> = (0..80).map(|n| format!("1/W{n:03}")).collect();
        let mut rounds = 0;
        loop {
            let actual = read_all(&apple).await;
            let give: Vec<&str> = wanted.difference(&actual).map(|pair| &pair[2..]).collect();
            let take: Vec<&String> = actual.difference(&wanted).collect();
            if give.is_empty() && take.is_empty() {
                break;
            }
            rounds += 1;
            assert!(rounds < 20, "seed {seed}");
            for asset in ["1", "2"] {
                let serials: Vec<&str> = take
                    .iter()
                    .filter(|pair| pair.starts_with(asset))
                    .map(|pair| &pair[2..])
                    .collect();
                if !serials.is_empty() {
                    let body = json!({ "assets": [{ "adamId": asset }], "serialNumbers": serials });
                    settle(
                        &apple,
                        &insist(&apple, "POST", "assets/disassociate", Some(&body)).await,
                    )
                    .await;
                }
            }
            if !give.is_empty() {
                let body = json!({ "assets": [{ "adamId": "1" }], "serialNumbers": give });
                settle(&apple, &insist(&apple, "POST", "assets/associate", Some(&body)).await)
                    .await;
            }
        }
        let shot = apple.sandbox.snapshot();
        let truth: BTreeSet<String> = shot.locations[0]
            .pairs()
            .iter()
            .map(|(asset, _, holder)| format!("{asset}/{holder}"))
            .collect();
        assert_eq!(truth, wanted, "seed {seed}");
    }
}

#[tokio::test]
async fn every_kind_of_trouble_turns_up() {
    let (mut statuses, mut lost, mut in_200, mut meddled, mut failed) =
        (BTreeSet::new(), 0, 0, 0, 0);
    let mut waits = BTreeSet::new();
    for seed in 0..15 {
        let apple = Apple::of(Sandbox::new(world(WORLD), chaotic(seed)).unwrap()).await;
        for page in 0..6 {
            let path = format!("assignments?pageIndex={page}");
            let sent = apple.raw("GET", &path).bearer_auth(&apple.token).send().await;
            if let Some(wait) =
                sent.ok().and_then(|answer| answer.headers().get("retry-after").cloned())
            {
                waits.insert(wait.to_str().unwrap().to_owned());
            }
            insist(&apple, "GET", &path, None).await;
        }
        let serials: Vec<String> = (0..100).map(|n| format!("W{n}")).collect();
        let body = json!({ "assets": [{ "adamId": "1" }], "serialNumbers": serials });
        let event = insist(&apple, "POST", "assets/associate", Some(&body)).await;
        settle(&apple, &event).await;
        let path = format!("status?eventId={}", event["eventId"].as_str().unwrap());
        let status = insist(&apple, "GET", &path, None).await;
        failed += usize::from(status["eventStatus"] == "FAILED");
        for request in apple.sandbox.requests() {
            statuses.insert(request.status);
            lost += usize::from(request.lost);
            in_200 += usize::from(request.status == 200 && request.error_number.is_some());
        }
        meddled += apple.sandbox.meddling().len();
    }
    assert!([200, 429, 500, 503].iter().all(|status| statuses.contains(status)), "{statuses:?}");
    assert!(
        lost > 0 && in_200 > 0 && meddled > 0 && failed > 0,
        "{lost} {in_200} {meddled} {failed}"
    );
    assert!(waits.len() > 1, "{waits:?}");
}

#[tokio::test]
async fn the_token_can_be_revoked_at_the_end() {
    let options = Options { revoke_after: Some(4), ..chaotic(1) };
    let apple = Apple::of(Sandbox::new(world(WORLD), options).unwrap()).await;
    for _ in 0..4 {
        let sent = client().get(format!("{}client/config", apple.url())).bearer_auth(&apple.token);
        if let Ok(answer) = sent.send().await {
            assert_ne!(answer.status(), 401);
        }
    }
    assert_eq!(apple.refused("client/config").await, (9625, 401));
    assert_eq!(apple.refused("users").await, (9625, 401));
}
