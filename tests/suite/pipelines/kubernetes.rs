//! The Kubernetes files: their commands run, and what every pod must not have.

use serde_json::{Value, json};

use super::files;
use super::place::{Place, said};

fn pods() -> [(&'static str, Value); 2] {
    let cron = files::read("kubernetes/drift/cronjob.yaml");
    let job = files::read("kubernetes/apply/job.yaml");
    [
        ("drift", cron["spec"]["jobTemplate"]["spec"]["template"]["spec"].clone()),
        ("apply", job["spec"]["template"]["spec"].clone()),
    ]
}

fn main_container(pod: &Value) -> &Value {
    &pod["containers"][0]
}

/// The container's command line as the kubelet would expand it, with the manifests of the place.
fn arguments(pod: &Value, index: u32) -> Vec<String> {
    let container = main_container(pod);
    assert_eq!(container["command"], json!(["vpp"]));
    let all = container["args"].as_array().unwrap().iter();
    all.map(|argument| {
        let index = index.to_string();
        let argument = argument.as_str().unwrap().replace("$(JOB_COMPLETION_INDEX)", &index);
        argument.replace("/manifests/current", ".")
    })
    .collect()
}

fn run(place: &Place, arguments: &[String]) -> std::process::Output {
    place.vpp(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_indexes_of_the_job_share_the_locations_and_drift_is_seen_before_and_not_after() {
    let place = Place::new();
    let [(_, drift), (_, apply)] = pods();
    let job = files::read("kubernetes/apply/job.yaml");
    assert_eq!(job["spec"]["completionMode"], "Indexed");
    let completions = job["spec"]["completions"].as_u64().unwrap();
    let shards = format!("$(JOB_COMPLETION_INDEX)/{completions}");
    let args = main_container(&apply)["args"].as_array().unwrap();
    assert!(args.contains(&json!(shards)), "{args:?}");

    let drifted = run(&place, &arguments(&drift, 0));
    assert_eq!(drifted.status.code(), Some(2), "{}", said(&drifted));
    let mut at_work = 0;
    for index in 0..u32::try_from(completions).unwrap() {
        let before = place.writes();
        let output = run(&place, &arguments(&apply, index));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        at_work += u32::from(place.writes() > before);
    }
    assert_eq!(at_work, 1, "the one location has one writer");
    let quiet = run(&place, &arguments(&drift, 0));
    assert_eq!(quiet.status.code(), Some(0), "{}", said(&quiet));
}

#[test]
fn codes_that_would_be_the_same_again_are_not_tried_again() {
    let job = files::read("kubernetes/apply/job.yaml");
    let never = &job["spec"]["podFailurePolicy"]["rules"][0];
    assert_eq!(never["action"], "FailIndex");
    let values = never["onExitCodes"]["values"].as_array().unwrap();
    assert!([3, 4, 5, 64].iter().all(|code| values.contains(&json!(code))));
    assert!(![0, 1, 6].iter().any(|code| values.contains(&json!(code))), "these continue");
    assert_eq!(job["spec"]["podReplacementPolicy"], "Failed");
    let cron = files::read("kubernetes/drift/cronjob.yaml");
    assert_eq!(cron["spec"]["concurrencyPolicy"], "Forbid");
}

#[test]
fn pods_are_locked_down_and_take_tokens_from_secrets() {
    for (name, pod) in pods() {
        assert_eq!(pod["restartPolicy"], "Never", "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        let containers = ["initContainers", "containers"];
        for container in containers.iter().flat_map(|kind| pod[kind].as_array().unwrap()) {
            let locked = &container["securityContext"];
            assert_eq!(locked["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(locked["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(locked["capabilities"]["drop"], json!(["ALL"]), "{name}");
            assert!(container["resources"]["requests"]["memory"].is_string(), "{name}");
            assert!(container["resources"]["limits"]["memory"].is_string(), "{name}");
            for variable in container["env"].as_array().unwrap() {
                let secret = variable["name"].as_str().unwrap().contains("PASSWORD");
                assert!(!secret || variable["valueFrom"]["secretKeyRef"].is_object(), "{name}");
            }
        }
        let secret = &main_container(&pod)["envFrom"][0]["secretRef"]["name"];
        let reads = if name == "drift" { "vpp-plan-tokens" } else { "vpp-apply-tokens" };
        assert_eq!(secret, reads, "{name}");
        let mounts = main_container(&pod)["volumeMounts"].as_array().unwrap();
        let manifests = mounts.iter().find(|mount| mount["mountPath"] == "/manifests").unwrap();
        assert_eq!(manifests["readOnly"], true, "{name}");
    }
}

#[test]
fn the_network_policy_is_about_these_pods_and_lets_nothing_in() {
    let policy = files::read("kubernetes/base/network-policy.yaml");
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(policy["spec"]["ingress"], json!([]));
    let selected = &policy["spec"]["podSelector"]["matchLabels"];
    for labels in [
        &files::read("kubernetes/apply/job.yaml")["spec"]["template"]["metadata"]["labels"],
        &files::read("kubernetes/drift/cronjob.yaml")["spec"]["jobTemplate"]["spec"]["template"]["metadata"]
            ["labels"],
    ] {
        for (name, value) in selected.as_object().unwrap() {
            assert_eq!(&labels[name], value);
        }
    }
    let ports = policy["spec"]["egress"][1]["ports"].as_array().unwrap();
    assert_eq!(ports, &[json!({ "protocol": "TCP", "port": 443 })]);
}

#[test]
fn every_resource_of_a_kustomization_is_there() {
    for folder in ["base", "drift", "apply"] {
        let path = format!("kubernetes/{folder}");
        let kustomization = files::read(&format!("{path}/kustomization.yaml"));
        for resource in kustomization["resources"].as_array().unwrap() {
            let file = files::top().join(&path).join(resource.as_str().unwrap());
            assert!(file.exists(), "{}", file.display());
        }
    }
    let names = files::read("kubernetes/base/kustomization.yaml")["configMapGenerator"].clone();
    for (pod_name, pod) in pods() {
        let used = &pod["initContainers"][0]["envFrom"][0]["configMapRef"]["name"];
        assert_eq!(used, &names[0]["name"], "{pod_name}");
    }
}
