//! Commands that need no Apple: `validate`, `explain`, `schema`, `completions`.

use serde_json::Value;

use super::shell::Shell;

const WRONG: &[(&str, &str)] = &[
    (
        "apps/a.yaml",
        "apiVersion: vpp/v1\nkind: App\nname: notes\nadamId: \"11\"\nlocation: nroth\nassign:\n  - \
         to: year-8\n    intnet: required\n",
    ),
    (
        "apps/b.yaml",
        "apiVersion: vpp/v1\nkind: App\nname: notes\nadamId: eleven\nlocation: north\n",
    ),
    ("apps/c.yaml", "apiVersion: vpp/v1\nkind: Ap\nname: x\n"),
    (
        "groups.yaml",
        "apiVersion: vpp/v1\nkind: Group\nname: year-7\ndevices: [012345678901, 1E10]\n",
    ),
    ("location.yaml", "apiVersion: vpp/v1\nkind: Location\nname: north\ntoken: { env: T }\n"),
];

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let shell = Shell::with_files(WRONG);
    let people = shell.run("validate");
    assert_eq!((people.code, people.out.as_str()), (3, ""));
    insta::assert_snapshot!("validate_human", people.err);
    let annotations = shell.run("validate --format github");
    assert_eq!(annotations.code, 3);
    insta::assert_snapshot!("validate_github", annotations.out);
    let machines = shell.run("validate --format json");
    assert_eq!(machines.code, 3);
    let json: Value = serde_json::from_str(&machines.out).unwrap();
    insta::assert_json_snapshot!("validate_json", json);
}

#[test]
fn every_code_is_explained() {
    let shell = Shell::new();
    let list = shell.ok("explain");
    let codes: Vec<&str> = list.lines().filter_map(|line| line.split("  ").next()).collect();
    assert!(codes.len() > 40);
    for code in codes {
        let text = shell.ok(&format!("explain {code}"));
        assert!(text.starts_with(&format!("{code}: ")) && text.lines().count() > 2, "{text}");
    }
    let unknown = shell.run("explain VPP-M0112");
    assert!(unknown.err.contains("did you mean VPP-M"), "{}", unknown.err);
}

#[test]
fn schemas_are_those_of_the_repository() {
    let shell = Shell::new();
    for (subject, file) in [
        ("manifest", "manifest.json"),
        ("plan", "plan.json"),
        ("result", "result.json"),
        ("events", "events.json"),
        ("history", "history.json"),
        ("audit", "audit.json"),
        ("world", "world.json"),
    ] {
        let path = format!("{}/schema/{file}", env!("CARGO_MANIFEST_DIR"));
        let kept = fs_err::read_to_string(path).unwrap();
        assert_eq!(shell.ok(&format!("schema {subject}")).trim_end(), kept.trim_end(), "{subject}");
    }
}

#[test]
fn shells_are_told_how_to_complete() {
    let shell = Shell::new();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = shell.ok(&format!("completions {name}"));
        assert!(script.contains("vpp") && script.contains("detailed-exitcode"), "{name}");
    }
}
