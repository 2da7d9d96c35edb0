//! The workflows, from the pull request to the nightly look.

use serde_json::{Value, json};

use super::place::Place;
use super::runner::Run;

fn pull_request() -> Value {
    json!({ "pull_request": {
        "number": 7, "head": { "sha": "a".repeat(40), "repo": { "full_name": "it/licenses" } },
    } })
}

fn bodies(place: &Place) -> Vec<String> {
    let comments = place.github()["comments"].as_array().unwrap().clone();
    comments.iter().map(|comment| comment["body"].as_str().unwrap().to_owned()).collect()
}

fn invalidate(place: &Place) {
    place.edit("apps/pages.yaml", "adamId:", "adamid:");
}

fn block(place: &Place) {
    let path = place.repository().join("apps/goodnotes.yaml");
    let text = fs_err::read_to_string(&path).unwrap();
    let kept = text.split("assign:").next().unwrap().to_owned();
    place.write(&path, &(kept + "assign: []\n"));
}

#[test]
fn validate_needs_no_apple_and_fails_on_invalid_manifests() {
    let place = Place::new();
    let run = Run::of(&place, "validate", pull_request());
    assert_eq!(run.result("validate"), "success", "{}", run.log);
    invalidate(&place);
    let run = Run::of(&place, "validate", pull_request());
    assert_eq!(run.result("validate"), "failure");
    assert!(run.log.contains("::error") && run.log.contains("adamid"), "{}", run.log);
    assert!(place.writes() == 0);
}

#[test]
fn a_plan_is_one_comment_that_is_created_and_then_updated() {
    let place = Place::new();
    let spoof = json!({ "id": 1, "issue": 7, "user": { "login": "mallory" },
        "body": "<!-- vpp plan of this pull request --> mine" });
    let mut github = place.github();
    github["comments"] = json!([spoof]);
    place.write(&place.path("github.json"), &github.to_string());

    let run = Run::of(&place, "plan", pull_request());
    assert_eq!(run.result("plan"), "success", "{}", run.log);
    assert_eq!(run.result("comment"), "success", "{}", run.log);
    let first = bodies(&place);
    assert_eq!(first.len(), 2);
    let fingerprint = run.output("plan", "fingerprint");
    assert!(first[1].contains(&format!("<!-- fingerprint={fingerprint} -->")), "{}", first[1]);
    assert!(first[1].contains("Notability") && first[1].contains("exit code 0"), "{}", first[1]);

    block(&place);
    let run = Run::of(&place, "plan", pull_request());
    assert_eq!(run.output("plan", "exit-code"), "4", "{}", run.log);
    assert_eq!((run.result("plan"), run.result("comment")), ("failure", "success"));
    let second = bodies(&place);
    assert_eq!(second.len(), 2, "updated, not added");
    assert_eq!(second[0], first[0], "somebody else's comment is left alone");
    assert!(second[1].contains("exit code 4") && second[1] != first[1], "{}", second[1]);
    assert_eq!(place.writes(), 0);
}

#[test]
fn an_invalid_pull_request_replaces_the_plan_that_no_longer_counts() {
    let place = Place::new();
    Run::of(&place, "plan", pull_request());
    invalidate(&place);
    fs_err::remove_dir_all(place.path("artifacts/vpp-plan")).unwrap();
    let run = Run::of(&place, "plan", pull_request());
    assert_eq!(run.output("plan", "exit-code"), "3", "{}", run.log);
    assert_eq!((run.result("plan"), run.result("comment")), ("failure", "success"));
    let all = bodies(&place);
    assert_eq!(all.len(), 1);
    assert!(all[0].contains("are invalid") && all[0].contains("fingerprint=none"), "{}", all[0]);
    assert!(!all[0].contains("Notability"), "{}", all[0]);
}

#[test]
fn a_fork_gets_no_plan() {
    let place = Place::new();
    let mut event = pull_request();
    event["pull_request"]["head"]["repo"]["full_name"] = json!("mallory/licenses");
    let run = Run::of(&place, "plan", event);
    assert_eq!((run.result("plan"), run.result("comment")), ("skipped", "skipped"));
    assert!(bodies(&place).is_empty());
}

#[test]
fn the_fingerprint_that_was_reviewed_is_the_one_that_is_applied() {
    let place = Place::new();
    Run::of(&place, "plan", pull_request());
    let mut github = place.github();
    github["pulls"] = json!([{ "number": 7 }]);
    place.write(&place.path("github.json"), &github.to_string());

    let run = Run::of(&place, "apply", json!({}));
    assert_eq!((run.result("plan"), run.result("apply")), ("success", "success"), "{}", run.log);
    assert!(run.summary.contains("This is the plan that was reviewed in #7."), "{}", run.summary);
    assert!(place.path("artifacts/vpp-result-1/result.json").is_file());

    let run = Run::of(&place, "apply", json!({}));
    assert_eq!(run.output("plan", "exit-code"), "0", "{}", run.log);
    assert_eq!((run.result("plan"), run.result("apply")), ("success", "skipped"));
}

#[test]
fn another_plan_than_the_reviewed_one_says_so() {
    let place = Place::new();
    Run::of(&place, "plan", pull_request());
    let mut github = place.github();
    github["pulls"] = json!([{ "number": 7 }]);
    place.write(&place.path("github.json"), &github.to_string());
    place.edit("apps/notability.yaml", "except: [loaners]", "except: [macs]");
    place.edit("apps/notability.yaml", "to: year-7", "to: loaners");
    let run = Run::of(&place, "apply", json!({}));
    assert!(run.summary.contains("**not** the plan that was reviewed in #7"), "{}", run.summary);
}

#[test]
fn what_was_applied_in_part_goes_on_with_the_same_approval() {
    let place = Place::new();
    place.fail("assets/associate", 9625);
    let mut run = Run::of(&place, "apply", json!({}));
    assert_eq!(run.result("apply"), "failure", "{}", run.log);
    assert!(run.log.contains("Applied in part. Re-run failed jobs"), "{}", run.log);
    assert!(place.path("artifacts/vpp-result-1/result.json").is_file(), "uploaded all the same");
    let approved = run.output("plan", "fingerprint");

    run.again();
    assert_eq!(run.result("apply"), "success", "{}", run.log);
    assert_eq!(run.output("plan", "fingerprint"), approved, "only the failed job ran again");
    assert!(place.path("artifacts/vpp-result-2/result.json").is_file());
    assert_eq!(place.vpp(&["plan", ".", "--detailed-exitcode"]).status.code(), Some(0));
}

#[test]
fn a_plan_that_went_stale_while_it_waited_changes_nothing() {
    let place = Place::new();
    let mut run = Run::of(&place, "apply", json!({}));
    // As if the approval had come late: the plan is the old one, the manifests are not.
    run.jobs.get_mut("apply").unwrap()["result"] = json!("failure");
    let before = place.writes();
    place.edit("apps/notability.yaml", "to: year-7", "to: macs");
    run.again();
    assert_eq!(run.result("apply"), "failure");
    assert!(run.log.contains("The plan is stale; nothing was changed"), "{}", run.log);
    assert_eq!(place.writes(), before);
}

#[test]
fn a_blocked_or_invalid_plan_is_not_applied() {
    for (spoil, code) in [(block as fn(&Place), "4"), (invalidate, "3")] {
        let place = Place::new();
        spoil(&place);
        let run = Run::of(&place, "apply", json!({}));
        assert_eq!(run.output("plan", "exit-code"), code, "{}", run.log);
        assert_eq!((run.result("plan"), run.result("apply")), ("failure", "skipped"));
        assert_eq!(place.writes(), 0);
    }
}

#[test]
fn drift_is_one_issue_that_is_opened_updated_and_closed() {
    let place = Place::new();
    let issues = |place: &Place| place.github()["issues"].as_array().unwrap().clone();
    let run = Run::of(&place, "drift", json!({}));
    assert_eq!(run.result("issue"), "success", "{}", run.log);
    assert_eq!(issues(&place).len(), 1);
    assert_eq!(issues(&place)[0]["labels"], json!(["vpp-drift"]));
    assert_eq!(issues(&place)[0]["title"], "Licenses are not where the manifests say");

    let before = fs_err::read_to_string(place.repository().join("apps/goodnotes.yaml")).unwrap();
    block(&place);
    Run::of(&place, "drift", json!({}));
    assert_eq!(issues(&place).len(), 1, "updated, not added");
    assert!(issues(&place)[0]["title"].as_str().unwrap().contains("a guard blocks"));

    place.write(&place.repository().join("apps/goodnotes.yaml"), &before);
    assert_eq!(place.vpp(&["apply", ".", "--auto-approve"]).status.code(), Some(0));
    Run::of(&place, "drift", json!({}));
    assert_eq!(issues(&place)[0]["state"], "closed");
    assert!(bodies(&place)[0].contains("Everything is as the manifests ask again"));

    Run::of(&place, "drift", json!({}));
    assert_eq!((issues(&place).len(), bodies(&place).len()), (1, 1), "nothing to tell");
}

#[test]
fn nothing_that_a_run_says_has_a_token_in_it() {
    let place = Place::new();
    let mut said = String::new();
    for workflow in ["validate", "plan", "apply", "drift"] {
        let run = Run::of(&place, workflow, pull_request());
        said += &(run.log + &run.summary);
    }
    said += &place.github().to_string();
    assert!(!said.contains(&place.token()) && said.len() > 1000);
}
