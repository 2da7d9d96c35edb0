//! A token is in no output, whatever goes wrong.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use camino::Utf8Path;
use serde_json::Value;
use vpp::sandbox::PlannedFault;

use super::apple::{Apple, TOKEN};
use super::shell::Shell;

const LINES: &[&str] = &[
    "validate",
    "plan",
    "plan --format json --detail --out p.json --report human=p.txt --report json=r.json",
    "show p.json --detail",
    "show p.json --format json",
    "status --invitations",
    "status --format json",
    "status --format csv",
    "export out",
    "export other --from .",
    "apply --auto-approve --format json --report json=run.json --report human=run.txt",
    "apply --auto-approve",
    "claim northfield --auto-approve",
    "apply p.json --auto-approve",
];

/// The texts that must not appear: the file's text, and the secret inside of it.
fn secrets(token: &str) -> Vec<String> {
    let inside = BASE64_STANDARD.decode(token).unwrap();
    let inside: Value = serde_json::from_slice(&inside).unwrap();
    let inner = inside["token"].as_str().unwrap().to_owned();
    assert!(inner.len() > 20);
    vec![token.to_owned(), inner]
}

fn search(secrets: &[String], what: &str, text: &str) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{what} tells the token: {text}");
    }
}

fn search_files(secrets: &[String], folder: &Utf8Path, but: &[&str]) {
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        if path.is_dir() {
            search_files(secrets, &path, but);
        } else if !but.contains(&path.file_name().unwrap()) {
            // Not every file is text: what is remembered is a database.
            let bytes = fs_err::read(&path).unwrap();
            search(secrets, path.as_str(), &String::from_utf8_lossy(&bytes));
        }
    }
}

/// Runs every command at the loudest and searches everything it leaves.
fn search_all(shell: &mut Shell, secrets: &[String], lines: &[&str]) -> String {
    let mut heard = String::new();
    for format in ["text", "json"] {
        shell.set("VPP_LOG", "trace");
        shell.set("VPP_LOG_FORMAT", format);
        for line in lines {
            let ran = shell.run(line);
            assert!(!ran.err.contains("panicked"), "{}", ran.err);
            search(secrets, line, &ran.out);
            search(secrets, line, &ran.err);
            heard.push_str(&ran.out);
            heard.push_str(&ran.err);
        }
    }
    search_files(secrets, shell.path(), &["the.vpptoken"]);
    heard
}

#[test]
fn runs_that_go_well() {
    for source in ["env", "file", "command"] {
        let mut shell = Shell::with_example("quickstart");
        shell.write(".vppignore", "out\nother\n");
        let apple = Apple::of(&mut shell);
        let token = apple.sandbox.token("northfield").unwrap();
        match source {
            "file" => {
                shell.write("the.vpptoken", &format!("{token}\n"));
                shell.edit("location.yaml", "{ env: VPP_TOKEN }", "{ file: the.vpptoken }");
            }
            "command" => {
                shell.write("the.vpptoken", &format!("{token}\n"));
                let command = "{ command: [cat, the.vpptoken] }";
                shell.edit("location.yaml", "{ env: VPP_TOKEN }", command);
            }
            _ => {}
        }
        let secrets = secrets(&token);
        let heard = search_all(&mut shell, &secrets, LINES);
        assert!(heard.contains(r#""state":"done""#), "{source}: it did run");
        assert!(heard.contains("assets/associate") && heard.contains("TRACE"), "it was logged");
    }
}

#[test]
fn runs_that_fail() {
    let looking = ["plan", "apply --auto-approve", "status", "claim northfield --auto-approve"];
    // Revoked, expired, and echoed back in errors of every kind.
    for number in [9625, 9621, 9622, 9722, 9601, 9602, 9603, 9637, 9646] {
        let mut shell = Shell::with_example("quickstart");
        let apple = Apple::of(&mut shell);
        let times = if matches!(number, 9603 | 9646) { 2 } else { 1_000_000 };
        let fault = PlannedFault { number: Some(number), times: Some(times), ..Default::default() };
        apple.sandbox.fail(fault);
        let secrets = secrets(&apple.sandbox.token("northfield").unwrap());
        let heard = search_all(&mut shell, &secrets, &looking[..2]);
        assert!(heard.contains(&number.to_string()), "{heard}");
    }
    let mut shell = Shell::with_example("quickstart");
    let apple = Apple::of(&mut shell);
    apple.sandbox.revoke_token(None).unwrap();
    let token = apple.sandbox.token("northfield").unwrap();
    let secrets = secrets(&token);
    search_all(&mut shell, &secrets, &looking);
    // Not a token, but nearly.
    for wrong in [&token[3..], &token[..token.len() - 40], &format!("{token}{token}"), &secrets[1]]
    {
        shell.set(TOKEN, wrong);
        let mut all = secrets.clone();
        all.push(wrong.to_owned());
        search_all(&mut shell, &all, &looking);
    }
    // The wrong library.
    shell.set(TOKEN, &token);
    shell.edit("location.yaml", "2049025000431439", "2049025000430000");
    search_all(&mut shell, &secrets, &looking);
}
