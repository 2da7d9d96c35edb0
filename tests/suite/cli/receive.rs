//! `vpp receive` as a process: it proves, keeps, survives, and ends when asked to.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::apple::Apple;
use super::shell::Shell;

pub(super) const KEY: &str = "webhook-key-that-nobody-sees";
const NOTIFICATION: &str = "notification-token-unseen";

pub(super) struct Receiver {
    child: Child,
    pub(super) urls: Vec<String>,
}

impl Receiver {
    fn start(shell: &Shell) -> Self {
        Self::start_with(shell, &["--listen", "127.0.0.1:0"], &[("VPP_LOG", "trace")], 2)
    }

    /// With arguments and variables of its own; it has so many doors.
    pub(super) fn start_with(
        shell: &Shell,
        arguments: &[&str],
        variables: &[(&str, &str)],
        doors: usize,
    ) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vpp"))
            .arg("receive")
            .args(arguments)
            .env_clear()
            .envs([("LANG", "C.UTF-8"), ("WEBHOOK_KEY", KEY), ("NOTIFICATION_TOKEN", NOTIFICATION)])
            .env("PATH", "/usr/bin:/bin")
            .envs(variables.iter().copied())
            .current_dir(shell.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.as_mut().unwrap());
        let urls = out.lines().take(doors).map(Result::unwrap_or_default).collect();
        Self { child, urls }
    }

    /// Asks it to end; gives its exit code and what it said.
    pub(super) fn stop(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (status.code(), said)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Of a test that failed half-way.
        let _ = self.child.kill();
    }
}

fn shell() -> Shell {
    Shell::with_files(&[(
        "m.yaml",
        "apiVersion: vpp/v1\nkind: Mdm\nname: lab\n\
         nanomdm: { url: https://mdm.example, key: { env: NOT_NEEDED }, webhookKey: { env: WEBHOOK_KEY } }\n\
         ---\napiVersion: vpp/v1\nkind: Location\nname: northfield\nuid: \"123\"\ntoken: { env: NOT_NEEDED }\n\
         notifications: { url: https://hooks.example/apple/northfield, token: { env: NOTIFICATION_TOKEN } }\n",
    )])
}

const EVENT: &str = r#"{"topic":"mdm.CheckOut","event_id":"e1","checkin_event":{"udid":"u1"}}"#;

async fn send(url: &str, key: &str) -> u16 {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(EVENT.as_bytes());
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = client.post(url).header("x-hmac-signature", signature).body(EVENT);
    request.send().await.unwrap().status().as_u16()
}

async fn figures(receiver: &Receiver) -> String {
    let url = receiver.urls[0].replace("/mdm/lab", "/metrics");
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    client.get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn what_it_took_is_there_after_it_ended_and_no_secret_was_said() {
    let shell = shell();
    let receiver = Receiver::start(&shell);
    assert!(receiver.urls[0].ends_with("/mdm/lab"), "{:?}", receiver.urls);
    assert!(receiver.urls[1].ends_with("/apple/northfield"), "{:?}", receiver.urls);
    assert_eq!(send(&receiver.urls[0], KEY).await, 204);
    assert_eq!(send(&receiver.urls[0], "another key of somebody").await, 401);
    let told = figures(&receiver).await;
    assert!(told.contains("{source=\"lab\",outcome=\"kept\"} 1"), "{told}");
    assert!(told.contains("{source=\"lab\",outcome=\"forged\"} 1"), "{told}");
    let (code, said) = receiver.stop();
    assert_eq!(code, Some(0), "{said}");

    let again = Receiver::start(&shell);
    assert_eq!(send(&again.urls[0], KEY).await, 204);
    let told = figures(&again).await;
    assert!(told.contains("{source=\"lab\",outcome=\"repeated\"} 1"), "{told}");
    let (_, said_again) = again.stop();
    for text in [said, said_again, told] {
        assert!(!text.contains(KEY) && !text.contains(NOTIFICATION), "{text}");
    }
}

#[test]
fn what_cannot_be_proved_is_not_received() {
    let mut shell = shell();
    let ran = shell.run("receive --mdm nobody");
    assert_eq!((ran.code, ran.err.contains("there is no Mdm `nobody`")), (64, true), "{}", ran.err);
    let ran = shell.run("receive");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("WEBHOOK_KEY is not set"), "{}", ran.err);
    shell.set("WEBHOOK_KEY", "short");
    shell.set("NOTIFICATION_TOKEN", NOTIFICATION);
    let ran = shell.run("receive");
    assert!(ran.err.contains("shorter than 8 characters"), "{}", ran.err);
    shell.edit("m.yaml", ", webhookKey: { env: WEBHOOK_KEY }", "");
    let ran = shell.run("receive --mdm lab");
    assert_eq!((ran.code, ran.err.contains("has no `webhookKey`")), (64, true), "{}", ran.err);
}

#[test]
fn apple_is_told_where_to_send_and_its_test_is_answered() {
    let mut shell = Shell::with_example("quickstart");
    let apple = Apple::of(&mut shell);
    // A port that is free, as the manifest must name it before anybody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let door = format!(
        "notifications: {{ url: \"http://127.0.0.1:{port}/apple/northfield\", token: {{ env: NOTIFICATION_TOKEN }} }}"
    );
    shell.edit("location.yaml", "reclaim: uninstall", &format!("{door}\nreclaim: uninstall"));
    let token = apple.sandbox.token("northfield").unwrap();
    let listen = format!("127.0.0.1:{port}");
    let mut receiver = Receiver::start_with(
        &shell,
        &["--listen", &listen, "--subscribe", "northfield"],
        &[("VPP_TOKEN", &token), ("VPP_ENDPOINT", &apple.tap.url())],
        1,
    );
    let said = BufReader::new(receiver.child.stderr.as_mut().unwrap());
    let said: Vec<String> = said.lines().map(Result::unwrap).take(2).collect();
    assert!(
        said.iter().any(|line| {
            line.contains("northfield: Apple sends ") && line.contains("ASSET_MANAGEMENT")
        }),
        "{said:?}"
    );
    let deliveries = apple.sandbox.deliveries();
    let told: Vec<_> =
        deliveries.iter().map(|one| (one.notification_type.as_str(), one.delivered)).collect();
    assert_eq!(told, [("TEST_NOTIFICATION", true)]);
    let (code, rest) = receiver.stop();
    assert_eq!(code, Some(0), "{rest}");
    for secret in [NOTIFICATION, token.as_str()] {
        assert!(!rest.contains(secret) && !said.iter().any(|line| line.contains(secret)));
    }
}
