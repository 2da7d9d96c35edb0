//! What real servers were seen to do, one test a trap: the sandbox has to do it, too.

use serde_json::json;
use uuid::Uuid;
use vpp::mdm::{Command, Delivery, Mdm, Presence, Scope, Standing};
use vpp::sandbox::Happened;

use super::school::{School, at, install, list, notes, remove};
use crate::sandbox::apple::{client, read};

#[tokio::test]
async fn a_command_for_an_enrolment_nobody_has_is_taken_and_never_delivered() {
    let school = School::of("").await;
    let mut stranger = school.device("D1").await;
    stranger.reference = Uuid::new_v4().to_string();
    let ask = school.send(&stranger, remove()).await;
    school.pass(7 * 24);
    assert_eq!(school.standing(&ask).await, Standing::Waiting);
    assert_eq!(school.effects("D1"), [0, 0]);
}

#[tokio::test]
async fn a_command_for_a_device_that_has_left_is_taken_and_never_delivered() {
    let school = School::of("").await;
    let device = school.device("D1").await;
    school.sandbox.befall(&["D1".to_owned()], vpp::sandbox::world::Fate::CheckOut).unwrap();
    let ask = school.send(&device, remove()).await;
    school.pass(7 * 24);
    let standing = school.standing(&ask).await;
    assert!(matches!(standing, Standing::Lost { enrolled: false, .. }), "{standing:?}");
    assert_eq!(school.story("D1"), [Happened::CheckedOut]);
}

#[tokio::test]
async fn a_push_that_fails_is_a_500_and_the_command_is_delivered_all_the_same() {
    let school = School::of("devices: [{ serial: D1, behaves: { pushFails: true } }]").await;
    let device = school.device("D1").await;
    let id = Uuid::new_v4();
    let order = json!({ "requestType": "RemoveApplication", "identifier": super::school::NOTES });
    let command = json!({ "commandUuid": id, "reference": device.reference, "command": order });
    let url = format!("{}commands", school.running.mdm_url());
    let body = json!({ "commands": [command] });
    let (status, answer) = read(client().post(url).json(&body)).await;
    assert_eq!(status, 500);
    assert_eq!(answer["results"][0]["status"], "queued");
    assert!(answer["results"][0]["pushError"].is_string());

    let (delivery, ask) = school.send_as(Uuid::new_v4(), &device, remove()).await;
    assert_eq!(delivery, Delivery::Queued { reference: None }, "the driver is not deceived");
    assert_eq!(school.standing(&ask).await, Standing::Waiting);
    school.pass(4);
    let standing = school.standing(&ask).await;
    assert!(matches!(standing, Standing::Failed { .. }), "the first had removed it: {standing:?}");
    assert_eq!(school.effects("D1"), [1, 0]);
}

#[tokio::test]
async fn a_command_id_is_taken_once() {
    let school = School::of("").await;
    let device = school.device("D1").await;
    let id = Uuid::new_v4();
    let (first, ask) = school.send_as(id, &device, remove()).await;
    assert_eq!(first, Delivery::Queued { reference: None });
    assert_eq!(school.send_as(id, &device, remove()).await.0, Delivery::Known);
    assert!(matches!(school.standing(&ask).await, Standing::Acknowledged { .. }));
    assert_eq!(school.effects("D1"), [1, 0]);
}

#[tokio::test]
async fn enrolling_again_empties_the_queue_without_a_word_and_burns_the_command_ids() {
    let school = School::of("devices: [{ serial: D1, behaves: { offline: 2d } }]").await;
    let device = school.device("D1").await;
    let id = Uuid::new_v4();
    let (_, ask) = school.send_as(id, &device, remove()).await;
    school.pass(1);
    assert_eq!(school.standing(&ask).await, Standing::Waiting);
    school.sandbox.befall(&["D1".to_owned()], vpp::sandbox::world::Fate::ReEnrol).unwrap();
    assert_eq!(school.send_as(id, &device, remove()).await.0, Delivery::Known);
    school.pass(7 * 24);
    let standing = school.standing(&ask).await;
    assert!(matches!(standing, Standing::Lost { enrolled: true, .. }), "{standing:?}");
    assert_eq!(school.effects("D1"), [0, 0], "known is not delivered");
    let again = school.device("D1").await;
    assert!(again.enrolled_at > device.enrolled_at);
    let standing = school.tell("D1", remove()).await;
    assert!(matches!(standing, Standing::Acknowledged { .. }), "a new id works: {standing:?}");
}

#[tokio::test]
async fn two_thousand_devices_in_one_request_work() {
    let more =
        "devices: [{ serial: { prefix: B, count: 2000 }, apps: { managed: [com.example.notes] } }]";
    let school = School::of(more).await;
    let devices = school.mdm.devices().await.unwrap();
    let command = |device: &vpp::mdm::Device| Command {
        id: Uuid::new_v4(),
        device: device.clone(),
        order: remove(),
        attempt: 1,
    };
    let commands: Vec<_> =
        devices.iter().filter(|one| one.serial.as_str().starts_with('B')).map(command).collect();
    let deliveries = school.mdm.send(&commands, school.sandbox.now()).await;
    assert_eq!(deliveries, vec![Delivery::Queued { reference: None }; 2000]);
    let sent = school.sandbox.mdm_requests();
    let sent: Vec<_> = sent.iter().filter(|one| one.path == "commands").collect();
    assert_eq!((sent.len(), sent[0].items), (1, 2000));
    assert_eq!(school.effects("B2000"), [1, 0]);
}

#[tokio::test]
async fn a_list_overtakes_a_removal_that_was_put_off() {
    let school = School::of("devices: [{ serial: D1, behaves: { notNow: 1 } }]").await;
    let device = school.device("D1").await;
    let removal = school.send(&device, remove()).await;
    let early = school.send(&device, list()).await;
    assert!(matches!(school.standing(&removal).await, Standing::NotNow { .. }));
    let overtaken = school.standing(&early).await;
    assert_eq!(notes(&overtaken), (Presence::Present, Scope::All));
    school.pass(4);
    let done = school.standing(&removal).await;
    assert!(matches!(done, Standing::Acknowledged { .. }), "asked again: {done:?}");
    assert!(at(&overtaken) < at(&done));
    assert_eq!(school.presence("D1").await.0, Presence::Absent);
    assert_eq!(school.effects("D1"), [1, 0]);
}

#[tokio::test]
async fn an_acknowledged_removal_does_not_say_which_app() {
    let school = School::of("").await;
    let ask = school.send(&school.device("D1").await, remove()).await;
    let url = format!("{}results", school.running.mdm_url());
    let body = json!({ "commandUuids": [ask.id] });
    let (status, answer) = read(client().post(url).json(&body)).await;
    assert_eq!(status, 200);
    assert_eq!(answer["results"][0]["answer"]["status"], "Acknowledged");
    assert!(!answer.to_string().contains(super::school::NOTES), "{answer}");
}

#[tokio::test]
async fn a_license_is_not_found_until_it_has_been_assigned_for_a_while() {
    let school = School::of("mdm: { licenseRace: 30s }\ndevices: [{ serial: D3 }]").await;
    let refused = school.tell("D3", install()).await;
    let no_license = |standing: &Standing| {
        matches!(standing, Standing::Failed { fault: vpp::mdm::Fault::LicenseNotFound, .. })
    };
    assert!(no_license(&refused), "it holds none at all: {refused:?}");
    let token = school.sandbox.token("north").unwrap();
    let body = crate::sandbox::apple::manage(&["11"], &[], &["D3"]);
    let url = format!("{}assets/associate", school.running.url());
    let (status, _) = read(client().post(url).bearer_auth(token).json(&body)).await;
    assert_eq!(status, 200);
    school.sandbox.settle_events().await;
    let early = school.tell("D3", install()).await;
    assert!(no_license(&early), "{early:?}");
    school.sandbox.advance_clock(std::time::Duration::from_secs(30));
    let late = school.tell("D3", install()).await;
    assert!(matches!(late, Standing::Acknowledged { .. }), "{late:?}");
    assert_eq!(school.effects("D3"), [0, 1]);
}
