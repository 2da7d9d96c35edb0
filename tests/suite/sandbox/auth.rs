use serde_json::json;

use super::apple::{Apple, SCHOOL, number, options, read, world};
use vpp::sandbox::{ExpiryShown, Sandbox};

async fn with_header(apple: &Apple, header: Option<&str>) -> (u64, u16) {
    let mut request = apple.raw("GET", "assets");
    if let Some(header) = header {
        request = request.header("authorization", header);
    }
    let (status, body) = read(request).await;
    (number(&body), status)
}

fn decoded(token: &str) -> serde_json::Value {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(token).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn the_whole_token_text_is_the_credential() {
    let apple = Apple::school().await;
    let content = decoded(&apple.token);
    assert_eq!(content["expDate"], "2099-12-31T23:59:59+0000");
    assert!(content["orgName"].as_str().unwrap().starts_with("ORG"));
    let inner = content["token"].as_str().unwrap();
    let token = apple.token.as_str();

    assert_eq!(with_header(&apple, Some(&format!("Bearer {token}"))).await, (0, 200));
    assert_eq!(with_header(&apple, None).await, (9601, 401));
    for malformed in
        [token.to_owned(), format!("Basic {token}"), "Bearer ".into(), "Bearer x y".into()]
    {
        assert_eq!(with_header(&apple, Some(&malformed)).await, (9722, 401), "{malformed}");
    }
    assert_eq!(with_header(&apple, Some("Bearer rubbish")).await, (9722, 401));
    assert_eq!(with_header(&apple, Some(&format!("Bearer {inner}"))).await, (9622, 401));
    let other = Sandbox::new(world(&SCHOOL.replace("\"100\"", "\"999\"")), options()).unwrap();
    let foreign = other.token("999").unwrap();
    assert_eq!(with_header(&apple, Some(&format!("Bearer {foreign}"))).await, (9622, 401));
}

#[tokio::test]
async fn tokens_repeat_for_the_same_world() {
    let one = Sandbox::new(world(SCHOOL), options()).unwrap();
    let two = Sandbox::new(world(SCHOOL), options()).unwrap();
    assert_eq!(one.token("north"), two.token("100"));
    assert_eq!(one.token("south"), None);
    assert_eq!(one.locations(), [("north".to_owned(), "100".to_owned())]);
}

#[tokio::test]
async fn tokens_are_revoked_renewed_and_expire() {
    let mut apple = Apple::school().await;
    apple.hand("token/revoke", json!({})).await;
    assert_eq!(apple.refused("assets").await, (9625, 401));
    let (_, renewed) =
        apple.hand("token/renew", json!({ "expires": "2026-04-01T00:00:00Z" })).await;
    assert_eq!(apple.refused("assets").await, (9625, 401), "an earlier download stays revoked");
    apple.token = renewed["token"].as_str().unwrap().to_owned();
    assert_eq!(decoded(&apple.token)["expDate"], "2026-04-01T00:00:00+0000");
    assert_eq!(apple.ok("assets").await["tokenExpirationDate"], "2026-04-01T00:00:00+0000");
    apple.hand("clock/advance", json!({ "seconds": 31 * 24 * 3600 })).await;
    assert_eq!(apple.refused("assets").await, (9621, 401));
}

#[tokio::test]
async fn a_read_only_token_reads() {
    let yaml = SCHOOL.replace("uid: \"100\"", "uid: \"100\"\n    readOnlyToken: true");
    let apple = Apple::with(&yaml, |_| ()).await;
    for path in ["assets", "assignments", "users", "client/config"] {
        assert_eq!(apple.refused(path).await, (0, 200), "{path}");
    }
    for path in [
        "assets/associate",
        "assets/disassociate",
        "assets/revoke",
        "users/create",
        "client/config",
    ] {
        assert_eq!(apple.refuses(path, json!({})).await, (9637, 403), "{path}");
    }
}

#[tokio::test]
async fn the_end_of_the_token_is_shown_always_or_near_it() {
    let yaml =
        SCHOOL.replace("uid: \"100\"", "uid: \"100\"\n    tokenExpires: 2026-03-20T00:00:00Z");
    let apple = Apple::with(&yaml, |_| ()).await;
    assert_eq!(apple.ok("users").await["tokenExpirationDate"], "2026-03-20T00:00:00+0000");
    let apple = Apple::with(&yaml, |o| o.expiry = ExpiryShown::Within15Days).await;
    assert_eq!(apple.ok("users").await.get("tokenExpirationDate"), None);
    assert_eq!(apple.ok("client/config").await["tokenExpirationDate"], "2026-03-20T00:00:00+0000");
    apple.sandbox.advance_clock(std::time::Duration::from_hours(5 * 24));
    assert_eq!(apple.ok("users").await["tokenExpirationDate"], "2026-03-20T00:00:00+0000");
}

#[tokio::test]
async fn the_journal_has_no_credentials() {
    let apple = Apple::school().await;
    apple.ok("assets?adamId=11").await;
    let log = apple.look("requests").await.to_string();
    assert!(log.contains("adamId=11"), "{log}");
    assert!(!log.contains(&apple.token));
    assert!(!format!("{:?}", apple.sandbox.requests()).contains(&apple.token));
}
