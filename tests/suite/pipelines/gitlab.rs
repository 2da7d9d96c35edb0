//! The GitLab jobs, each script as GitLab joins its lines.

use std::process::Output;

use super::files;
use super::place::{Place, said};

/// One job in the repository; artifacts stay where they are.
fn job(place: &Place, name: &str) -> Output {
    let pipeline = files::read("gitlab/.gitlab-ci.yml");
    let job = &pipeline[name];
    let lines: Vec<&str> =
        job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let mut command = place.command("bash", false);
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &lines.join("\n")]);
    for variables in [&pipeline["variables"], &job["variables"]] {
        for (name, value) in variables.as_object().into_iter().flatten() {
            command.env(name, value.as_str().unwrap());
        }
    }
    if name != "validate" {
        command.env("VPP_ENDPOINT", place.url()).env("VPP_TOKEN", place.token());
    }
    command.output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn a_merge_request_is_validated_planned_and_applied_by_hand() {
    let place = Place::new();
    for name in ["validate", "plan", "apply"] {
        let output = job(&place, name);
        assert_eq!(code(&output), 0, "{name}: {}", said(&output));
    }
    assert!(place.repository().join("vpp-run/plan.md").is_file());
    assert!(place.repository().join("vpp-run/result.json").is_file());
    let output = job(&place, "drift");
    assert_eq!(code(&output), 0, "{}", said(&output));
}

#[test]
fn drift_fails_with_two_and_invalid_manifests_with_three() {
    let place = Place::new();
    let output = job(&place, "drift");
    assert_eq!(code(&output), 2, "{}", said(&output));
    assert!(said(&output).contains("Licenses are not where the manifests say"));
    place.edit("apps/pages.yaml", "adamId:", "adamid:");
    for name in ["validate", "plan", "drift"] {
        assert_eq!(code(&job(&place, name)), 3, "{name}");
    }
    assert_eq!(place.writes(), 0);
}

#[test]
fn a_retry_after_a_run_in_part_applies_what_is_left_and_a_stale_plan_nothing() {
    let place = Place::new();
    assert_eq!(code(&job(&place, "plan")), 0);
    place.fail("assets/associate", 9625);
    let output = job(&place, "apply");
    assert_eq!(code(&output), 6, "{}", said(&output));
    let output = job(&place, "apply");
    assert_eq!(code(&output), 0, "{}", said(&output));

    let before = place.writes();
    place.edit("apps/notability.yaml", "to: year-7", "to: macs");
    assert_eq!(code(&job(&place, "apply")), 5);
    assert_eq!(place.writes(), before);
}

#[test]
fn only_the_default_branch_applies_by_hand_and_one_at_a_time() {
    let pipeline = files::read("gitlab/.gitlab-ci.yml");
    let apply = &pipeline["apply"];
    let [rule] = apply["rules"].as_array().unwrap().as_slice() else { panic!("{apply}") };
    assert!(rule["if"].as_str().unwrap().contains("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"));
    assert_eq!((&rule["when"], &rule["allow_failure"]), (&"manual".into(), &false.into()));
    assert_eq!((&apply["resource_group"], &apply["interruptible"]), (&"vpp".into(), &false.into()));
    assert_eq!(apply["environment"]["name"], "vpp-apply");
    assert!(pipeline["validate"].get("environment").is_none());
    for job in [".plan", "apply"] {
        assert_eq!(pipeline[job]["artifacts"]["when"], "always", "{job}");
        assert!(pipeline[job]["variables"]["VPP_ENDPOINT"].as_str().unwrap().starts_with("https:"));
    }
}
