use serde_json::json;
use vpp::mdm::{Enrolment, Mdm, MdmError};
use vpp::sandbox::{Sandbox, SandboxError};

use super::school::{School, yaml};
use crate::sandbox::apple::{client, manage, options, read, world};

async fn serials(school: &School) -> Vec<String> {
    let devices = school.mdm.devices().await.unwrap();
    let mut serials: Vec<_> = devices.iter().map(|one| one.serial.as_str().to_owned()).collect();
    serials.sort();
    serials
}

#[tokio::test]
async fn whoever_holds_a_license_is_a_device_with_those_apps() {
    let school = School::of("").await;
    assert_eq!(serials(&school).await, ["D1", "D2"]);
    let device = school.device("D2").await;
    assert_eq!((device.enrolment, device.user), (Enrolment::Device, None));
    let shot = school.sandbox.device("D2").unwrap();
    assert_eq!(shot.apps.keys().collect::<Vec<_>>(), ["12", "com.example.notes"]);

    let token = school.sandbox.token("north").unwrap();
    let url = format!("{}assets/associate", school.running.url());
    let request = client().post(url).bearer_auth(token).json(&manage(&["11"], &[], &["D3"]));
    assert_eq!(read(request).await.0, 200);
    school.sandbox.settle_events().await;
    assert_eq!(serials(&school).await, ["D1", "D2", "D3"], "also who is given one later");
}

#[tokio::test]
async fn the_world_says_that_nobody_else_is_enrolled() {
    let more = "mdm: { unlisted: unknown }\ndevices: [{ serial: [D1, { prefix: X, count: 2 }], user: \"{}@school.example\" }]";
    let school = School::of(more).await;
    assert_eq!(serials(&school).await, ["D1", "X1", "X2"]);
    assert_eq!(school.device("X2").await.user.as_deref(), Some("X2@school.example"));
}

#[tokio::test]
async fn devices_may_stand_beside_what_they_hold() {
    let text = yaml("")
        .replace("    users:", "    devices: [{ serial: D9, enrolment: none }]\n    users:");
    let sandbox = Sandbox::new(world(&text), options()).unwrap();
    assert_eq!(sandbox.device("D9").unwrap().enrolment, vpp::sandbox::world::EnrolmentSeed::None);
}

#[test]
fn devices_that_contradict_each_other_are_refused_together() {
    let more = "devices: [{ serial: D1 }, { serial: [D1, \"no serial\"] }]";
    let Err(SandboxError::World(problems)) = Sandbox::new(world(&yaml(more)), options()) else {
        panic!("taken");
    };
    assert_eq!(
        problems,
        ["device `D1`: is there twice", "device `no serial`: this is not a serial number"]
    );
    for (more, part) in [
        ("devices: [{ serial: D1, behaves: { offline: soon } }]", "length of time"),
        ("devices: [{ serial: D1, behaves: { lie: true } }]", "lie"),
        ("mdm: { unlisted: gone }", "gone"),
    ] {
        let message =
            vpp::yaml::from_str::<vpp::sandbox::World>(&yaml(more)).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test]
async fn everything_is_within_reach_of_hands() {
    let school = School::of("").await;
    let hand = async |path: &str, body: serde_json::Value| {
        let url = format!("{}{path}", school.running.hands_url());
        let (status, answer) = read(client().post(url).json(&body)).await;
        assert_eq!(status, 200, "{path}: {answer}");
    };
    let look = async |path: &str| {
        read(client().get(format!("{}{path}", school.running.hands_url()))).await.1
    };
    hand("devices/add", json!({ "serial": { "prefix": "N", "count": 2 } })).await;
    hand("devices/behave", json!({ "serialNumbers": "N1", "behaves": { "lies": true } })).await;
    hand("devices/install", json!({ "serialNumbers": ["N1", "N2"], "bundleId": "com.x" })).await;
    hand("devices/remove", json!({ "serialNumbers": "N2", "bundleId": "com.x" })).await;
    hand("devices/offline", json!({ "serialNumbers": "N1", "for": "3d" })).await;
    hand("devices/check-out", json!({ "serialNumbers": "N2" })).await;
    let devices = look("devices").await;
    let find = |serial: &str| {
        devices.as_array().unwrap().iter().find(|one| one["serial"] == serial).unwrap().clone()
    };
    let (first, second) = (find("N1"), find("N2"));
    assert_eq!(first["apps"], json!({ "com.x": "unmanaged" }));
    assert_eq!(first["behaves"], json!({ "lies": true }));
    let until = first["offlineUntil"].as_str().unwrap();
    assert!(until.starts_with("2026-03-04T08:00:"), "{until}");
    assert_eq!((&second["apps"], &second["enrolment"]), (&json!({}), &json!("none")));
    hand("devices/connect", json!({ "serialNumbers": "N1" })).await;
    hand("devices/wipe", json!({ "serialNumbers": "N1" })).await;
    hand("devices/re-enrol", json!({ "serialNumbers": { "prefix": "N", "count": 2 } })).await;
    let events = look("devices/events").await;
    let events: Vec<&str> =
        events.as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        [
            "installedByPerson",
            "installedByPerson",
            "removedByPerson",
            "checkedOut",
            "wiped",
            "enrolled",
            "enrolled"
        ]
    );
    for (path, body) in [
        ("devices/offline", json!({ "serialNumbers": "N1" })),
        ("devices/wipe", json!({ "serialNumbers": "Z1" })),
        ("devices/install", json!({ "serialNumbers": "N1" })),
        ("devices/add", json!({ "serial": "N1" })),
        ("devices/behave", json!({ "serialNumbers": "N1", "behaves": { "lie": 1 } })),
    ] {
        let url = format!("{}{path}", school.running.hands_url());
        let (status, answer) = read(client().post(url).json(&body)).await;
        assert_eq!(status, 400, "{path}: {answer}");
    }
    let (status, _) = read(
        client().post(format!("{}devices/dance", school.running.hands_url())).json(&json!({})),
    )
    .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn requests_to_the_server_fail_when_ordered() {
    use vpp::mdm::{Delivery, Standing};
    use vpp::sandbox::{LostReply, MdmFault};
    let school = School::of("").await;
    let device = school.device("D1").await;
    let fault =
        MdmFault { status: None, lost: None, path: Some("commands".to_owned()), times: None };
    for (fault, removed) in [
        (fault.clone(), 0),
        (MdmFault { lost: Some(LostReply::Before), ..fault.clone() }, 0),
        (MdmFault { lost: Some(LostReply::After), ..fault.clone() }, 1),
    ] {
        school.sandbox.fail_mdm(fault.clone());
        let (delivery, ask) =
            school.send_as(uuid::Uuid::new_v4(), &device, super::school::remove()).await;
        assert!(matches!(delivery, Delivery::Unclear { .. }), "{fault:?}: {delivery:?}");
        let arrived = !matches!(school.standing(&ask).await, Standing::Waiting);
        assert_eq!((arrived, school.effects("D1")[0]), (removed == 1, removed), "{fault:?}");
    }
    let denied = MdmFault { status: Some(403), ..fault };
    school.sandbox.fail_mdm(denied);
    let (delivery, _) =
        school.send_as(uuid::Uuid::new_v4(), &device, super::school::remove()).await;
    assert!(matches!(delivery, Delivery::Refused { retryable: false, .. }), "{delivery:?}");
    school.sandbox.fail_mdm(MdmFault { status: None, lost: None, path: None, times: Some(2) });
    assert!(matches!(school.mdm.devices().await, Err(MdmError::Unreadable { .. })));
    assert!(
        matches!(school.mdm.standing(&[], school.sandbox.now()).await, Ok(none) if none.is_empty())
    );
}

#[test]
fn only_a_sandbox_on_this_machine_is_opened() {
    for good in
        ["http://127.0.0.1:8700/mdm/v2/", "http://localhost:1/", "http://[::1]:8700/mdm/v2/"]
    {
        assert!(vpp::mdm::Sandbox::open("campus", good).is_ok(), "{good}");
    }
    for bad in [
        "https://vpp.itunes.apple.com/mdm/v2/",
        "http://192.0.2.1:8700/mdm/v2/",
        "http://localhost.example/",
        "https://127.0.0.1/",
        "nowhere",
    ] {
        let error = vpp::mdm::Sandbox::open("campus", bad).unwrap_err();
        assert!(error.to_string().starts_with("campus: "), "{error}");
    }
}
