//! Licenses that come back by uninstalling, over several runs: what is said of them meanwhile.

use serde_json::Value;

use super::apple::Apple;
use super::shell::{Shell, steady};

const WORLD: &str = r#"apiVersion: vpp/v1
kind: World
locations:
  - name: north
    uid: "100"
    owner: { id: ours, name: IT }
    users:
      - { clientUserId: bob, status: Associated }
    assets:
      - adamId: 11
        bundleId: com.example.notes
        total: 9
        assigned:
          devices: [DMPX00000001, DMPX00000002, DMPX00000003, DMPX00000004, DMPX00000005]
          users: [bob]
      - { adamId: 12, bundleId: com.example.maps, total: 2, assigned: { devices: [DMPX00000001] } }
devices:
  - { serial: DMPX00000001, behaves: { offline: 3d } }
  - { serial: DMPX00000002, behaves: { offline: 3d } }
  - { serial: DMPX00000003, behaves: { refuses: declarative } }
  - { serial: DMPX00000004, behaves: { notNow: 1000 } }
  - { serial: DMPX00000005 }
  - { serial: DMPX00000006, user: bob, apps: { managed: [com.example.notes] }, behaves: { offline: 9d } }
  - { serial: DMPX00000007, user: bob, apps: { managed: [com.example.notes] } }
"#;

const MANIFESTS: &str = r#"apiVersion: vpp/v1
kind: Location
name: north
uid: "100"
token: { env: T }
owner: { id: ours, name: IT }
mdm: campus
reclaim: uninstall
description: Northfield Schools
labels: { region: north }
---
{ apiVersion: vpp/v1, kind: Mdm, name: campus, sandbox: {} }
---
{ apiVersion: vpp/v1, kind: Group, name: wanted, devices: [DMPX00000009] }
---
apiVersion: vpp/v1
kind: App
name: Notes
adamId: 11
bundleId: com.example.notes
location: north
assign: [{ to: wanted }]
---
apiVersion: vpp/v1
kind: App
name: Maps
adamId: 12
bundleId: com.example.maps
location: north
assign: [{ to: wanted }]
"#;

const HERE: &str = "--sandbox world.yaml --sandbox-state state.json";

/// A folder in which one run has begun to take licenses back.
fn begun() -> Shell {
    let shell = Shell::with_files(&[("all.yaml", MANIFESTS), ("world.yaml", WORLD)]);
    let ran = shell.run(&format!("apply --auto-approve --detailed-exitcode {HERE}"));
    assert_eq!(ran.code, 7, "{}{}", ran.out, ran.err);
    shell
}

/// Without what differs from run to run, minutes included.
fn still(text: &str) -> String {
    let mut rest = steady(text).replace("&#8203;", "");
    let mut out = String::new();
    while let Some(at) = rest.find("[day] ") {
        let end = at + "[day] ".len();
        let (before, after) = rest.split_at(end);
        out.push_str(before);
        let minute = after.get(..6).filter(|minute| minute.ends_with('Z'));
        let after = minute.map_or(after, |minute| &after[minute.len()..]);
        rest = after.to_owned();
    }
    out + &rest
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_reclaims_wait_for_is_told_in_every_format() {
    let shell = begun();
    for line in ["", "--detail", "--format csv", "--format csv --detail"] {
        let out = shell.ok(&format!("status --reclaims {line} {HERE}"));
        let name = format!("reclaims {line}").trim().replace(' ', "_");
        insta::assert_snapshot!(name, still(&out));
    }
    let status = json(&shell.ok(&format!("status --reclaims --format json {HERE}")));
    let north = &status["locations"][0];
    assert_eq!((&north["uid"], &north["open"]), (&"100".into(), &6.into()), "{status}");
    let stages = north["apps"].as_array().unwrap().iter().flat_map(|app| {
        let name = app["name"].as_str().unwrap();
        let stages = app["stages"].as_array().unwrap().iter();
        stages.map(move |stage| (name, stage["phase"].as_str().unwrap(), stage["count"].as_u64()))
    });
    let mut stages: Vec<_> = stages.collect();
    stages.sort_unstable();
    let blocked = ("Notes", "blocked", Some(1));
    let sent = [("Maps", "uninstall_sent", Some(1)), ("Notes", "uninstall_sent", Some(1))];
    assert!(stages.contains(&blocked) && stages.contains(&sent[0]), "{stages:?}");
    assert_eq!(stages.iter().filter_map(|(_, _, count)| *count).sum::<u64>(), 6, "{stages:?}");
}

#[test]
fn neither_apple_nor_a_token_is_needed_to_tell_of_reclaims() {
    let shell = begun();
    let out = shell.ok("status --reclaims --state state.json.db");
    assert_eq!(out, shell.ok(&format!("status --reclaims {HERE}")));
    // Which library an unpinned location is, the history of runs knows.
    shell.edit("all.yaml", "uid: \"100\"\n", "");
    assert_eq!(shell.ok("status --reclaims --state state.json.db"), out);
    shell.edit("all.yaml", "name: north\n", "name: far-north\n");
    shell.edit("all.yaml", "location: north\n", "location: far-north\n");
    let unknown = shell.ok("status --reclaims --state state.json.db");
    assert!(unknown.contains("pins no `uid`"), "{unknown}");
}

#[test]
fn reclaims_are_told_of_the_locations_labels_and_apps_that_are_asked_for() {
    let shell = begun();
    let open = |options: &str| {
        let status = json(&shell.ok(&format!("status --reclaims --format json {options} {HERE}")));
        status["locations"].as_array().unwrap().iter().filter_map(|one| one["open"].as_u64()).sum()
    };
    let counted: Vec<u64> =
        ["--app Notes", "--app 12", "--app Notes --app Maps", "--location north"].map(open).into();
    assert_eq!(counted, [5, 1, 6, 6]);
    assert_eq!(open("--label region=north"), 6);
    let ran = shell.run(&format!("status --reclaims --app Note {HERE}"));
    assert_eq!(ran.code, 64, "{}", ran.err);
    assert!(ran.err.contains("did you mean `Notes`?"), "{}", ran.err);
    for line in ["--label region=south", "--location south"] {
        assert_eq!(shell.run(&format!("status --reclaims {line} {HERE}")).code, 64, "{line}");
    }
}

#[test]
fn the_status_of_licenses_says_that_some_are_on_their_way_back() {
    let shell = begun();
    let out = shell.ok(&format!("status {HERE}"));
    assert!(out.contains("6 under way, 1 of them blocked or unknown"), "{out}");
    let status = json(&shell.ok(&format!("status --format json {HERE}")));
    let rows = status["locations"][0]["reclaims"].as_array().unwrap();
    assert_eq!(rows.iter().filter_map(|row| row["count"].as_u64()).sum::<u64>(), 6, "{status}");
}

#[test]
fn without_memory_nothing_is_known_of_reclaims_and_that_is_said() {
    let shell = Shell::with_files(&[("all.yaml", MANIFESTS)]);
    let ran = shell.run("status --reclaims");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(ran.err.contains("no run is remembered here"), "{}", ran.err);
    assert!(!shell.path().join(".vpp").exists(), "reading makes nothing");
    let status = json(&shell.ok("status --reclaims --format json"));
    assert_eq!(status["memory"], false);
}

#[test]
fn every_plan_tells_how_far_reclaims_are_and_which_it_ends() {
    let shell = begun();
    for (format, name) in [("human", "plan"), ("markdown", "plan_markdown")] {
        let out = shell.ok(&format!("plan --format {format} {HERE}"));
        insta::assert_snapshot!(name, still(&out));
    }
    let html = shell.ok(&format!("plan --format html {HERE}"));
    assert!(html.contains("Under way") && html.contains("1 blocked"), "{html}");
    let plan = json(&shell.ok(&format!("plan --format json {HERE}")));
    jsonschema::validate(&json(&shell.ok("schema plan")), &plan).unwrap();
    // Somebody is wanted again, and somebody is to keep the license for good.
    shell.edit("all.yaml", "devices: [DMPX00000009]", "devices: [DMPX00000009, DMPX00000001]");
    let plan = json(&shell.ok(&format!("plan --format json {HERE}")));
    let of = |name: &str| {
        let mut rows = plan["carried"].as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap().clone()
    };
    assert_eq!((&of("Notes")["wanted_again"], &of("Notes")["count"]), (&1.into(), &5.into()));
    assert_eq!(of("Maps")["wanted_again"], 1);
    let text = shell.ok(&format!("plan {HERE}"));
    assert!(text.contains("1 cancelled: wanted again, the license stays"), "{text}");
    // What is remembered says nothing about what is done.
    let blank = json(&shell.ok(&format!("plan --format json {HERE} --state other.db")));
    assert_eq!(blank["fingerprint"], plan["fingerprint"]);
    assert_eq!(blank.get("carried"), None);
    let ran = shell.run(&format!("apply --auto-approve {HERE}"));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let plan = json(&shell.ok(&format!("plan --format json {HERE}")));
    assert_eq!(plan["carried"][0]["wanted_again"], 0, "{plan}");
    let left: Vec<_> = plan["carried"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(left, ["Notes"]);
}

#[test]
fn the_report_of_a_run_says_how_far_reclaims_are_and_why() {
    let shell = Shell::with_files(&[("all.yaml", MANIFESTS), ("world.yaml", WORLD)]);
    let out = shell.ok(&format!(
        "apply --auto-approve --report json=run.json --report markdown=run.md {HERE}"
    ));
    insta::assert_snapshot!("report", still(&out));
    assert!(shell.read("run.md").contains("**6 reclaims wait**"), "{}", shell.read("run.md"));
    let report = json(&shell.read("run.json"));
    jsonschema::validate(&json(&shell.ok("schema result")), &report).unwrap();
    assert_eq!(
        (&report["summary"]["waits"], &report["summary"]["blocked"]),
        (&6.into(), &1.into())
    );
}

/// Two devices that are off hold an app that nobody wants there.
fn two_that_are_off() -> (Shell, Apple) {
    let off = "behaves: { offline: 3d }";
    let world = format!(
        "apiVersion: vpp/v1\nkind: World\nlocations:\n  - name: north\n    uid: \"100\"\n    owner: \
         {{ id: ours, name: IT }}\n    assets: [{{ adamId: 11, bundleId: com.example.notes, total: \
         9, assigned: {{ devices: [DMPX00000001, DMPX00000002] }} }}, {{ adamId: 12, total: 2 \
         }}]\ndevices: [{{ serial: DMPX00000001, {off} }}, {{ serial: DMPX00000002, {off} }}]\n"
    );
    let files = [("all.yaml", MANIFESTS), ("world.yaml", world.as_str())];
    let mut shell = Shell::with_files(&files);
    let apple = Apple::of(&mut shell);
    shell.edit("all.yaml", "token: { env: T }", "token: { env: VPP_TOKEN }");
    (shell, apple)
}

/// Commands that devices' server was given.
fn commands(apple: &Apple) -> usize {
    let asked = apple.sandbox.mdm_requests();
    let commands = asked.iter().filter(|one| one.method == "POST" && one.path == "commands");
    commands.map(|one| one.items).sum()
}

#[cfg(unix)]
#[test]
fn a_run_that_waits_for_devices_and_is_interrupted_closes_its_journal_and_goes_on_later() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let (shell, apple) = two_that_are_off();
        let child = shell.spawn("apply --auto-approve --wait 30m");
        let begun = std::time::Instant::now();
        while commands(&apple) < 2 {
            assert!(begun.elapsed() < std::time::Duration::from_mins(1), "nothing is sent");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let id = child.id().to_string();
        let kill = std::process::Command::new("kill").args([signal, &id]).status();
        assert!(kill.unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let text = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{text}");
        assert!(text.contains("INTERRUPTED"), "{text}");
        assert!(begun.elapsed() < std::time::Duration::from_mins(2), "it ends at once");

        let history = json(&shell.ok("history --format json"));
        let run = &history["runs"][0]["run"];
        assert_eq!(run["end"]["result"], "interrupted");
        let shown =
            shell.ok(&format!("history show {} --format json", run["id"].as_str().unwrap()));
        let journal = json(&shown)["runs"][0]["journal"].clone();
        let journal = journal.as_array().unwrap();
        assert!(journal.iter().all(|intent| !intent["outcome"].is_null()), "{journal:?}");
        let status = json(&shell.ok("status --reclaims --format json"));
        assert_eq!(status["locations"][0]["apps"][0]["stages"][0]["phase"], "uninstall_sent");
        assert_eq!(status["locations"][0]["open"], 2);

        let ran = shell.run("apply --auto-approve --detailed-exitcode");
        assert_eq!(ran.code, 7, "{}{}", ran.out, ran.err);
        assert_eq!(commands(&apple), 2, "nothing is sent twice");
    }
}
