//! `install: true`: what plans and runs say of it.

use serde_json::Value;

use super::shell::Shell;

const WORLD: &str = r#"apiVersion: vpp/v1
kind: World
locations:
  - name: north
    uid: "100"
    owner: { id: ours, name: IT }
    users: [{ clientUserId: bob, status: Associated }]
    assets: [{ adamId: 11, bundleId: com.example.notes, total: 9 }]
devices:
  - { serial: DMPX00000001, apps: {} }
  - { serial: DMPX00000002, apps: {}, behaves: { offline: 3d } }
  - { serial: DMPX00000003, user: bob, apps: {} }
"#;

const MANIFESTS: &str = r#"apiVersion: vpp/v1
kind: Location
name: north
uid: "100"
token: { env: T }
owner: { id: ours, name: IT }
mdm: campus
install: true
---
{ apiVersion: vpp/v1, kind: Mdm, name: campus, sandbox: {} }
---
{ apiVersion: vpp/v1, kind: Group, name: devices, devices: [DMPX00000001, DMPX00000002] }
---
{ apiVersion: vpp/v1, kind: Group, name: people, users: [bob] }
---
apiVersion: vpp/v1
kind: App
name: Notes
adamId: 11
bundleId: com.example.notes
location: north
assign: [{ to: devices }, { to: people, license: user }]
"#;

const HERE: &str = "--sandbox world.yaml --sandbox-state state.json";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_plan_counts_installations_and_a_run_says_what_became_of_them() {
    let shell = Shell::with_files(&[("all.yaml", MANIFESTS), ("world.yaml", WORLD)]);
    let plan = shell.ok(&format!("plan {HERE}"));
    let said = "2 devices are told to install what they are given; 1 license of a person";
    assert!(plan.contains(said), "{plan}");
    for format in ["markdown", "html"] {
        let text = shell.ok(&format!("plan --format {format} {HERE}"));
        assert!(text.contains("2 devices are told to install"), "{format}: {text}");
    }
    let plan = json(&shell.ok(&format!("plan --format json {HERE}")));
    jsonschema::validate(&json(&shell.ok("schema plan")), &plan).unwrap();
    assert_eq!(plan["summary"]["installs"], serde_json::json!({ "devices": 2, "users": 1 }));
    // An approval is an approval of the installations, too.
    let installs = plan["fingerprint"].clone();
    shell.edit("all.yaml", "install: true", "install: false");
    let plan = json(&shell.ok(&format!("plan --format json {HERE}")));
    assert_ne!(plan["fingerprint"], installs);
    assert_eq!(plan["summary"].get("installs"), None);
    shell.edit("all.yaml", "install: false", "install: true");

    let ran = shell.ok(&format!("apply --auto-approve --report json=run.json {HERE}"));
    assert!(ran.contains("3 commands sent: 2 acknowledged, 1 waits"), "{ran}");
    assert!(ran.contains("the device has not answered"), "{ran}");
    let report = json(&shell.read("run.json"));
    jsonschema::validate(&json(&shell.ok("schema result")), &report).unwrap();
    assert_eq!(report["summary"]["installs"]["acknowledged"], 2);
    // Nothing else is to be done, and the next run says how the installation goes.
    let ran = shell.ok(&format!("apply --auto-approve {HERE}"));
    assert!(ran.contains("1 waits"), "{ran}");
}

#[test]
fn where_nobody_can_be_told_to_install_the_manifests_are_refused() {
    let shell = Shell::with_files(&[("all.yaml", MANIFESTS)]);
    shell.edit("all.yaml", "sandbox: {}", "exec: { command: [./adapter] }");
    let ran = shell.run("validate");
    assert_eq!(ran.code, 3, "{}", ran.err);
    for said in ["VPP-M042", "all.yaml:8", "fleet, nanomdm, nanohub, micromdm"] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
}
