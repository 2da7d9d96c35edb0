//! One run feeds the terminal, the pull request, the step and files.

use serde_json::Value;

use super::shell::Shell;

const ALL: &str = "--report human=r/plan.txt --report json=r/plan.json --report markdown=r/plan.md \
                   --report html=r/plan.html --report csv=r/plan.csv --report github=r/plan.log";

#[test]
fn one_run_feeds_every_format_and_a_saved_plan_shows_the_same() {
    let shell = Shell::with_example("quickstart");
    let ran = shell.run(&format!("plan --sandbox world.yaml --quiet --out plan.json {ALL}"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("READY"), "{}", ran.out);
    let starts = [
        ("json", "{\"format_version\":"),
        ("markdown", "<!-- vpp-plan target="),
        ("html", "<!doctype html>"),
        ("csv", "location,uid,action,"),
    ];
    for (format, start) in starts {
        let end = if format == "markdown" { "md" } else { format };
        let written = shell.read(&format!("r/plan.{end}"));
        assert!(written.starts_with(start), "{format}: {written}");
        assert_eq!(shell.ok(&format!("show plan.json --format {format}")), written, "{format}");
        assert_eq!(
            shell.ok(&format!("show plan.json --quiet --report {format}=again")),
            shell.ok("show plan.json")
        );
        assert_eq!(shell.read("again"), written, "{format}");
    }
    assert_eq!(shell.ok("show plan.json --format github"), shell.read("r/plan.log"));
    let plan: Value = serde_json::from_str(&shell.read("r/plan.json")).unwrap();
    let pairs =
        plan["summary"]["assign"].as_u64().unwrap() + plan["summary"]["reclaim"].as_u64().unwrap();
    let rows = u64::try_from(shell.read("r/plan.csv").lines().count()).unwrap();
    assert_eq!(rows - 1, pairs);
}

#[test]
fn holders_and_links_are_in_a_comment_when_asked_for() {
    let shell = Shell::with_example("quickstart");
    shell.ok("plan --sandbox world.yaml --out plan.json");
    let plain = shell.ok("show plan.json --format markdown");
    assert!(!plain.contains("]("), "{plain}");
    let full = shell.ok("show plan.json --format markdown --show-holders --link-base https://git.example/r/blob/main");
    assert!(full.contains("](https://git.example/r/blob/main/"), "{full}");
    assert!(full.len() > plain.len());
    let ran = shell.run("show plan.json --format markdown --link-base javascript:alert(1)");
    assert_eq!(ran.code, 64, "{}", ran.err);
}

#[test]
fn a_step_of_github_gets_its_summary_and_outputs_only_when_asked() {
    let mut shell = Shell::with_example("quickstart");
    for name in ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"] {
        let path = shell.write(name, "before\n");
        shell.set(name, path.as_str());
    }
    shell.set("GITHUB_ACTIONS", "true");
    shell.set("CI", "true");
    let plain = shell.ok("plan --sandbox world.yaml --out plan.json");
    assert!(!plain.contains("::error") && !plain.contains("::warning"), "{plain}");
    assert_eq!(
        (shell.read("GITHUB_STEP_SUMMARY"), shell.read("GITHUB_OUTPUT")),
        ("before\n".into(), "before\n".into())
    );

    let ran = shell.run("show plan.json --format json --report github");
    assert!(ran.out.starts_with('{'), "{}", ran.out);
    let summary = shell.read("GITHUB_STEP_SUMMARY");
    let comment = shell.ok("show plan.json --format markdown");
    assert_eq!(summary, format!("before\n{comment}"));
    let outputs = shell.read("GITHUB_OUTPUT");
    let keys: Vec<&str> =
        outputs.lines().skip(1).map(|line| line.split_once('=').unwrap().0).collect();
    assert_eq!(keys, ["verdict", "assign", "reclaim", "fingerprint", "complete", "applyable"]);
    let fingerprint = outputs.lines().find_map(|line| line.strip_prefix("fingerprint=")).unwrap();
    shell.ok(&format!("apply plan.json --sandbox world.yaml --expect {fingerprint} --quiet"));
}

#[test]
fn files_are_named_from_the_top_of_the_repository() {
    let mut shell = Shell::new();
    shell.write("vpp/apps/a.yaml", "apiVersion: vpp/v1\nkind: App\nnmae: a\n");
    let top = shell.path().canonicalize_utf8().unwrap();
    shell.set("GITHUB_WORKSPACE", top.as_str());
    let github =
        |shell: &Shell, line: &str| shell.run(&format!("validate {line} --format github")).out;
    assert!(github(&shell, "vpp").contains("file=vpp/apps/a.yaml,"), "{}", github(&shell, "vpp"));
    let folder = top.join("vpp");
    assert!(github(&shell, folder.as_str()).contains("file=vpp/apps/a.yaml,"));
}

#[test]
fn problems_go_to_code_scanning_and_test_reports_in_one_run() {
    let shell = Shell::with_files(&[("a.yaml", "apiVersion: vpp/v1\nkind: App\nnmae: a\n")]);
    let ran =
        shell.run("validate --report sarif=r.sarif --report junit=r.xml --report json=r.json");
    assert_eq!(ran.code, 3);
    let sarif: Value = serde_json::from_str(&shell.read("r.sarif")).unwrap();
    let found: Value = serde_json::from_str(&shell.read("r.json")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), found.as_array().unwrap().len());
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a.yaml");
    assert!(shell.read("r.xml").contains("failures=\"1\""));
    assert_eq!(shell.run("validate --format sarif").out, shell.read("r.sarif"));
    assert_eq!(shell.run("validate --format junit").out, shell.read("r.xml"));
}

#[test]
fn a_report_that_cannot_be_is_said_before_anything_happens() {
    let shell = Shell::with_example("quickstart");
    for (report, said) in [
        ("markdown", "expected FORMAT=FILE"),
        ("pdf=x", "`pdf` is not a format: human, json, markdown, html, csv, github"),
        ("csv=", "expected FORMAT=FILE"),
    ] {
        let ran = shell.run(&format!("plan --sandbox world.yaml --report {report}"));
        assert_eq!(ran.code, 64, "{}", ran.err);
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}
