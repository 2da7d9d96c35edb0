//! The same server, spoken to as NanoMDM, NanoHUB and MicroMDM are.
//!
//! | below `/_mdm/` | |
//! |---|---|
//! | `nanomdm/v1/enqueue/{id}`, `nanohub/api/v1/nanomdm/enqueue/{id}` | PUT or POST a property list; one enrolment id a request |
//! | `micromdm/v1/commands` | POST JSON |
//! | `micromdm/v1/commands/{udid}` | POST a property list, GET or DELETE the queue |
//! | `micromdm/v1/devices` | POST: every device |

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::mdm::Reply;
use crate::sandbox::Sandbox;
use crate::sandbox::mdm::{self, Order, Taken};

/// Which server is played.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Played {
    Nano,
    Micro,
}

#[derive(Deserialize)]
struct Simple {
    udid: String,
    request_type: String,
    identifier: Option<String>,
    itunes_store_id: Option<u64>,
}

/// `None` where the path is none of theirs.
pub(super) fn act(
    sandbox: &Sandbox,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Option<Reply> {
    let (user, played, rest) = if let Some(rest) = path.strip_prefix("nanomdm/v1/") {
        ("nanomdm", Played::Nano, rest)
    } else if let Some(rest) = path.strip_prefix("nanohub/api/v1/nanomdm/") {
        ("nanohub", Played::Nano, rest)
    } else if let Some(rest) = path.strip_prefix("micromdm/v1/") {
        ("micromdm", Played::Micro, rest)
    } else {
        return None;
    };
    let key = sandbox.with_mdm(|server, _| server.settings.api_key().to_owned());
    if !is_authorized(headers, user, &key) {
        return Some(reply(StatusCode::UNAUTHORIZED, &json!({ "error": "unauthorized" })));
    }
    let put = method == Method::PUT || method == Method::POST;
    Some(match played {
        Played::Nano => match rest.strip_prefix("enqueue/") {
            Some(id) if put => enqueue(sandbox, id, body),
            Some(_) | None => nothing(method, path),
        },
        Played::Micro => match rest.strip_prefix("commands/") {
            Some(udid) if method == Method::POST => raw_command(sandbox, udid, body),
            Some(udid) if method == Method::GET => queue(sandbox, udid),
            Some(udid) if method == Method::DELETE => clear(sandbox, udid),
            None if rest == "commands" && method == Method::POST => simple_command(sandbox, body),
            None if rest == "devices" && method == Method::POST => devices(sandbox),
            Some(_) | None => nothing(method, path),
        },
    })
}

fn is_authorized(headers: &HeaderMap, user: &str, key: &str) -> bool {
    let wanted = format!("Basic {}", STANDARD.encode(format!("{user}:{key}")));
    headers.get(header::AUTHORIZATION).is_some_and(|sent| sent.as_bytes() == wanted.as_bytes())
}

/// NanoMDM: a 200 is not "the device exists", and a 500 is not "it is not queued".
fn enqueue(sandbox: &Sandbox, id: &str, body: &[u8]) -> Reply {
    if id.contains(',') {
        let error = "the sandbox takes one enrolment id a request";
        return reply(StatusCode::BAD_REQUEST, &json!({ "error": error }));
    }
    let (uuid, order) = match mdm::command_of_plist(body) {
        Ok(command) => command,
        Err(problem) => {
            return reply(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "command_error": problem }));
        }
    };
    let request_type = order.name();
    let taken = sandbox.with_mdm(|server, now| server.enqueue(uuid, id, order, now));
    let (status, said) = match taken {
        Taken::Queued => (StatusCode::OK, json!({ "push_result": "sandbox" })),
        Taken::Unpushed => {
            (StatusCode::INTERNAL_SERVER_ERROR, json!({ "push_error": "push was not accepted" }))
        }
        Taken::Known => {
            let error = format!("command already exists: {uuid}");
            (StatusCode::INTERNAL_SERVER_ERROR, json!({ "command_error": error }))
        }
    };
    let body = json!({
        "status": { id: said }, "command_uuid": uuid, "request_type": request_type,
    });
    reply(status, &body)
}

fn raw_command(sandbox: &Sandbox, udid: &str, body: &[u8]) -> Reply {
    match mdm::command_of_plist(body) {
        Ok((uuid, order)) => queue_again(sandbox, uuid, udid, order),
        Err(problem) => reply(StatusCode::BAD_REQUEST, &json!({ "error": problem })),
    }
}

fn simple_command(sandbox: &Sandbox, body: &[u8]) -> Reply {
    let Simple { udid, request_type, identifier, itunes_store_id } =
        match serde_json::from_slice(body) {
            Ok(simple) => simple,
            Err(error) => {
                return reply(StatusCode::BAD_REQUEST, &json!({ "error": error.to_string() }));
            }
        };
    let order = match (request_type.as_str(), identifier, itunes_store_id) {
        ("RemoveApplication", Some(identifier), _) => {
            Order::RemoveApplication { identifier, adam_id: None }
        }
        ("InstalledApplicationList", identifier, _) => Order::InstalledApplicationList {
            identifiers: identifier.into_iter().collect(),
            managed_apps_only: false,
        },
        ("ManagedApplicationList", identifier, _) => {
            Order::ManagedApplicationList { identifiers: identifier.into_iter().collect() }
        }
        ("InstallApplication", _, Some(number)) => {
            Order::InstallApplication { adam_id: number.to_string(), identifier: None }
        }
        (other, _, _) => {
            let error = format!("simulated devices know no such {other}");
            return reply(StatusCode::BAD_REQUEST, &json!({ "error": error }));
        }
    };
    queue_again(sandbox, Uuid::new_v4(), &udid, order)
}

/// MicroMDM takes everything, also twice, also for nobody.
fn queue_again(sandbox: &Sandbox, uuid: Uuid, udid: &str, order: Order) -> Reply {
    let request_type = order.name();
    sandbox.with_mdm(|server, now| server.enqueue_again(uuid, udid, order, now));
    let command = json!({ "request_type": request_type });
    let payload = json!({ "command_uuid": uuid, "command": command });
    reply(StatusCode::CREATED, &json!({ "payload": payload }))
}

fn queue(sandbox: &Sandbox, udid: &str) -> Reply {
    let ids = sandbox.with_mdm(|server, _| server.queue_of(udid));
    let commands: Vec<_> = ids.into_iter().map(|id| json!({ "uuid": id })).collect();
    reply(StatusCode::OK, &json!({ "commands": commands }))
}

fn clear(sandbox: &Sandbox, udid: &str) -> Reply {
    sandbox.with_mdm(|server, _| server.clear_queue_of(udid));
    reply(StatusCode::OK, &json!({}))
}

fn devices(sandbox: &Sandbox) -> Reply {
    let devices: Vec<Value> = sandbox.with_mdm(|server, now| {
        let every = server.every();
        let row = |device: &mdm::Device| {
            json!({
                "serial_number": device.serial,
                "udid": device.reference(),
                "enrollment_status": device.is_enrolled(),
                "last_seen": device.last_seen(now, every),
            })
        };
        server.devices().iter().map(row).collect()
    });
    reply(StatusCode::OK, &json!({ "devices": devices }))
}

fn nothing(method: &Method, path: &str) -> Reply {
    let error = format!("there is no `{method} /_mdm/{path}`");
    reply(StatusCode::NOT_FOUND, &json!({ "error": error }))
}

fn reply(status: StatusCode, body: &Value) -> Reply {
    (status, body.to_string().into_bytes(), 1)
}
