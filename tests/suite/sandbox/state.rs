use camino::Utf8PathBuf;
use serde_json::json;

use super::apple::{Apple, SCHOOL, manage, options, pairs, world};
use vpp::sandbox::{Options, Sandbox, SandboxError};

fn at(path: &Utf8PathBuf) -> Options {
    Options { state_file: Some(path.clone()), ..options() }
}

fn place() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("new/state.json")).unwrap();
    (folder, path)
}

#[tokio::test]
async fn holdings_outlive_the_process() {
    let (_folder, path) = place();
    let apple = Apple::of(Sandbox::new(world(SCHOOL), at(&path)).unwrap()).await;
    let info = json!({ "id": "i", "name": "n", "metadata": "m" });
    apple.post("client/config", json!({ "mdmInfo": info })).await;
    apple.change("assets/associate", manage(&["11"], &["bob"], &["N1"])).await;
    apple.change("users/retire", json!({ "users": [{ "clientUserId": "ada" }] })).await;
    apple.hand("token/renew", json!({})).await;
    let version = apple.ok_as_renewed().await;
    let (_, pending) = {
        apple.sandbox.hold_events(true);
        let token = apple.sandbox.token("north").unwrap();
        let request = apple.raw("POST", "assets/associate").bearer_auth(token);
        super::apple::read(request.json(&manage(&["12"], &[], &["LATE"]))).await
    };
    let before = apple.sandbox.snapshot();
    let token = apple.sandbox.token("north").unwrap();
    apple.stop().await;

    let apple = Apple::of(Sandbox::new(world(SCHOOL), at(&path)).unwrap()).await;
    assert_eq!(apple.token, token);
    assert_eq!(apple.ok("users").await["mdmInfo"], info);
    let end = apple.settled(pending["eventId"].as_str().unwrap()).await;
    assert_eq!(end["eventStatus"], "COMPLETE", "what was accepted is still done");
    assert_eq!(
        pairs(&apple.ok(&format!("assignments?sinceVersionId={version}")).await),
        ["12/LATE"]
    );
    apple
        .sandbox
        .change_assignments(
            vpp::sandbox::Change::Remove,
            &vpp::sandbox::ChangeAssignments {
                adam_id: "12".to_owned(),
                serial_numbers: vec!["LATE".to_owned()],
                ..Default::default()
            },
        )
        .unwrap();
    let mut after = apple.sandbox.snapshot();
    after.locations[0].pending_events = 1;
    assert_eq!(after, before);
}

impl Apple {
    async fn ok_as_renewed(&self) -> String {
        let token = self.sandbox.token("north").unwrap();
        let (_, page) = super::apple::read(self.raw("GET", "assignments").bearer_auth(token)).await;
        page["versionId"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_crash_after_an_answer_loses_nothing() {
    let (_folder, path) = place();
    let apple = Apple::of(Sandbox::new(world(SCHOOL), at(&path)).unwrap()).await;
    apple.sandbox.hold_events(true);
    let (_, body) = apple.post("assets/associate", manage(&["12"], &[], &["N1"])).await;
    // No stop: as if the process had been killed here.
    let again = Sandbox::new(world(SCHOOL), at(&path)).unwrap();
    assert_eq!(again.snapshot().locations[0].pending_events, 1);
    again.settle_events().await;
    assert!(again.snapshot().locations[0].asset("12").unwrap().is_held_by("N1"));
    assert!(body["eventId"].is_string());
}

#[tokio::test]
async fn another_worlds_state_is_refused_and_kept() {
    let (_folder, path) = place();
    Sandbox::new(world(SCHOOL), at(&path)).unwrap().save().unwrap();
    let before = fs_err::read_to_string(&path).unwrap();
    let other = SCHOOL.replace("\"100\"", "\"200\"");
    let error = Sandbox::new(world(&other), at(&path)).unwrap_err();
    assert!(matches!(error, SandboxError::StateOfAnotherWorld { .. }));
    let message = error.to_string();
    assert!(message.contains("100") && message.contains("200"), "{message}");
    assert_eq!(fs_err::read_to_string(&path).unwrap(), before);
    let limits = SCHOOL.replace("100000", "20");
    Sandbox::new(world(&limits), at(&path)).expect("limits may change");
}

#[tokio::test]
async fn a_damaged_state_is_refused_and_kept() {
    let (_folder, path) = place();
    Sandbox::new(world(SCHOOL), at(&path)).unwrap().save().unwrap();
    let good = fs_err::read_to_string(&path).unwrap();
    for bad in [
        good[..good.len() / 2].to_owned(),
        "{}".to_owned(),
        String::new(),
        good.replace("\"version\":1", "\"version\":2"),
        good.replace("\"held\":[[", "\"held\":[[900,901],["),
    ] {
        fs_err::write(&path, &bad).unwrap();
        let error = Sandbox::new(world(SCHOOL), at(&path)).unwrap_err();
        assert!(matches!(error, SandboxError::StateCorrupt { .. }), "{error}");
        assert!(error.to_string().contains("left as it is"));
        assert_eq!(fs_err::read_to_string(&path).unwrap(), bad);
    }
}
