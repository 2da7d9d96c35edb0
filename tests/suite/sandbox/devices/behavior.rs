use vpp::mdm::{Fault, Presence, Scope, Standing};
use vpp::sandbox::world::{Behavior, Fate, Lapse};
use vpp::sandbox::{AppSnapshot, Happened};

use super::school::{NOTES, School, at, install, list, list_managed, notes, remove};
use crate::sandbox::apple::{client, manage, read};

fn d1() -> Vec<String> {
    vec!["D1".to_owned()]
}

#[tokio::test]
async fn a_plain_device_does_what_it_is_told_at_once() {
    let school = School::of("").await;
    let before = school.sandbox.now();
    assert_eq!(school.presence("D1").await, (Presence::Present, Scope::All));
    let done = school.tell("D1", remove()).await;
    assert!(matches!(done, Standing::Acknowledged { .. }), "{done:?}");
    let gone = school.tell("D1", list()).await;
    assert_eq!(notes(&gone), (Presence::Absent, Scope::All));
    assert!(at(&done) >= before && at(&gone) > at(&done), "in order, and never the same moment");
    assert_eq!(school.effects("D1"), [1, 0]);
    let back = school.tell("D1", install()).await;
    assert!(matches!(back, Standing::Acknowledged { .. }), "{back:?}");
    assert_eq!(school.presence("D1").await.0, Presence::Present);
    assert_eq!(school.effects("D1"), [1, 1]);
}

/// What a device says to a removal, and whether the app is there afterwards.
async fn refusal(device: &str) -> (Standing, Presence) {
    let school = School::of(&format!("devices: [{device}]")).await;
    let standing = school.tell("D1", remove()).await;
    (standing, school.presence("D1").await.0)
}

#[tokio::test]
async fn devices_refuse_removals_for_several_reasons() {
    for (device, fault, words) in [
        (
            "{ serial: D1, apps: { unmanaged: [com.example.notes] } }",
            Fault::NotManaged,
            "The app \"com.example.notes\" is not managed.",
        ),
        (
            "{ serial: D1, apps: { declarative: [com.example.notes] } }",
            Fault::Declarative,
            "The app \"com.example.notes\" is managed by a declaration.",
        ),
        (
            "{ serial: D1, behaves: { refuses: notManaged } }",
            Fault::NotManaged,
            "The app \"com.example.notes\" is not managed.",
        ),
        (
            "{ serial: D1, behaves: { refuses: declarative } }",
            Fault::Declarative,
            "The app \"com.example.notes\" is managed by a declaration.",
        ),
        (
            "{ serial: D1, behaves: { refuses: format } }",
            Fault::Format,
            "the device does not understand the command",
        ),
        (
            "{ serial: D1, behaves: { refuses: other } }",
            Fault::Other,
            "The app could not be removed.",
        ),
    ] {
        let (standing, presence) = refusal(device).await;
        let Standing::Failed { fault: seen, detail, at: _ } = standing else {
            panic!("{device}: {standing:?}");
        };
        assert_eq!((seen, detail.as_str()), (fault, words), "{device}");
        assert_eq!(presence, Presence::Present, "{device}");
    }
}

#[tokio::test]
async fn an_app_that_is_not_there_is_not_managed() {
    let (standing, presence) = refusal("{ serial: D1, apps: {} }").await;
    assert!(matches!(standing, Standing::Failed { fault: Fault::NotManaged, .. }), "{standing:?}");
    assert_eq!(presence, Presence::Absent);
}

#[tokio::test]
async fn a_device_that_is_off_answers_when_it_is_back() {
    let school = School::of("devices: [{ serial: D1, behaves: { offline: 3d } }]").await;
    let ask = school.send(&school.device("D1").await, remove()).await;
    school.pass(71);
    assert_eq!(school.standing(&ask).await, Standing::Waiting);
    let seen = school.device("D1").await.last_seen;
    school.pass(2);
    let done = school.standing(&ask).await;
    assert!(matches!(done, Standing::Acknowledged { .. }), "{done:?}");
    let back = options_start() + jiff::SignedDuration::from_hours(72);
    assert_eq!(at(&done), back, "when it came back, not when somebody asked");
    assert!(school.device("D1").await.last_seen > seen);
}

fn options_start() -> jiff::Timestamp {
    crate::sandbox::apple::options().start
}

#[tokio::test]
async fn a_device_that_no_push_reaches_answers_when_it_connects() {
    let device = "devices: [{ serial: D1, behaves: { unpushed: true, connectEvery: 1h } }]";
    let school = School::of(device).await;
    let ask = school.send(&school.device("D1").await, remove()).await;
    assert_eq!(school.standing(&ask).await, Standing::Waiting);
    school.pass(1);
    assert!(matches!(school.standing(&ask).await, Standing::Acknowledged { .. }));
}

#[tokio::test]
async fn a_device_says_not_now_so_often_and_then_obeys() {
    let school =
        School::of("devices: [{ serial: D1, behaves: { notNow: 3, notNowLists: 1 } }]").await;
    let ask = school.send(&school.device("D1").await, remove()).await;
    let listing = school.send(&school.device("D1").await, list()).await;
    assert!(matches!(school.standing(&listing).await, Standing::NotNow { .. }));
    for time in 1..=2 {
        assert!(matches!(school.standing(&ask).await, Standing::NotNow { .. }), "{time}");
        school.pass(4);
    }
    school.pass(4);
    assert!(matches!(school.standing(&ask).await, Standing::Acknowledged { .. }));
    assert_eq!(notes(&school.standing(&listing).await).0, Presence::Present);
    assert_eq!(school.effects("D1"), [1, 0]);
}

#[tokio::test]
async fn a_device_lies() {
    let school = School::of("devices: [{ serial: D1, behaves: { lies: true } }]").await;
    let done = school.tell("D1", remove()).await;
    assert!(matches!(done, Standing::Acknowledged { .. }), "{done:?}");
    school.pass(7 * 24);
    assert_eq!(school.presence("D1").await.0, Presence::Present);
    assert_eq!(school.effects("D1"), [0, 0]);
    school.sandbox.behave(&d1(), &Behavior::default()).unwrap();
    school.tell("D1", remove()).await;
    assert_eq!(school.presence("D1").await.0, Presence::Absent);
}

#[tokio::test]
async fn a_list_taken_before_a_slow_removal_is_done_still_shows_the_app() {
    let school = School::of("devices: [{ serial: D1, behaves: { slow: 10m } }]").await;
    let done = school.tell("D1", remove()).await;
    assert!(matches!(done, Standing::Acknowledged { .. }), "{done:?}");
    assert_eq!(school.presence("D1").await.0, Presence::Present);
    school.sandbox.advance_clock(std::time::Duration::from_mins(10));
    assert_eq!(school.presence("D1").await.0, Presence::Absent);
    assert_eq!(school.effects("D1"), [1, 0]);
}

#[tokio::test]
async fn an_app_that_is_being_installed_is_listed_as_such() {
    let device = "devices: [{ serial: D1, apps: {}, behaves: { slowInstall: 10m } }]";
    let school = School::of(device).await;
    school.tell("D1", install()).await;
    assert_eq!(school.presence("D1").await.0, Presence::Installing);
    assert_eq!(notes(&school.tell("D1", list_managed()).await).0, Presence::Installing);
    school.sandbox.advance_clock(std::time::Duration::from_mins(10));
    assert_eq!(school.presence("D1").await.0, Presence::Present);
    assert_eq!(school.effects("D1"), [0, 1]);
}

#[tokio::test]
async fn a_persons_own_device_lists_managed_apps_only() {
    let apps = "apps: { unmanaged: [com.example.notes], managed: [com.example.other] }";
    let school = School::of(&format!("devices: [{{ serial: D1, enrolment: user, {apps} }}]")).await;
    assert_eq!(school.presence("D1").await, (Presence::Absent, Scope::Managed));
    assert_eq!(school.sandbox.device("D1").unwrap().apps[NOTES], AppSnapshot::Unmanaged);
}

#[tokio::test]
async fn a_mac_that_leaves_out_identifiers_says_nothing_of_any_app() {
    let device = "{ serial: D1, platform: macOS, behaves: { omitsIdentifiers: true },
      apps: { managed: [com.example.notes, com.example.draw] } }";
    let school = School::of(&format!("devices: [{device}]")).await;
    assert_eq!(school.presence("D1").await.0, Presence::Unknown);
    assert_eq!(school.device("D1").await.platform, vpp::mdm::Platform::Macos);
    let managed = notes(&school.tell("D1", list_managed()).await);
    assert_eq!(managed, (Presence::Present, Scope::Managed), "the second witness");
    school.tell("D1", remove()).await;
    assert_eq!(notes(&school.tell("D1", list_managed()).await).0, Presence::Absent);
}

#[tokio::test]
async fn a_declared_app_is_in_no_list_of_managed_ones() {
    let school =
        School::of("devices: [{ serial: D1, apps: { declarative: [com.example.notes] } }]").await;
    assert_eq!(school.presence("D1").await.0, Presence::Present);
    assert_eq!(notes(&school.tell("D1", list_managed()).await).0, Presence::Absent);
}

#[tokio::test]
async fn a_device_refuses_to_list() {
    let school = School::of("devices: [{ serial: D1, behaves: { refusesLists: true } }]").await;
    for order in [list(), list_managed()] {
        let standing = school.tell("D1", order).await;
        assert!(matches!(standing, Standing::Failed { fault: Fault::Other, .. }), "{standing:?}");
    }
}

#[tokio::test]
async fn a_wiped_device_is_gone_until_it_enrols_again_and_then_empty() {
    let school = School::of("").await;
    let device = school.device("D1").await;
    school.sandbox.befall(&d1(), Fate::Wipe).unwrap();
    let ask = school.send(&device, remove()).await;
    school.pass(24);
    assert!(matches!(school.standing(&ask).await, Standing::Lost { enrolled: false, .. }));
    assert_eq!(school.device("D1").await.enrolment, vpp::mdm::Enrolment::None);
    school.sandbox.befall(&d1(), Fate::ReEnrol).unwrap();
    assert_eq!(school.presence("D1").await.0, Presence::Absent);
}

#[tokio::test]
async fn things_happen_to_devices_when_the_world_says() {
    let device = "{ serial: D1, behaves: { offline: 3d }, later: [{ after: 1d, event: wipe },
      { after: 2d, event: reEnrol }] }";
    let school = School::of(&format!("devices: [{device}]")).await;
    let ask = school.send(&school.device("D1").await, remove()).await;
    school.pass(23);
    assert_eq!(school.standing(&ask).await, Standing::Waiting);
    school.pass(2);
    assert!(matches!(school.standing(&ask).await, Standing::Lost { enrolled: false, .. }));
    school.pass(24);
    assert!(matches!(school.standing(&ask).await, Standing::Lost { enrolled: true, .. }));
    assert_eq!(school.story("D1"), [Happened::Queued, Happened::Wiped, Happened::Enrolled]);
}

#[tokio::test]
async fn what_people_do_to_apps_shows() {
    let school = School::of("").await;
    school.sandbox.remove_app(&d1(), NOTES).unwrap();
    assert_eq!(
        school.sandbox.device("D1").unwrap().apps[NOTES],
        AppSnapshot::ManagedButUninstalled
    );
    assert_eq!(school.presence("D1").await.0, Presence::Absent);
    assert_eq!(notes(&school.tell("D1", list_managed()).await).0, Presence::Absent);
    school.sandbox.install_app(&d1(), NOTES).unwrap();
    assert_eq!(school.presence("D1").await.0, Presence::Present);
    let refused = school.tell("D1", remove()).await;
    assert!(matches!(refused, Standing::Failed { fault: Fault::NotManaged, .. }), "{refused:?}");
    assert_eq!(school.effects("D1"), [0, 0], "no command did anything");
}

#[tokio::test]
async fn a_license_that_comes_back_while_the_app_is_there_is_noted() {
    let school = School::of("devices: [{ serial: D7, user: ada@school.example, apps: { managed: [com.example.notes] } }]").await;
    school.tell("D1", remove()).await;
    let token = school.sandbox.token("north").unwrap();
    let body = manage(&["11"], &["ada"], &["D1", "D2"]);
    let url = format!("{}assets/disassociate", school.running.url());
    let (status, _) = read(client().post(url).bearer_auth(token).json(&body)).await;
    assert_eq!(status, 200);
    school.sandbox.settle_events().await;
    let events = school.sandbox.device_events();
    let mut released: Vec<_> = events
        .iter()
        .filter(|event| event.what == Happened::Released)
        .map(|event| (event.holder.as_str(), event.still_on.clone()))
        .collect();
    released.sort();
    assert_eq!(
        released,
        [("D1", vec![]), ("D2", vec!["D2".to_owned()]), ("ada", vec!["D7".to_owned()])]
    );
}

#[tokio::test]
async fn a_clock_that_runs_ahead_lets_a_removal_finish_late() {
    let school = School::of("").await;
    let behavior = Behavior { slow: Some(lapse("2d")), ..Behavior::default() };
    school.sandbox.behave(&d1(), &behavior).unwrap();
    school.tell("D1", remove()).await;
    school.pass(47);
    assert_eq!(school.presence("D1").await.0, Presence::Present);
    school.pass(1);
    assert_eq!(school.presence("D1").await.0, Presence::Absent);
}

fn lapse(text: &str) -> Lapse {
    serde_json::from_value(text.into()).unwrap()
}
