//! What is remembered between runs, and how runs keep out of each other's way.

use std::time::{Duration, Instant};

use serde_json::Value;
use vpp::sandbox::{Change, ChangeAssignments};

use super::apple::Apple;
use super::shell::Shell;

fn quickstart() -> (Shell, Apple) {
    let mut shell = Shell::with_example("quickstart");
    let apple = Apple::of(&mut shell);
    (shell, apple)
}

fn history(shell: &Shell) -> Value {
    serde_json::from_str(&shell.ok("history --format json")).unwrap()
}

#[test]
fn a_run_is_in_the_history_with_who_and_what_it_sent() {
    let (mut shell, apple) = quickstart();
    shell.set("GITHUB_ACTOR", "ann");
    shell.set("GITHUB_SERVER_URL", "https://git.example.org");
    shell.set("GITHUB_REPOSITORY", "school/licenses");
    shell.set("GITHUB_RUN_ID", "77");
    shell.set("GITHUB_SHA", "3f9c2ab41d0077ab3f9c2ab41d0077ab3f9c2ab4");
    assert_eq!(shell.ok("history"), "");
    assert!(!shell.path().join(".vpp").exists(), "reading makes nothing");
    shell.ok("apply --auto-approve");
    assert!(shell.read(".vpp/.gitignore").ends_with("\n*\n"));

    let listed = history(&shell);
    let schema: Value = serde_json::from_str(&shell.ok("schema history")).unwrap();
    let run = &listed["runs"][0]["run"];
    assert_eq!(run["who"], "ann, https://git.example.org/school/licenses/actions/runs/77");
    assert_eq!(run["commit"], "3f9c2ab41d0077ab3f9c2ab41d0077ab3f9c2ab4");
    assert_eq!((&run["end"]["result"], &run["end"]["report"]), (&"done".into(), &Value::Null));
    let id = run["id"].as_str().unwrap();

    let shown: Value =
        serde_json::from_str(&shell.ok(&format!("history show {} --format json", &id[..8])))
            .unwrap();
    for document in [&listed, &shown] {
        jsonschema::validate(&schema, document).unwrap();
    }
    let shown = &shown["runs"][0];
    assert_eq!(shown["run"]["end"]["report"]["fingerprint"], run["fingerprint"]);
    assert_eq!(shown["journal"].as_array().unwrap().len(), apple.posts() + apple.commands());
    let text = shell.ok(&format!("history show {id}"));
    assert!(text.contains("Journal: ") && text.contains("associate"), "{text}");
    let table = shell.ok("history");
    assert!(table.contains(&id[..8]) && table.contains("done"), "{table}");
    let rows = shell.ok("history --format csv");
    assert!(rows.starts_with("run,began,ended,result,assigned,"), "{rows}");
    assert!(rows.lines().nth(1).unwrap().starts_with(id), "{rows}");

    // An apply without anything to do is no event.
    shell.ok("apply --auto-approve");
    assert_eq!(history(&shell)["runs"].as_array().unwrap().len(), 1);
    let unknown = shell.run("history show ffff");
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("`vpp history` lists them"), "{}", unknown.err);
}

#[test]
fn the_audit_has_a_line_for_each_change_and_none_where_nothing_changed() {
    let (mut shell, apple) = quickstart();
    shell.set("GITHUB_ACTOR", "ann");
    shell.ok("apply --auto-approve --report audit=audit.jsonl");
    let text = shell.read("audit.jsonl");
    let schema: Value = serde_json::from_str(&shell.ok("schema audit")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), apple.posts() + apple.commands());
    let run = &history(&shell)["runs"][0]["run"];
    for line in &lines {
        jsonschema::validate(&schema, line).unwrap();
        assert_eq!((&line["who"], &line["run"]), (&"ann".into(), &run["id"]));
        assert_eq!(line["fingerprint"], run["fingerprint"]);
        assert_eq!(line["outcome"]["done"], line["count"]);
    }
    shell.ok("apply --auto-approve --report audit=audit.jsonl");
    assert_eq!(shell.read("audit.jsonl"), text);
}

#[test]
fn two_applies_at_once_and_one_that_was_killed() {
    let (mut shell, apple) = quickstart();
    shell.set("USER", "ann");
    apple.sandbox.hold_events(true);
    let mut first = shell.spawn("apply --auto-approve");
    let begun = Instant::now();
    while apple.sandbox.requests().iter().all(|one| !one.path.contains("associate")) {
        assert!(begun.elapsed() < Duration::from_mins(1), "nothing is sent");
        std::thread::sleep(Duration::from_millis(10));
    }
    let second = shell.run("apply --auto-approve");
    assert_eq!(second.code, 1, "{}", second.err);
    assert!(second.err.contains("another apply is at work in northfield: ann@"), "{}", second.err);
    assert!(second.err.contains("nothing was changed"), "{}", second.err);

    first.kill().unwrap();
    first.wait().unwrap();
    let sent = apple.posts();
    assert_eq!(shell.run("apply --auto-approve").code, 1, "its lease is in force for a while");
    // Two minutes later:
    let state = rusqlite::Connection::open(shell.path().join(".vpp/state.db")).unwrap();
    state.execute("UPDATE vpp_leases SET ends = 0", []).unwrap();
    drop(state);
    apple.sandbox.hold_events(false);
    let third = shell.run("apply --auto-approve");
    assert_eq!(third.code, 0, "{}\n{}", third.out, third.err);
    assert!(third.err.contains("left open settled by reading"), "{}", third.err);
    let runs = history(&shell);
    let results = ["/runs/0/run/end/result", "/runs/1/run/end"].map(|at| runs.pointer(at).unwrap());
    assert_eq!(results, [&Value::from("done"), &Value::Null]);
    assert!(apple.posts() > sent);
    assert_eq!(shell.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn a_memory_that_cannot_be_used_stops_an_apply_and_nothing_else() {
    let (shell, apple) = quickstart();
    shell.write(".vpp/state.db", "not a database, but somebody's only copy");
    let apply = shell.run("apply --auto-approve");
    assert_eq!(apply.code, 1);
    assert!(apply.err.contains("nothing was overwritten"), "{}", apply.err);
    assert_eq!(apple.posts(), 0);
    assert_eq!(shell.read(".vpp/state.db"), "not a database, but somebody's only copy");
    shell.ok("plan");
    shell.ok("status");
    let history = shell.run("history");
    assert_eq!(history.code, 0);
    assert_eq!(history.err.matches("warning: this goes on without memory").count(), 1);
}

#[test]
fn a_rehearsal_does_not_mix_with_the_real_memory() {
    let mut shell = Shell::with_example("quickstart");
    shell.set("VPP_STATE", shell.path().join("real.db").to_string().as_str());
    shell.ok("apply --auto-approve --sandbox world.yaml");
    assert!(!shell.path().join("real.db").exists() && !shell.path().join(".vpp").exists());
    shell.ok("apply --auto-approve --sandbox world.yaml --sandbox-state box.json");
    assert!(!shell.path().join("real.db").exists() && !shell.path().join(".vpp").exists());
    assert!(shell.ok("history --state box.json.db").contains("done"));
    shell.ok("apply --auto-approve --sandbox world.yaml --state named.db");
    assert!(shell.ok("history --state named.db").contains("done"));
}

#[test]
fn a_password_in_the_address_is_in_no_output() {
    let (mut shell, _apple) = quickstart();
    shell.set("VPP_STATE", "postgres://vpp:s3cret@127.0.0.1:1/state");
    shell.set("VPP_LOG", "trace");
    for line in ["apply --auto-approve", "history"] {
        let ran = shell.run(line);
        assert!(!ran.err.contains("s3cret") && !ran.out.contains("s3cret"), "{}", ran.err);
        assert!(ran.err.contains("postgres://vpp@127.0.0.1:1/state"), "{}", ran.err);
    }
}

/// Takes an app from devices at Apple, by other hands.
fn take(apple: &Apple, adam_id: &str, devices: &[String]) {
    let what = ChangeAssignments {
        adam_id: adam_id.to_owned(),
        serial_numbers: devices.to_vec(),
        ..ChangeAssignments::default()
    };
    assert_eq!(apple.sandbox.change_assignments(Change::Remove, &what).unwrap(), devices.len());
}

#[test]
fn what_other_hands_did_since_the_last_apply_is_told_and_a_fifth_gone_blocks() {
    let (shell, apple) = quickstart();
    let plan = |shell: &Shell| -> Value {
        serde_json::from_str(&shell.run("plan --format json").out).unwrap()
    };
    assert_eq!(plan(&shell)["drift"], Value::Null, "nothing was applied yet");
    shell.ok("apply --auto-approve");
    assert_eq!(plan(&shell)["drift"], Value::Null, "all is as it was left");

    let holding = |adam_id: &str| -> Vec<String> {
        let shot = apple.sandbox.snapshot();
        let asset = shot.locations[0].assets.iter().find(|one| one.adam_id == adam_id).unwrap();
        asset.devices.iter().cloned().collect()
    };
    let (goodnotes, pages) = ("1444383602", "361309726");
    let taken = &holding(goodnotes)[..1];
    take(&apple, goodnotes, taken);
    let moved = plan(&shell);
    let [row] = moved["drift"].as_array().unwrap().as_slice() else { panic!("{moved}") };
    assert_eq!(
        (&row["name"], &row["gained"], &row["lost"]),
        (&"Goodnotes".into(), &0.into(), &1.into())
    );
    assert_eq!(row["lost_examples"][0], taken[0].as_str());
    assert_eq!(row["run"], history(&shell)["runs"][0]["run"]["id"]);
    let text = shell.run("plan").out;
    assert!(
        text.contains("Drift since run ") && text.contains("1 taken away by other hands"),
        "{text}"
    );

    // 7 of the 30 are gone: somebody should look before they are given again.
    take(&apple, goodnotes, &holding(goodnotes));
    take(&apple, pages, &holding(pages)[..1]);
    let blocked = shell.run("plan");
    assert_eq!(blocked.code, 4, "{}", blocked.out);
    assert!(blocked.out.contains("VPP-G109 blocks"), "{}", blocked.out);

    // Without memory nothing is claimed.
    std::fs::remove_dir_all(shell.path().join(".vpp")).unwrap();
    assert_eq!(plan(&shell)["drift"], Value::Null);
    assert_eq!(shell.run("plan").code, 0);
}
