use camino::Utf8PathBuf;
use uuid::Uuid;
use vpp::mdm::{Delivery, Presence, Standing};
use vpp::sandbox::{Options, SandboxError};

use super::school::{School, remove, yaml};
use crate::sandbox::apple::{options, world};

fn place() -> (tempfile::TempDir, Options) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("state.json")).unwrap();
    (folder, Options { state_file: Some(path), ..options() })
}

#[tokio::test]
async fn devices_and_their_queues_outlive_the_process() {
    let (_folder, options) = place();
    let more = "devices: [{ serial: D1, behaves: { offline: 3d, notNow: 1 } }]";
    let school = School::with(more, options.clone()).await;
    let id = Uuid::new_v4();
    let device = school.device("D1").await;
    let (_, ask) = school.send_as(id, &device, remove()).await;
    school.tell("D2", remove()).await;
    school.pass(24);
    let before = (school.sandbox.devices(), school.sandbox.device_events());
    school.running.stop().await.unwrap();

    let school = School::with(more, options).await;
    assert!(school.sandbox.now() > jiff::Timestamp::from_second(options_second()).unwrap());
    assert_eq!((school.sandbox.devices(), school.sandbox.device_events()), before);
    assert_eq!(school.presence("D2").await.0, Presence::Absent);
    assert_eq!(school.standing(&ask).await, Standing::Waiting);
    assert_eq!(school.send_as(id, &device, remove()).await.0, Delivery::Known);
    school.pass(48);
    assert!(matches!(school.standing(&ask).await, Standing::NotNow { .. }));
    school.pass(4);
    assert!(matches!(school.standing(&ask).await, Standing::Acknowledged { .. }));
    assert_eq!(school.effects("D1"), [1, 0]);
}

/// A day after the start of the sandbox before.
fn options_second() -> i64 {
    options().start.as_second() + 24 * 3600 - 1
}

#[tokio::test]
async fn a_crash_after_an_answer_loses_no_command() {
    let (_folder, options) = place();
    let school = School::with("", options.clone()).await;
    let ask = school.send(&school.device("D1").await, remove()).await;
    // No stop: as if the process had been killed here.
    let again = School::with("", options).await;
    assert!(matches!(again.standing(&ask).await, Standing::Acknowledged { .. }));
    assert_eq!(again.effects("D1"), [1, 0]);
}

#[tokio::test]
async fn a_state_whose_devices_were_changed_in_the_world_is_another_worlds() {
    let (_folder, options) = place();
    let school = School::with("devices: [{ serial: D1 }]", options.clone()).await;
    school.running.stop().await.unwrap();
    let other = world(&yaml("devices: [{ serial: D1, behaves: { lies: true } }]"));
    let error = vpp::sandbox::Sandbox::new(other, options.clone()).unwrap_err();
    assert!(matches!(error, SandboxError::StateOfAnotherWorld { .. }), "{error}");
}

#[tokio::test]
async fn a_state_with_devices_that_lead_nowhere_is_refused() {
    let (_folder, options) = place();
    let school =
        School::with("devices: [{ serial: D1, behaves: { offline: 1d } }]", options.clone()).await;
    school.send(&school.device("D1").await, remove()).await;
    school.running.stop().await.unwrap();
    let path = options.state_file.clone().unwrap();
    let good = fs_err::read_to_string(&path).unwrap();
    for (from, to) in [
        ("\"a\":0", "\"a\":900"),
        ("\"device\":0", "\"device\":900"),
        (",0,\"connect\"", ",900,\"connect\""),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{from}");
        fs_err::write(&path, &bad).unwrap();
        let more = "devices: [{ serial: D1, behaves: { offline: 1d } }]";
        let error = vpp::sandbox::Sandbox::new(world(&yaml(more)), options.clone()).unwrap_err();
        assert!(matches!(error, SandboxError::StateCorrupt { .. }), "{error}");
    }
}
