//! `--label` narrows every command that takes locations.

use super::shell::Shell;

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
locations:
  - { name: north, uid: "100", owner: { id: ours, name: IT }, assets: [{ adamId: 11, total: 3 }] }
  - { name: south, uid: "200", owner: { id: ours, name: IT }, assets: [{ adamId: 11, total: 3 }] }
"#;

const MANIFESTS: &str = r#"
apiVersion: vpp/v1
kind: Location
name: north
uid: "100"
token: { env: NORTH }
owner: { id: ours, name: IT }
labels: { region: north, kind: school }
---
apiVersion: vpp/v1
kind: Location
name: south
uid: "200"
token: { env: SOUTH }
owner: { id: ours, name: IT }
labels: { region: south, kind: school }
"#;

fn shell() -> Shell {
    Shell::with_files(&[("world.yaml", WORLD), ("all.yaml", MANIFESTS)])
}

/// Which locations the command spoke of.
fn told(out: &str) -> (bool, bool) {
    (out.contains("uId 100"), out.contains("uId 200"))
}

#[test]
fn only_locations_with_all_the_labels_are_looked_at() {
    let shell = shell();
    for (labels, expected) in [
        ("--label region=north", (true, false)),
        ("--label kind=school", (true, true)),
        ("--label kind=school --label region=south", (false, true)),
        ("--label kind=school --location north", (true, false)),
    ] {
        let out = shell.ok(&format!("status --sandbox world.yaml {labels}"));
        assert_eq!(told(&out), expected, "{labels}\n{out}");
    }
    let plan = shell.ok("plan --sandbox world.yaml --label region=north");
    assert!(!plan.contains("south"), "{plan}");
}

#[test]
fn a_label_no_location_has_is_a_wrong_command_line() {
    let shell = shell();
    for command in ["plan", "diff", "apply --auto-approve", "status", "claim north"] {
        let ran = shell.run(&format!("{command} --sandbox world.yaml --label region=nort"));
        assert_eq!(ran.code, 64, "{command}: {}", ran.err);
        let said = "no location has the label region=nort; labels are: kind=school, region=north";
        assert!(ran.err.contains(said), "{command}: {}", ran.err);
    }
    assert_eq!(shell.run("claim north --sandbox world.yaml --label region=south").code, 64);
    assert_eq!(shell.run("plan --sandbox world.yaml --label region").code, 64);
}

#[test]
fn a_saved_plan_is_applied_whole_or_not_at_all() {
    let shell = shell();
    shell.ok("plan --sandbox world.yaml --out plan.json");
    let ran = shell.run("apply plan.json --auto-approve --sandbox world.yaml --label region=north");
    assert_eq!(ran.code, 64, "{}", ran.err);
    assert!(ran.err.contains("does not have the label"), "{}", ran.err);
}

#[test]
fn what_to_type_next_repeats_the_label() {
    let shell = shell();
    shell.edit("all.yaml", "labels: { region: north,", "reclaim: keep\nlabels: { region: north,");
    let more = "---\napiVersion: vpp/v1\nkind: Group\nname: one\ndevices: [DMPX00000001]\n---\napiVersion: vpp/v1\n\
                kind: App\nname: notes\nadamId: \"11\"\nlocation: north\nassign: [{ to: one }]\n";
    shell.write("app.yaml", more);
    let plan = shell.ok("plan --sandbox world.yaml --label region=north");
    assert!(plan.contains("vpp apply --label region=north"), "{plan}");
}
