use serde_json::json;

use super::apple::{Apple, SCHOOL, read};

#[tokio::test]
async fn the_service_tells_its_limits_without_a_token() {
    let apple =
        Apple::with(&SCHOOL.replace("maxRequestPerSecond: 100000", "maxAssets: 7"), |_| ()).await;
    let (status, body) = read(apple.raw("GET", "service/config")).await;
    assert_eq!(status, 200);
    assert_eq!(body["limits"]["maxAssets"], 7);
    assert_eq!(body["limits"]["maxRequestPerSecond"], 15);
    assert_eq!(body["limits"]["maxRevokeSerialNumbers"], 100);
    assert_eq!(body["urls"]["getAssets"], format!("{}assets", apple.url()));
    assert!(body["urls"]["invitationEmail"].as_str().unwrap().contains("%25inviteCode%25"));
    assert_eq!(body["notificationTypes"].as_array().unwrap().len(), 7);
    let codes = body["errorCodes"].as_array().unwrap();
    assert!(codes.iter().any(|code| code["errorNumber"] == 9709));
    for key in ["uId", "mdmInfo", "tokenExpirationDate"] {
        assert_eq!(body.get(key), None, "{key}");
    }
}

#[tokio::test]
async fn a_location_is_nobodys_until_it_is_claimed() {
    let apple = Apple::school().await;
    let config = apple.ok("client/config").await;
    assert_eq!(config["locationName"], "North School");
    assert_eq!(config["countryISO2ACode"], "US");
    assert_eq!(config["defaultPlatform"], "volumestore");
    assert_eq!(config["websiteURL"], "https://school.apple.com");
    assert_eq!(config["uId"], "100");
    assert_eq!(config["subscribedNotificationTypes"], json!([]));
    assert_eq!(apple.ok("assets").await.get("mdmInfo"), Some(&json!(null)));

    let info = json!({ "id": "i-1", "name": "vpp", "metadata": "m" });
    let (status, config) = apple.post("client/config", json!({ "mdmInfo": info })).await;
    assert_eq!((status, &config["mdmInfo"]), (200, &info));
    for path in ["assets", "assignments", "users", "client/config"] {
        assert_eq!(apple.ok(path).await["mdmInfo"], info, "{path}");
    }
    // Advisory: whoever comes next takes it.
    let other = json!({ "id": "i-2", "name": "other", "metadata": "m" });
    apple.post("client/config", json!({ "mdmInfo": other })).await;
    assert_eq!(apple.ok("users").await["mdmInfo"], other);
    let (_, event) = apple.post("assets/revoke", json!({ "serialNumbers": ["D9"] })).await;
    assert_eq!(event["mdmInfo"], other);
    assert_eq!(event["uId"], "100");
}

#[tokio::test]
async fn a_claim_is_complete_and_short() {
    let apple = Apple::school().await;
    let long = |n: usize| "x".repeat(n);
    for (info, expected) in [
        (json!({ "id": "i", "name": "n" }), 9723),
        (json!({ "id": "i", "name": "", "metadata": "m" }), 9723),
        (json!({ "id": "i", "name": "n", "metadata": long(256) }), 9713),
        (json!({ "id": long(101), "name": "n", "metadata": "m" }), 9724),
        (json!({ "id": "i", "name": long(101), "metadata": "m" }), 9725),
        (json!({ "id": "i", "name": "n", "metadata": "m", "guid": "x" }), 9602),
        (json!(["i", "n", "m"]), 9602),
    ] {
        let refused = apple.refuses("client/config", json!({ "mdmInfo": info })).await;
        assert_eq!(refused, (expected, 400), "{info}");
    }
    assert_eq!(apple.ok("client/config").await["mdmInfo"], json!(null));
    let widest = json!({ "id": long(100), "name": long(100), "metadata": long(255) });
    assert_eq!(apple.refuses("client/config", json!({ "mdmInfo": widest })).await, (0, 200));
}

#[tokio::test]
async fn notification_settings_are_checked() {
    let apple = Apple::school().await;
    let url = "https://127.0.0.1:1/n";
    for (body, expected) in [
        (json!({ "notificationUrl": url }), 9710),
        (json!({ "notificationAuthToken": "t" }), 9710),
        (json!({ "notificationTypes": ["ASSET_COUNT"] }), 9710),
        (
            json!({ "notificationUrl": format!("https://x/{}", "y".repeat(512)), "notificationAuthToken": "t" }),
            9711,
        ),
        (json!({ "notificationUrl": url, "notificationAuthToken": "t".repeat(513) }), 9711),
        (
            json!({ "notificationUrl": "http://mdm.example.org/n", "notificationAuthToken": "t" }),
            9712,
        ),
        (
            json!({ "notificationUrl": "https://a.example/n?x=1", "notificationAuthToken": "t" }),
            9712,
        ),
        (json!({ "notificationUrl": url, "notificationAuthToken": "t" }), 9728),
        (json!({ "notificationTypes": ["ASSET_COUNTS"] }), 9602),
    ] {
        assert_eq!(apple.refuses("client/config", body.clone()).await, (expected, 400), "{body}");
    }
    assert_eq!(apple.ok("client/config").await.get("notificationUrl"), None);
}

#[tokio::test]
async fn the_store_knows_the_names_of_the_world() {
    let apple = Apple::school().await;
    let (_, config) = read(apple.raw("GET", "service/config")).await;
    let url = config["urls"]["contentMetadataLookup"].as_str().unwrap();
    let url = format!(
        "{url}?version=2&id=11,12,99&p=mdm-lockup&caller=MDM&platform=volumestore&cc=us&l=en"
    );
    let (status, body) = read(super::apple::client().get(url)).await;
    assert_eq!(status, 200);
    assert_eq!(body["results"]["11"]["name"], "Notes");
    assert_eq!(body["results"].as_object().unwrap().len(), 1, "nameless ones are not there");
    assert_eq!(body["isAuthenticated"], false);
}
