//! Several locations.

use serde_json::Value;

use super::apple::Apple;
use super::shell::Shell;

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000 }
locations:
  - name: north
    uid: "100"
    owner: { id: ours, name: IT }
    assets: [{ adamId: 11, total: 3, assigned: { devices: [DMPX00000001] } }]
  - name: south
    uid: "200"
    owner: { id: ours, name: IT }
    assets: [{ adamId: 11, total: 9, assigned: { devices: [DMPX00000002] } }]
"#;

const MANIFESTS: &str = r#"
apiVersion: vpp/v1
kind: Location
name: north
uid: "100"
token: { env: VPP_TOKEN_NORTH }
owner: { id: ours, name: IT }
---
apiVersion: vpp/v1
kind: Location
name: south
uid: "200"
token: { env: VPP_TOKEN_SOUTH }
owner: { id: ours, name: IT }
---
apiVersion: vpp/v1
kind: Group
name: five
devices: [DMPX00000001, DMPX00000002, DMPX00000003, DMPX00000004, DMPX00000005]
---
apiVersion: vpp/v1
kind: App
name: notes
adamId: "11"
location: [north, south]
assign: [{ to: five }]
"#;

fn shell() -> (Shell, Apple) {
    let mut shell = Shell::with_files(&[("world.yaml", WORLD), ("all.yaml", MANIFESTS)]);
    let apple = Apple::of(&mut shell);
    (shell, apple)
}

#[test]
fn whoever_has_it_somewhere_keeps_it_there_and_new_ones_go_where_there_is_room() {
    let (shell, apple) = shell();
    shell.ok("apply --auto-approve");
    let snapshot = apple.sandbox.snapshot();
    let held = |name: &str| snapshot.location(name).unwrap().asset("11").unwrap().devices.clone();
    let north: Vec<String> = held("north").into_iter().collect();
    let south: Vec<String> = held("south").into_iter().collect();
    assert_eq!(north, ["DMPX00000001", "DMPX00000003", "DMPX00000004"]);
    assert_eq!(south, ["DMPX00000002", "DMPX00000005"]);
    assert_eq!(shell.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn one_that_cannot_be_read_does_not_hide_the_others() {
    let (shell, apple) = shell();
    apple.sandbox.revoke_token(Some("north")).unwrap();
    for line in ["plan", "status", "plan --detailed-exitcode"] {
        let ran = shell.run(line);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.out.contains("north") && ran.out.contains("has been revoked"), "{}", ran.out);
    }
    let json: Value = serde_json::from_str(&shell.run("plan --format json").out).unwrap();
    assert_eq!(json["complete"], false);
    assert_eq!(json["locations"][1]["failed"], Value::Null);
    assert!(json["locations"][0]["failed"].as_str().unwrap().contains("revoked"));
    let ran = shell.run("apply --auto-approve");
    assert_eq!(ran.code, 1, "half the truth is not applied: {}", ran.out);
    assert_eq!(apple.posts(), 0);
    let ran = shell.run("apply --auto-approve --location south");
    assert_eq!(ran.code, 64, "who has it in north must not get it in south: {}", ran.err);
}
