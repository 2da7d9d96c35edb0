//! What goes over the wire: headers, queries, redirects, compression, lost answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vpp::apple::{AppleError, AssetFilter, AssignmentFilter, Connection, ManageAssets, UserFilter};
use vpp::license::{AssetKind, ClientUserId, PricingParam};

use super::fake::{connection, token_text};
use super::reading::asset;

type Heard = Arc<Mutex<Vec<String>>>;

/// A server that hears requests and says what it is told, byte for byte; an empty answer closes
/// the connection. The last answer is repeated.
pub(super) async fn parrot(answers: Vec<String>) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard: Heard = Arc::default();
    let all = heard.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let read = socket.read(&mut buffer).await.unwrap_or(0);
                request.extend_from_slice(&buffer[..read]);
                if read == 0 || is_whole(&request) {
                    break;
                }
            }
            let index = {
                let mut all = all.lock().unwrap();
                all.push(String::from_utf8_lossy(&request).into_owned());
                all.len() - 1
            };
            let answer = answers.get(index).or(answers.last()).cloned().unwrap_or_default();
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (url, heard)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned)
    });
    body.len() >= length.map_or(0, |length| length.trim().parse().unwrap())
}

pub(super) fn http(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}

pub(super) fn ok(body: &str) -> String {
    http("200 OK", "content-type: application/json\r\n", body)
}

const CLIENT: &str = r#"{"uId":"77"}"#;

fn quick(url: &str) -> Connection {
    connection(url).timeouts(Duration::from_secs(5), Duration::from_secs(5))
}

fn one_device() -> ManageAssets {
    ManageAssets { assets: vec![asset(10)], users: vec![], devices: vec!["S1".parse().unwrap()] }
}

#[tokio::test]
async fn the_token_file_as_downloaded_is_the_bearer() {
    let (url, heard) = parrot(vec![ok("{}"), ok(CLIENT)]).await;
    quick(&url).connect().unwrap().client_config().await.unwrap();
    let heard = heard.lock().unwrap();
    let head = heard[0].to_ascii_lowercase();
    assert!(head.starts_with("get /mdm/v2/service/config http/1.1"), "{head}");
    assert!(!head.contains("authorization"), "{head}");
    assert!(heard[1].contains(&format!("authorization: Bearer {}\r\n", token_text())));
    assert!(heard[1].contains("user-agent: vpp/0.1.0\r\n"), "{}", heard[1]);
    assert!(heard[1].contains("accept-encoding: gzip\r\n"), "{}", heard[1]);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_target_named() {
    let (elsewhere, heard_elsewhere) = parrot(vec![ok(CLIENT)]).await;
    let location = format!("location: {elsewhere}/login?secret=1\r\n");
    let (url, _) = parrot(vec![ok("{}"), http("302 Found", &location, "")]).await;
    let error = quick(&url).connect().unwrap().client_config().await.unwrap_err();
    assert!(matches!(error, AppleError::Redirect { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("points to 127.0.0.1 (HTTP 302)"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    assert!(heard_elsewhere.lock().unwrap().is_empty(), "the token went along");
}

#[tokio::test]
async fn a_login_page_is_no_answer_of_apples() {
    let page = http("200 OK", "content-type: text/html\r\n", "<html>\n<h1>Guest  Wi-Fi</h1>");
    let (url, _) = parrot(vec![ok("{}"), page]).await;
    let text = quick(&url).connect().unwrap().client_config().await.unwrap_err().to_string();
    assert!(
        text.contains("HTTP 200, text/html, it begins \"<html> <h1>Guest Wi-Fi</h1>\""),
        "{text}"
    );
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_sent_once() {
    // The connection closes after the request was heard, and half an answer is none.
    for lost in [String::new(), "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"ev".to_owned()] {
        let (url, heard) = parrot(vec![ok("{}"), ok(CLIENT), lost]).await;
        let writer = quick(&url).connect().unwrap().into_writer();
        let error = writer.associate(&one_device()).await.unwrap_err();
        assert!(error.outcome_is_unknown(), "{error:?}");
        let heard = heard.lock().unwrap();
        let posts = heard.iter().filter(|text| text.starts_with("POST")).count();
        assert_eq!(posts, 1);
        assert!(heard[2].contains("content-type: application/json\r\n"), "{}", heard[2]);
    }
}

#[tokio::test]
async fn nobody_there_is_said_with_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = quick(&url).connect().unwrap().client_config().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&format!("no answer from {url}/mdm/v2/ after 5 tries")), "{text}");
    assert!(text.to_lowercase().contains("refused"), "{text}");
}

#[tokio::test]
async fn every_filter_is_asked_in_apples_words() {
    let (url, heard) = parrot(vec![ok("{}"), ok(CLIENT)]).await;
    let reader = quick(&url).connect().unwrap();
    let assets = AssetFilter {
        adam_id: Some(asset(10).adam_id),
        product_type: Some(AssetKind::Book),
        pricing_param: Some(PricingParam::Plus),
        revocable: Some(false),
        device_assignable: Some(true),
        min_available: Some(1),
        max_available: Some(2),
        min_assigned: Some(3),
        max_assigned: Some(4),
        unlimited: Some(true),
    };
    reader.assets(&assets, 0).await.unwrap();
    let assignments = AssignmentFilter {
        adam_id: Some(asset(10).adam_id),
        pricing_param: Some(PricingParam::Standard),
        client_user_id: ClientUserId::new("a&b"),
        serial_number: Some("S1".parse().unwrap()),
        exclude_inactive_users: Some(true),
        include_user_state: Some(true),
        since_version: Some("v 1".to_owned()),
    };
    reader.assignments(&assignments, 4_000_000_000).await.unwrap();
    let users = UserFilter {
        active_only: Some(true),
        retired_only: Some(false),
        client_user_id: ClientUserId::new("u"),
        since_version: Some("v".to_owned()),
    };
    reader.users(&users, 7).await.unwrap();
    let heard = heard.lock().unwrap();
    let asked: Vec<_> = heard[1..]
        .iter()
        .map(|text| text.lines().next().unwrap().trim_start_matches("GET /mdm/v2/"))
        .map(|line| line.trim_end_matches(" HTTP/1.1"))
        .collect();
    assert_eq!(
        asked,
        [
            "assets?adamId=10&productType=Book&pricingParam=PLUS&revocable=false\
             &deviceAssignable=true&minAvailableCount=1&maxAvailableCount=2&minAssignedCount=3\
             &maxAssignedCount=4&unlimited=true&pageIndex=0",
            "assignments?adamId=10&pricingParam=STDQ&clientUserId=a%26b&serialNumber=S1\
             &excludeInactiveUsers=true&includeUserState=true&sinceVersionId=v%201\
             &pageIndex=4000000000",
            "users?activeOnly=true&retiredOnly=false&clientUserId=u&sinceVersionId=v&pageIndex=7",
        ]
    );
}
