//! Fleet: results are asked for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;
use vpp::mdm::{Delivery, Enrolment, Fault, Mdm, MdmError, Platform, Standing};

use super::memory::Memory;
use super::world::{
    APP, SECRET, answer, apps, ask, device, list, listed, minute, open, parse, remove, serve,
};

#[derive(Debug, Default)]
struct World {
    hosts: Vec<Value>,
    /// What is added to the count of hosts.
    miscount: usize,
    /// Hosts a page has at most, whatever is asked for.
    page: usize,
    commands: BTreeMap<Uuid, String>,
    results: BTreeMap<Uuid, Value>,
    /// Answers given before anything is looked at.
    script: VecDeque<(StatusCode, Option<&'static str>, String)>,
    seen: Vec<String>,
}

type Shared = Arc<Mutex<World>>;

fn enter(world: &mut World, headers: &HeaderMap, what: String) -> Option<Response> {
    world.seen.push(what);
    if let Some((status, wait, text)) = world.script.pop_front() {
        let mut response = (status, text).into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert("retry-after", wait.parse().unwrap());
        }
        return Some(response);
    }
    let expected = format!("Bearer {SECRET}");
    if headers.get("authorization").is_none_or(|given| given != expected.as_str()) {
        return Some((StatusCode::UNAUTHORIZED, format!("not {expected}")).into_response());
    }
    None
}

async fn run(State(world): State<Shared>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut world = world.lock().unwrap();
    if let Some(response) = enter(&mut world, &headers, "run".to_owned()) {
        return response;
    }
    let command = STANDARD.decode(body["command"].as_str().unwrap()).unwrap();
    let Some((id, kind)) = parse(&command) else {
        return (StatusCode::BAD_REQUEST, "unparseable").into_response();
    };
    let host = body["host_uuids"][0].as_str().unwrap().to_owned();
    if !world.hosts.iter().any(|known| known["uuid"] == host) {
        return (StatusCode::NOT_FOUND, "host not found").into_response();
    }
    if world.commands.insert(id, host).is_some() {
        let text = "Error 1062: Duplicate entry for key 'PRIMARY'";
        return (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
    }
    Json(json!({ "command_uuid": id, "request_type": kind })).into_response()
}

async fn results(
    State(world): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let mut world = world.lock().unwrap();
    let id: Uuid = query["command_uuid"].parse().unwrap();
    if let Some(response) = enter(&mut world, &headers, "results".to_owned()) {
        return response;
    }
    Json(world.results.get(&id).map_or(json!({}), |result| json!({ "results": [result] })))
        .into_response()
}

async fn hosts(
    State(world): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let mut world = world.lock().unwrap();
    if let Some(response) = enter(&mut world, &headers, "hosts".to_owned()) {
        return response;
    }
    assert_eq!(query["order_key"], "id");
    let size = query["per_page"].parse::<usize>().unwrap().min(world.page);
    let start = query["page"].parse::<usize>().unwrap() * size;
    let page: Vec<_> = world.hosts.iter().skip(start).take(size).cloned().collect();
    Json(json!({ "hosts": page })).into_response()
}

async fn count(State(world): State<Shared>, headers: HeaderMap) -> Response {
    let mut world = world.lock().unwrap();
    if let Some(response) = enter(&mut world, &headers, "count".to_owned()) {
        return response;
    }
    Json(json!({ "count": world.hosts.len() + world.miscount })).into_response()
}

fn host(id: u64, platform: &str, status: &str) -> Value {
    json!({
        "id": id, "uuid": format!("u{id}"), "hardware_serial": format!("SU{id}"), "platform": platform,
        "seen_time": "2026-03-01T07:00:00Z",
        "mdm": { "enrollment_status": status, "connected_to_fleet": true }
    })
}

async fn fleet(world: World) -> (Arc<dyn Mdm>, Shared) {
    let world = Arc::new(Mutex::new(World { page: world.page.max(1), ..world }));
    let router = Router::new()
        .route("/api/v1/fleet/commands/run", post(run))
        .route("/api/v1/fleet/commands/results", get(results))
        .route("/api/v1/fleet/hosts", get(hosts))
        .route("/api/v1/fleet/hosts/count", get(count))
        .with_state(world.clone());
    let url = serve(router).await;
    let driver = format!("fleet: {{ url: \"{url}\", token: {{ env: T }} }}");
    (open(&driver, &Arc::new(Memory::default())).await.unwrap(), world)
}

async fn three_hosts() -> (Arc<dyn Mdm>, Shared) {
    let hosts = (1..=3).map(|id| host(id, "ios", "On (automatic)")).collect();
    fleet(World { hosts, page: 2, ..World::default() }).await
}

fn result(world: &Shared, command: &vpp::mdm::Command, status: &str, inner: &str, at: i64) {
    let plist = answer(command.id, status, inner);
    let result = json!({
        "host_uuid": command.device.reference.to_ascii_uppercase(), "command_uuid": command.id,
        "status": status, "updated_at": minute(at).to_string(), "request_type": "x", "hostname": "h",
        "payload": "", "result": STANDARD.encode(plist),
    });
    world.lock().unwrap().results.insert(command.id, result);
}

async fn standing(mdm: &Arc<dyn Mdm>, command: &vpp::mdm::Command) -> Standing {
    mdm.standing(&[ask(command, minute(0))], minute(60)).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_command_keeps_its_id_and_its_result_is_found_by_it() {
    let (mdm, world) = three_hosts().await;
    let commands = [remove("u1"), remove("u2")];
    let queued = Delivery::Queued { reference: None };
    assert_eq!(mdm.send(&commands, minute(0)).await, [queued.clone(), queued]);
    assert_eq!(standing(&mdm, &commands[0]).await, Standing::Waiting);
    result(&world, &commands[0], "Acknowledged", "", 5);
    assert_eq!(standing(&mdm, &commands[0]).await, Standing::Acknowledged { at: minute(5) });
    assert_eq!(standing(&mdm, &commands[1]).await, Standing::Waiting);
}

#[tokio::test]
async fn every_status_has_its_meaning_and_others_have_none() {
    let (mdm, world) = three_hosts().await;
    let command = remove("u1");
    let error = "<key>ErrorChain</key><array><dict><key>ErrorCode</key><integer>12</integer>\
                 <key>USEnglishDescription</key><string>The app is not managed.</string></dict></array>";
    let table = [
        ("Pending", "", Standing::Waiting),
        ("NotNow", "", Standing::NotNow { at: minute(1) }),
        ("Acknowledged", "", Standing::Acknowledged { at: minute(1) }),
        (
            "Error",
            error,
            Standing::Failed {
                at: minute(1),
                fault: Fault::NotManaged,
                detail: "The app is not managed. (no domain 12)".to_owned(),
            },
        ),
        (
            "CommandFormatError",
            "",
            Standing::Failed {
                at: minute(1),
                fault: Fault::Format,
                detail: "no reason given".to_owned(),
            },
        ),
        ("Verified", "", Standing::Waiting),
    ];
    for (status, inner, expected) in table {
        result(&world, &command, status, inner, 1);
        assert_eq!(standing(&mdm, &command).await, expected, "{status}");
    }
}

#[tokio::test]
async fn a_list_is_an_answer_only_where_it_can_be_read_and_names_the_command() {
    let (mdm, world) = three_hosts().await;
    let command = list("u1", minute(0));
    result(&world, &command, "Acknowledged", &apps(&["com.example.other"]), 3);
    let Standing::Listed(reply) = standing(&mdm, &command).await else { panic!() };
    assert_eq!((reply.observed_at, reply.apps.len()), (minute(3), 1));
    assert_eq!(listed(&standing(&mdm, &command).await), vpp::mdm::Presence::Absent);
    result(&world, &command, "Acknowledged", &apps(&[APP]), 3);
    assert_eq!(listed(&standing(&mdm, &command).await), vpp::mdm::Presence::Present);
    let damages: [(&str, Value); 5] = [
        ("result", json!("not base64!")),
        ("result", json!(STANDARD.encode("<plist version=\"1.0\"><dict>"))),
        ("result", json!(STANDARD.encode(answer(Uuid::new_v4(), "Acknowledged", &apps(&[]))))),
        ("result", json!(STANDARD.encode(answer(command.id, "Error", &apps(&[]))))),
        ("host_uuid", json!("somebody-else")),
    ];
    for (key, value) in damages {
        result(&world, &command, "Acknowledged", &apps(&[]), 3);
        world.lock().unwrap().results.get_mut(&command.id).unwrap()[key] = value.clone();
        assert_eq!(standing(&mdm, &command).await, Standing::Waiting, "{value}");
    }
}

#[tokio::test]
async fn the_same_id_again_is_known_and_an_unknown_host_is_refused() {
    let (mdm, world) = three_hosts().await;
    let command = remove("u1");
    mdm.send(std::slice::from_ref(&command), minute(0)).await;
    assert_eq!(mdm.send(std::slice::from_ref(&command), minute(1)).await, [Delivery::Known]);
    let gone = mdm.send(&[remove("u9")], minute(1)).await;
    assert!(matches!(&gone[..], [Delivery::Refused { retryable: false, .. }]), "{gone:?}");
    assert_eq!(world.lock().unwrap().commands.len(), 1);
}

#[tokio::test]
async fn a_write_is_repeated_only_where_nothing_was_done() {
    let (mdm, world) = three_hosts().await;
    let command = remove("u1");
    world.lock().unwrap().script.push_back((
        StatusCode::TOO_MANY_REQUESTS,
        Some("0"),
        "slow down".to_owned(),
    ));
    let sent = mdm.send(std::slice::from_ref(&command), minute(0)).await;
    assert_eq!(sent, [Delivery::Queued { reference: None }]);
    assert_eq!(world.lock().unwrap().seen.len(), 2);
    let text = "deadlock".to_owned();
    world.lock().unwrap().script.push_back((StatusCode::INTERNAL_SERVER_ERROR, None, text));
    let sent = mdm.send(&[remove("u2")], minute(0)).await;
    assert!(
        matches!(&sent[..], [Delivery::Unclear { why }] if why.contains("deadlock")),
        "{sent:?}"
    );
    assert_eq!(world.lock().unwrap().seen.len(), 3, "sent once");
}

#[tokio::test]
async fn a_pause_that_outlasts_the_run_ends_it() {
    let (mdm, world) = three_hosts().await;
    let text = "maintenance".to_owned();
    world.lock().unwrap().script.push_back((StatusCode::SERVICE_UNAVAILABLE, Some("86400"), text));
    let error = mdm.devices().await.unwrap_err().to_string();
    assert_eq!(error, "lab: GET api/v1/fleet/hosts/count: HTTP 503: maintenance (tried 1 times)");
}

#[tokio::test]
async fn no_secret_follows_a_redirect_or_reaches_a_message() {
    let (mdm, world) = three_hosts().await;
    world.lock().unwrap().script.push_back((StatusCode::FOUND, None, String::new()));
    let error = mdm.devices().await.unwrap_err().to_string();
    assert!(error.contains("redirects are not followed"), "{error}");
    let text = format!("bad token {SECRET} or {}", &SECRET[4..20]);
    world.lock().unwrap().script.push_back((StatusCode::UNAUTHORIZED, None, text));
    let error = mdm.devices().await.unwrap_err();
    assert!(matches!(error, MdmError::Denied { .. }), "{error}");
    let shown =
        format!("{error} {error:?} {mdm:?} {:?}", mdm.send(&[remove("u1")], minute(0)).await);
    assert!(!shown.contains(&SECRET[..8]) && !shown.contains(&SECRET[8..18]), "{shown}");
}

#[tokio::test]
async fn hosts_are_read_to_the_last_page_and_held_against_their_count() {
    let mut hosts: Vec<_> = (1..=5).map(|id| host(id, "ios", "On (manual)")).collect();
    hosts.push(host(6, "darwin", "On (personal)"));
    hosts.push(host(7, "ipados", "Off"));
    hosts.push(host(8, "windows", "On (automatic)"));
    let mut bare = host(9, "ios", "On (manual)");
    bare["hardware_serial"] = json!("");
    hosts.push(bare);
    let (mdm, world) = fleet(World { hosts, page: 2, ..World::default() }).await;
    let devices = mdm.devices().await.unwrap();
    let serials: Vec<_> = devices.iter().map(|device| device.serial.as_str()).collect();
    assert_eq!(serials, ["SU1", "SU2", "SU3", "SU4", "SU5", "SU6", "SU7"]);
    let at = |index: usize| (devices[index].platform, devices[index].enrolment);
    assert_eq!(at(0), (Platform::Ios, Enrolment::Device));
    assert_eq!(at(5), (Platform::Macos, Enrolment::User));
    assert_eq!(at(6), (Platform::Ios, Enrolment::None));
    world.lock().unwrap().miscount = 1;
    let error = mdm.devices().await.unwrap_err().to_string();
    assert!(error.contains("do not agree"), "{error}");
}

#[tokio::test]
async fn a_device_that_enrolled_anew_has_lost_what_waited_for_it() {
    let (mdm, world) = three_hosts().await;
    let mut command = remove("u1");
    command.device.enrolled_at = Some(minute(10));
    let why = "the device enrolled anew".to_owned();
    assert_eq!(
        standing(&mdm, &command).await,
        Standing::Lost { at: minute(10), why, enrolled: true }
    );
    command.device = device("u1");
    command.device.enrolment = Enrolment::None;
    assert!(matches!(standing(&mdm, &command).await, Standing::Lost { enrolled: false, .. }));
    // What it has answered stands.
    result(&world, &command, "Acknowledged", "", 5);
    assert_eq!(standing(&mdm, &command).await, Standing::Acknowledged { at: minute(5) });
}

#[tokio::test]
async fn a_server_that_does_not_know_the_results_of_one_is_unreadable_for_all() {
    let (mdm, world) = three_hosts().await;
    world.lock().unwrap().script.push_back((StatusCode::FORBIDDEN, None, "no".to_owned()));
    let error = mdm.standing(&[ask(&remove("u1"), minute(0))], minute(1)).await.unwrap_err();
    assert!(matches!(error, MdmError::Denied { .. }), "{error}");
}
