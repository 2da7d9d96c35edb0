//! The main job, as the first page of the manual does it.

use serde_json::Value;

use super::shell::{Shell, steady};

const HERE: &str = "--sandbox world.yaml --sandbox-state state.json";

#[test]
fn the_plan_for_people() {
    let shell = Shell::with_example("quickstart");
    insta::assert_snapshot!(steady(&shell.ok("plan --sandbox world.yaml")));
}

#[test]
fn the_plan_for_machines() {
    let shell = Shell::with_example("quickstart");
    let plan: Value =
        serde_json::from_str(&shell.ok("plan --sandbox world.yaml --format json")).unwrap();
    insta::assert_json_snapshot!(plan, {
        ".created_at" => "[moment]",
        ".locations[].read_at" => "[moment]",
        ".locations[].versions" => "[versions]",
    });
    let schema: Value = serde_json::from_str(&shell.ok("schema plan")).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&plan).unwrap();
}

#[test]
fn apply_then_nothing_to_do() {
    let shell = Shell::with_example("quickstart");
    let ran = shell.run(&format!("apply --auto-approve --quiet {HERE}"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(steady(&ran.out));
    assert_eq!(shell.run(&format!("plan --detailed-exitcode {HERE}")).code, 0);
    let again = shell.run(&format!("apply --auto-approve --quiet {HERE}"));
    assert_eq!((again.code, again.err.as_str()), (0, ""));
    assert!(again.out.contains("NOTHING TO DO"), "{}", again.out);
}

#[test]
fn the_stream_and_the_reports_of_a_run() {
    let shell = Shell::with_example("quickstart");
    for wanted in ["done", "nothing"] {
        let out = shell.ok(&format!(
            "apply --auto-approve --format json --report json=r.json --report human=r.txt {HERE}"
        ));
        let lines: Vec<Value> =
            out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let schema: Value = serde_json::from_str(&shell.ok("schema events")).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        assert!(lines.iter().all(|line| schema.is_valid(line)));
        assert_eq!(lines[0]["type"], "version");
        let last = lines.last().unwrap();
        assert_eq!((&last["type"], &last["result"]["state"]), (&"summary".into(), &wanted.into()));
        let report: Value = serde_json::from_str(&shell.read("r.json")).unwrap();
        let schema: Value = serde_json::from_str(&shell.ok("schema result")).unwrap();
        jsonschema::validator_for(&schema).unwrap().validate(&report).unwrap();
        assert_eq!(report["result"]["state"], wanted);
        assert_eq!(report["summary"], last["summary"]);
        assert!(shell.read("r.txt").starts_with("vpp apply · northfield"));
    }
}

#[test]
fn the_first_plan_of_an_export_is_empty() {
    for example in ["quickstart", "school"] {
        let shell = Shell::with_example(example);
        let told = shell.ok("export out --sandbox world.yaml");
        assert!(told.starts_with("wrote "), "{told}");
        let plan = shell.run("plan out --detailed-exitcode --sandbox world.yaml");
        assert_eq!(plan.code, 0, "{example}: {}{}", plan.out, plan.err);
        assert!(shell.ok("validate out").starts_with("valid: "));
        let again = shell.run("export out --sandbox world.yaml");
        assert_eq!(again.code, 1, "{}", again.err);
    }
}

#[test]
fn the_school_after_its_mistakes_are_mended() {
    let shell = Shell::with_example("school");
    let blocked = shell.run("plan --sandbox world.yaml");
    assert_eq!(blocked.code, 4, "{}", blocked.err);
    insta::assert_snapshot!(steady(&blocked.out));
    let refused = shell.run(&format!("apply --auto-approve {HERE}"));
    assert_eq!(refused.code, 4);
    let refused = shell.run(&format!("apply --auto-approve --format json {HERE}"));
    assert_eq!(refused.code, 4);
    let last: Value = serde_json::from_str(refused.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["result"]["reason"], "a guard blocks the plan; nothing was changed");

    shell.edit("apps/procreate.yaml", "assign:\n", "whenShort: fill\nassign:\n");
    for gone in ["apps/year-13-preparation.yaml", "apps/explain-everything.yaml"] {
        fs_err::remove_file(shell.path().join(gone)).unwrap();
    }
    let applied = shell.run(&format!("apply --auto-approve --quiet {HERE}"));
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    assert_eq!(shell.run(&format!("plan --detailed-exitcode {HERE}")).code, 0);
    shell.write(".vppignore", "out\n");
    shell.ok(&format!("export out --from . {HERE}"));
    assert_eq!(shell.run(&format!("plan out --detailed-exitcode {HERE}")).code, 0);
}

#[test]
fn status_in_every_format() {
    let shell = Shell::with_example("quickstart");
    for line in ["", "--format csv", "--invitations"] {
        let name = format!("status {line}");
        let out = shell.ok(&format!("status --sandbox world.yaml {line}"));
        insta::assert_snapshot!(name.trim().replace(' ', "_"), steady(&out));
    }
    let json: Value =
        serde_json::from_str(&shell.ok("status --sandbox world.yaml --format json")).unwrap();
    assert!(json.is_object(), "{json}");
}

#[test]
fn a_sandbox_of_its_own_process() {
    use std::io::{BufRead, BufReader};

    let mut shell = Shell::with_example("quickstart");
    let mut child = shell.spawn("sandbox world.yaml --listen 127.0.0.1:0 --event-delay 1ms");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        let line = lines.next().unwrap().unwrap();
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        shell.set(name, value);
    }
    shell.set("VPP_POLL_INTERVAL", "5ms");
    let applied = shell.run("apply --auto-approve --quiet");
    let empty = shell.run("plan --detailed-exitcode");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    assert_eq!(empty.code, 0, "{}", empty.out);
}
