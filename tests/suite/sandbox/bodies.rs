//! What is wrong with a request refuses it whole, with Apple's number and status.

use serde_json::{Value, json};

use super::apple::{Apple, SCHOOL, manage, number, pairs, read};

/// Small limits, so that one more is easy to write.
fn tight() -> String {
    let limits = "{ maxAssets: 2, maxClientUserIds: 2, maxSerialNumbers: 2, \
                  maxRevokeClientUserIds: 1, maxRevokeSerialNumbers: 1, maxUsers: 2, \
                  maxRequestPerSecond: 1000 }";
    SCHOOL.replace("{ maxRequestPerSecond: 100000 }", limits)
}

#[tokio::test]
async fn assets_and_holders_are_checked() {
    let apple = Apple::with(&tight(), |_| ()).await;
    let cases: Vec<(Value, u64)> = vec![
        (manage(&[], &[], &["D1"]), 9718),
        (json!({ "serialNumbers": ["D1"] }), 9718),
        (manage(&["11"], &[], &[]), 9719),
        (manage(&["11", "12", "13"], &["ada"], &[]), 9700),
        (manage(&["11"], &["a", "b", "c"], &[]), 9701),
        (manage(&["11"], &[], &["A", "B", "C"]), 9702),
        (manage(&["11", "11"], &[], &["A"]), 9703),
        (manage(&["11"], &["a", "a"], &[]), 9704),
        (manage(&["11"], &[], &["A", "A"]), 9705),
        (manage(&["14"], &[], &["A"]), 9707),
        (manage(&["11", "14"], &["ada"], &["A"]), 9707),
        (manage(&["99"], &[], &["A"]), 9602),
        (manage(&["13"], &["ada"], &[]), 9602), // owned at PLUS only
        (manage(&["11"], &[], &[""]), 9602),
        (manage(&["11"], &[], &["A B"]), 9602),
        (manage(&["11"], &[" "], &[]), 9602),
        (json!({ "assets": [{ "adamId": 11 }], "serialNumbers": ["A"] }), 9602),
        (
            json!({ "assets": [{ "adamId": "11", "availableCount": 2 }], "serialNumbers": ["A"] }),
            9602,
        ),
        (
            json!({ "assets": [{ "adamId": "11", "pricingParam": "X" }], "serialNumbers": ["A"] }),
            9602,
        ),
        (json!({ "assets": [{ "adamId": "11" }], "serialNumber": ["A"] }), 9602),
        (json!([]), 9602),
        (json!([[{ "adamId": "11" }], [], ["A"]]), 9602),
        (json!({ "assets": [["11"]], "serialNumbers": ["A"] }), 9602),
    ];
    let before = apple.sandbox.snapshot();
    for path in ["assets/associate", "assets/disassociate"] {
        for (body, expected) in &cases {
            assert_eq!(apple.refuses(path, body.clone()).await, (*expected, 400), "{path} {body}");
        }
    }
    let fixed =
        json!({ "assets": [{ "adamId": "13", "pricingParam": "PLUS" }], "clientUserIds": ["ada"] });
    assert_eq!(apple.refuses("assets/disassociate", fixed).await, (9706, 400));
    assert_eq!(
        apple.refuses("assets/disassociate", manage(&["11", "14"], &["ada"], &[])).await,
        (9706, 400)
    );
    apple.sandbox.settle_events().await;
    assert_eq!(apple.sandbox.snapshot(), before, "nothing of a refused request is done");
}

#[tokio::test]
async fn a_refusal_names_what_it_is_about() {
    let apple = Apple::school().await;
    let (_, body) = apple.post("assets/associate", manage(&["11", "14"], &[], &["A"])).await;
    assert_eq!(body["errorInfo"]["assets"], json!([{ "adamId": "14", "pricingParam": "STDQ" }]));
    assert!(body["errorMessage"].as_str().unwrap().contains("device-assignable"));
}

#[tokio::test]
async fn revokes_are_checked() {
    let apple = Apple::with(&tight(), |_| ()).await;
    for (body, expected) in [
        (json!({}), 9719),
        (json!({ "clientUserIds": ["a", "b"] }), 9701),
        (json!({ "serialNumbers": ["A", "B"] }), 9702),
        (json!({ "assets": [], "serialNumbers": ["A"] }), 9602),
    ] {
        assert_eq!(apple.refuses("assets/revoke", body.clone()).await, (expected, 400), "{body}");
    }
    let apple = Apple::school().await;
    let twice = json!({ "clientUserIds": ["a", "a"] });
    assert_eq!(apple.refuses("assets/revoke", twice).await, (9704, 400));
    let twice = json!({ "serialNumbers": ["A", "A"] });
    assert_eq!(apple.refuses("assets/revoke", twice).await, (9705, 400));
}

#[tokio::test]
async fn users_are_checked() {
    let apple = Apple::with(&tight(), |_| ()).await;
    let user = |id: &str| json!({ "clientUserId": id });
    for path in ["users/create", "users/update", "users/retire"] {
        for (body, expected) in [
            (json!({}), 9720),
            (json!({ "users": [] }), 9720),
            (json!({ "users": [user("a"), user("b"), user("c")] }), 9714),
            (json!({ "users": [user("a"), user("a")] }), 9715),
            (json!({ "users": [{ "clientUserId": "a", "email": "nobody" }] }), 9717),
            (json!({ "users": [user("")] }), 9602),
            (json!({ "users": [{ "email": "a@example.org" }] }), 9602),
            (json!({ "users": [{ "clientUserId": "a", "mail": "a@example.org" }] }), 9602),
        ] {
            assert_eq!(apple.refuses(path, body.clone()).await, (expected, 400), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn method_content_type_and_json_are_checked() {
    let apple = Apple::school().await;
    let send = async |method: &str, path: &str, kind: Option<&str>, body: &'static str| {
        let mut request = apple.raw(method, path).bearer_auth(&apple.token).body(body);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let (status, body) = read(request).await;
        (number(&body), status)
    };
    for (method, path) in [
        ("POST", "assets"),
        ("POST", "assignments"),
        ("DELETE", "users"),
        ("POST", "status"),
        ("POST", "service/config"),
        ("GET", "assets/associate"),
        ("PUT", "assets/revoke"),
        ("GET", "users/create"),
        ("PUT", "client/config"),
    ] {
        assert_eq!(send(method, path, None, "").await, (9726, 405), "{method} {path}");
    }
    let body = r#"{"assets":[{"adamId":"11"}],"serialNumbers":["A"]}"#;
    for kind in [None, Some("text/plain"), Some("application/jsonx")] {
        assert_eq!(send("POST", "assets/associate", kind, body).await, (9727, 415), "{kind:?}");
    }
    let json = Some("application/json");
    for body in ["", "{", "{\"assets\":", "null", "{\"assets\":[],\"assets\":[]}"] {
        assert_eq!(send("POST", "assets/associate", json, body).await, (9602, 400), "{body}");
    }
    let kind = Some("application/json; charset=UTF-8");
    assert_eq!(send("POST", "assets/associate", kind, body).await, (0, 200));
    assert_eq!(send("POST", "assets/associate?x=1", kind, body).await, (9602, 400));
    assert_eq!(send("GET", "licenses", None, "").await, (9602, 404));
}

#[tokio::test]
async fn serial_numbers_are_compared_to_the_letter() {
    let apple = Apple::school().await;
    apple.change("assets/associate", manage(&["12"], &[], &["d1"])).await;
    assert_eq!(pairs(&apple.ok("assignments?serialNumber=d1").await), ["12/d1"]);
    assert_eq!(pairs(&apple.ok("assignments?serialNumber=D1").await), ["11/D1"]);
}
