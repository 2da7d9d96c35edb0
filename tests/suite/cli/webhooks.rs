//! Servers that only tell: commands go out by their API, answers come in through `vpp receive`, and
//! `vpp apply` finds them in the memory both have.

use std::time::{Duration, Instant};

use vpp::sandbox::world::{Fate, WebhookSeed};
use vpp::sandbox::{Happened, Told};

use super::apple::Apple;
use super::receive::{KEY, Receiver};
use super::shell::Shell;

const DEVICE: &str = "F9FXH7L2JF8J";
const APP: &str = "com.gingerlabs.Notability";

/// A school whose devices enrolled after the receiver was there.
fn school(driver: &str, webhook: impl Fn(&str) -> WebhookSeed) -> (Shell, Apple, Receiver) {
    let mut shell = Shell::with_example("quickstart");
    let apple = Apple::of(&mut shell);
    let url = format!("{}{driver}", apple.running.mdm_url());
    let settings = format!(
        "{driver}: {{ url: \"{url}\", key: {{ env: MDM_KEY }}, webhookKey: {{ env: WEBHOOK_KEY }} }}"
    );
    shell.edit("location.yaml", "sandbox: {}", &settings);
    shell.set("MDM_KEY", "sandbox");
    shell.set("WEBHOOK_KEY", KEY);
    let receiver = Receiver::start_with(&shell, &["--listen", "127.0.0.1:0"], &[], 1);
    apple.sandbox.set_webhook(Some(webhook(&receiver.urls[0])));
    apple.sandbox.befall(&[DEVICE.to_owned()], Fate::ReEnrol).unwrap();
    wait(&apple, |told| !told.is_empty());
    (shell, apple, receiver)
}

fn wait(apple: &Apple, until: impl Fn(&[Told]) -> bool) {
    let begun = Instant::now();
    while !until(&apple.sandbox.told()) {
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", apple.sandbox.told());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Takes the license back, from the command to the proof.
fn comes_back(shell: &Shell, apple: &Apple, receiver: Receiver) {
    let ran = shell.run("apply --auto-approve --wait 1m");
    let waits = shell.run("status --reclaims").out;
    assert_eq!(ran.code, 0, "{}\n{}\n{waits}", ran.out, ran.err);
    assert!(ran.out.contains("CONVERGED"), "{}\n{waits}\n{:?}", ran.out, apple.sandbox.told());
    assert_eq!(apple.sandbox.device(DEVICE).unwrap().effects[APP], [1, 0]);
    let events = apple.sandbox.device_events();
    let released: Vec<_> = events.iter().filter(|one| one.what == Happened::Released).collect();
    assert_eq!(released.len(), 1, "{released:?}");
    assert!(released[0].still_on.is_empty(), "{released:?}");
    let (code, said) = receiver.stop();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(KEY) && !ran.err.contains(KEY), "{said}\n{}", ran.err);
}

#[test]
fn a_license_comes_back_through_nanomdm() {
    let (shell, apple, receiver) =
        school("nanomdm", |url| WebhookSeed { url: url.to_owned(), key: Some(KEY.to_owned()) });
    comes_back(&shell, &apple, receiver);
}

#[test]
fn a_license_comes_back_through_nanohub() {
    let (shell, apple, receiver) =
        school("nanohub", |url| WebhookSeed { url: url.to_owned(), key: Some(KEY.to_owned()) });
    comes_back(&shell, &apple, receiver);
}

#[test]
fn a_license_comes_back_through_micromdm() {
    let (shell, apple, receiver) = school("micromdm", |url| WebhookSeed {
        url: url.replace("http://", &format!("http://micromdm:{KEY}@")),
        key: None,
    });
    comes_back(&shell, &apple, receiver);
}

#[test]
fn an_answer_nobody_received_is_no_proof() {
    let (shell, apple, receiver) =
        school("nanomdm", |url| WebhookSeed { url: url.to_owned(), key: Some(KEY.to_owned()) });
    let (code, said) = receiver.stop();
    assert_eq!(code, Some(0), "{said}");
    let first = shell.run("apply --auto-approve --detailed-exitcode");
    assert_eq!(first.code, 7, "{}\n{}", first.out, first.err);
    wait(&apple, |told| told.iter().any(|one| !one.taken));
    assert_eq!(apple.sandbox.device(DEVICE).unwrap().effects[APP], [1, 0], "it obeyed");
    let events = apple.sandbox.device_events();
    assert!(events.iter().all(|one| one.what != Happened::Released), "nobody heard of it");
}
