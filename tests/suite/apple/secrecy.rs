//! The token appears nowhere, whatever the server does with it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;
use vpp::apple::{AppleError, ManageAssets, UserFilter};

use super::fake::{connection, token_text};
use super::reading::asset;
use super::wire::{http, ok, parrot};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// No run of eight characters of the token stands in the text.
fn assert_clean(text: &str, what: &str) {
    let token = token_text();
    for piece in token.as_bytes().windows(12).chain(INNER.as_bytes().windows(12)) {
        let piece = std::str::from_utf8(piece).unwrap();
        assert!(!text.contains(piece), "{what} shows {piece}: {text}");
    }
}

const INNER: &str = "cXVpdGUtYS1zZWNyZXQtaW5uZXItdG9rZW4=";

#[tokio::test]
async fn no_error_and_no_log_shows_the_token_even_where_the_server_echoes_it() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (token, half) = (token_text(), &token_text()[5..60]);
    let answers = [
        http(
            "401 Unauthorized",
            "",
            &format!(r#"{{"errorNumber":9722,"errorMessage":"Bearer {token}"}}"#),
        ),
        http(
            "400 Bad Request",
            "",
            &format!(r#"{{"errorNumber":9602,"errorMessage":"'{half}' {INNER}"}}"#),
        ),
        http("403 Forbidden", "", &format!("<html>{token}</html>")),
        http("200 OK", &format!("content-type: {half}\r\n"), &format!("<html>{token}")),
        http("302 Found", &format!("location: https://{half}.example/{token}\r\n"), ""),
        ok(&format!(r#"{{"uId":"{token}"}}"#)),
        ok(r#"{"uId":"1","errorNumber":12345,"errorMessage":"new"}"#),
    ];
    for answer in answers {
        // Other tests may have met our messages before this one listened, and had them switched off.
        tracing::callsite::rebuild_interest_cache();
        let (url, _) = parrot(vec![ok("{}"), answer]).await;
        let connection = connection(&url)
            .location("northfield")
            .expected_uid(Some("12".to_owned()))
            .timeouts(Duration::from_secs(5), Duration::from_secs(5));
        assert_clean(&format!("{connection:?}"), "Debug of the connection");
        let reader = connection.connect().unwrap();
        assert_clean(&format!("{reader:?}"), "Debug of the reader");
        let error = match reader.users(&UserFilter::default(), 0).await {
            Ok(answer) => answer.read().unwrap_err(),
            Err(error) => error,
        };
        assert_clean(&format!("{error} {error:?}"), "an error");
        assert!(!matches!(error, AppleError::Transport { .. }), "{error}");
        let writer = reader.into_writer();
        assert_clean(&format!("{writer:?}"), "Debug of the writer");
        let what = ManageAssets {
            assets: vec![asset(1)],
            users: vec![],
            devices: vec!["S1".parse().unwrap()],
        };
        let error = writer.associate(&what).await.unwrap_err();
        assert_clean(&format!("{error} {error:?}"), "an error of a write");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("request to Apple") && log.contains("hyper"), "nothing was logged: {log}");
    assert_clean(&log, "the log");
}
