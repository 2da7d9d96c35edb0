//! The pipeline files as data, and what holds for all of them.

use std::path::{Path, PathBuf};

use serde_json::Value;

pub(super) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pipelines")
}

/// One file below `examples/pipelines`, parsed.
pub(super) fn read(path: &str) -> Value {
    let text = fs_err::read_to_string(top().join(path)).unwrap();
    vpp::yaml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(super) const WORKFLOWS: [&str; 4] = ["validate", "plan", "apply", "drift"];

pub(super) fn workflow(name: &str) -> Value {
    read(&format!("github/workflows/{name}.yml"))
}

/// The steps of every workflow's jobs and of the action.
fn steps() -> Vec<(String, Value)> {
    let mut all = vec![];
    let mut add = |of: String, job: &Value| {
        let steps = job["steps"].as_array().unwrap();
        all.extend(steps.iter().map(|step| (of.clone(), step.clone())));
    };
    for name in WORKFLOWS {
        for (job, document) in workflow(name)["jobs"].as_object().unwrap() {
            add(format!("{name}/{job}"), document);
        }
    }
    add("action".to_owned(), &read("github/action/action.yml")["runs"]);
    all
}

#[test]
fn scripts_take_values_from_the_environment_only() {
    let mut scripts = 0;
    for (of, step) in steps() {
        if let Some(script) = step["run"].as_str() {
            assert!(!script.contains("${{"), "{of}: {script}");
            scripts += 1;
        }
    }
    assert!(scripts >= 8, "{scripts}");
}

#[test]
fn every_action_is_pinned_to_a_whole_commit() {
    for (of, step) in steps() {
        let Some(uses) = step["uses"].as_str() else { continue };
        let (_, commit) = uses.split_once('@').unwrap();
        let whole = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(whole, "{of}: {uses}");
    }
}

#[test]
fn nothing_is_permitted_that_a_job_does_not_name() {
    for name in WORKFLOWS {
        let workflow = workflow(name);
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{name}");
        for (job, document) in workflow["jobs"].as_object().unwrap() {
            let permissions = document["permissions"].as_object().unwrap();
            let writes = permissions.values().any(|value| value == "write");
            let holds_token = document.to_string().contains("secrets.");
            assert!(!(writes && holds_token), "{name}/{job}: a token and a right to write");
            assert_eq!(holds_token, document["environment"].is_string(), "{name}/{job}");
        }
    }
    assert!(!workflow("validate").to_string().contains("secrets"));
}

#[test]
fn where_a_token_is_the_endpoint_is_pinned_and_programs_are_off() {
    let mut seen = 0;
    for (of, step) in steps() {
        if step["env"]["VPP_TOKEN"].is_string() {
            assert!(step["env"]["VPP_ENDPOINT"].as_str().unwrap().contains("https://"), "{of}");
            assert!(step["with"]["args"].as_str().unwrap().contains("--no-exec"), "{of}");
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}
