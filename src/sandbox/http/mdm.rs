//! `/_mdm/`: the sandbox's device-management server, in JSON.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET devices?cursor=&limit=` | | `{devices, total, next}` |
//! | `POST commands` | `{commands: [{commandUuid, reference, command}]}` | `{results: [{commandUuid, status, pushError}]}`; 500 where a push failed, and queued all the same |
//! | `POST results` | `{commandUuids}` | `{results: [{commandUuid, reference, enrolment, cleared, answer}]}` |

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{NoReply, raw};
use crate::sandbox::chaos::LostReply;
use crate::sandbox::mdm::{Answer, DeviceRow, Order, Server, Taken};
use crate::sandbox::{MdmRequest, Sandbox};

/// The most a body may hold.
const MOST_BYTES: usize = 64 << 20;
/// Commands one request may carry, and questions.
pub(super) const MOST_COMMANDS: usize = 10_000;
/// Devices on one page.
const MOST_DEVICES: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Commands {
    commands: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    command_uuid: Uuid,
    reference: String,
    command: Order,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Queued {
    command_uuid: Uuid,
    /// `queued`, or else `command already exists`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_error: Option<&'static str>,
}

#[derive(Serialize)]
struct Results<T> {
    results: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Questions {
    command_uuids: Vec<Uuid>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    command_uuid: Uuid,
    /// Whether the server has seen the command at all.
    known: bool,
    /// Whether its device enrolled anew before it took it.
    cleared: bool,
    /// How the device is enrolled now; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolment: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a Answer>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    devices: Vec<DeviceRow<'a>>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An answer on its way: status, body, how many commands or devices it was about.
pub(super) type Reply = (StatusCode, Vec<u8>, usize);

pub(super) async fn answer(sandbox: &Sandbox, path: &str, request: Request) -> Response {
    let arrived = sandbox.inner.clock.running();
    let (parts, body) = request.into_parts();
    // An escaped letter is the letter, as it is to the real servers.
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let path = path.as_ref();
    let query = parts.uri.query().unwrap_or_default();
    if !sandbox.inner.options.latency.is_zero() {
        tokio::time::sleep(sandbox.inner.options.latency).await;
    }
    let fault = sandbox.mdm_fault(path);
    let lost = fault.as_ref().and_then(|fault| fault.lost);
    let (status, body, items) = match (fault, to_bytes(body, MOST_BYTES).await) {
        (Some(fault), _) if lost != Some(LostReply::After) => {
            let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
            said(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "ordered by hand")
        }
        (_, Err(error)) => said(StatusCode::BAD_REQUEST, &error.to_string()),
        (_, Ok(body)) => raw::act(sandbox, &parts.method, path, &parts.headers, &body)
            .unwrap_or_else(|| act(sandbox, &parts.method, path, query, &body)),
    };
    if parts.method != Method::GET
        && (path.contains("commands") || path.contains("enqueue"))
        && let Err(error) = sandbox.save_later().await
    {
        tracing::warn!(%error, "the sandbox state was not saved");
    }
    sandbox.inner.journal.mdm_request(MdmRequest {
        at: arrived,
        method: parts.method.to_string(),
        path: path.to_owned(),
        status: status.as_u16(),
        items,
        lost: lost.is_some(),
    });
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if lost.is_some() {
        response.extensions_mut().insert(NoReply);
    }
    response
}

fn act(sandbox: &Sandbox, method: &Method, path: &str, query: &str, body: &Bytes) -> Reply {
    match (method, path) {
        (&Method::GET, "devices") => devices(sandbox, query),
        (&Method::POST, "commands") => match read::<Commands>(body) {
            Ok(wanted) if wanted.commands.len() <= MOST_COMMANDS => commands(sandbox, wanted),
            Ok(_) => too_many(),
            Err(problem) => said(StatusCode::BAD_REQUEST, &problem),
        },
        (&Method::POST, "results") => match read::<Questions>(body) {
            Ok(asked) if asked.command_uuids.len() <= MOST_COMMANDS => results(sandbox, &asked),
            Ok(_) => too_many(),
            Err(problem) => said(StatusCode::BAD_REQUEST, &problem),
        },
        _ => said(StatusCode::NOT_FOUND, &format!("there is no `{method} /_mdm/{path}`")),
    }
}

fn devices(sandbox: &Sandbox, query: &str) -> Reply {
    let (mut from, mut limit) = (0, MOST_DEVICES);
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match (&*key, value.parse::<u32>()) {
            ("cursor", Ok(cursor)) => from = cursor,
            ("limit", Ok(most)) if most > 0 => {
                limit = usize::try_from(most).unwrap_or(MOST_DEVICES).min(MOST_DEVICES);
            }
            _ => {
                return said(
                    StatusCode::BAD_REQUEST,
                    &format!("`{key}={value}` is not understood"),
                );
            }
        }
    }
    sandbox.with_mdm(|server, now| {
        let devices: Vec<_> = server.rows(from, limit, now).collect();
        let total = server.devices().len();
        let items = devices.len();
        let end = usize::try_from(from).unwrap_or(usize::MAX).saturating_add(items);
        let next = (end < total).then(|| end.to_string());
        written(StatusCode::OK, &Page { devices, total, next }, items)
    })
}

fn commands(sandbox: &Sandbox, Commands { commands }: Commands) -> Reply {
    let items = commands.len();
    let results: Vec<_> = sandbox.with_mdm(|server, now| {
        let queue = |Wanted { command_uuid, reference, command }: Wanted| {
            let taken = server.enqueue(command_uuid, &reference, command, now);
            let (status, push_error) = match taken {
                Taken::Queued => ("queued", None),
                Taken::Unpushed => ("queued", Some("the push was not accepted")),
                Taken::Known => ("command already exists", None),
            };
            Queued { command_uuid, status, push_error }
        };
        commands.into_iter().map(queue).collect()
    });
    let fails = results.iter().any(|one| one.push_error.is_some());
    let status = if fails { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    written(status, &Results { results }, items)
}

fn results(sandbox: &Sandbox, Questions { command_uuids }: &Questions) -> Reply {
    sandbox.with_mdm(|server, now| {
        let results = command_uuids.iter().map(|id| told(server, *id, now)).collect();
        written(StatusCode::OK, &Results { results }, command_uuids.len())
    })
}

fn told(server: &Server, id: Uuid, now: Timestamp) -> Told<'_> {
    let command = server.command(id);
    let device = command.and_then(|command| server.device(command.device?));
    Told {
        command_uuid: id,
        known: command.is_some(),
        cleared: command.is_some_and(|command| command.cleared),
        enrolment: device.map(|device| device.enrolment.as_str()),
        enrolled_at: device.map(|device| device.enrolled_at),
        last_seen: device.and_then(|device| device.last_seen(now, server.every())),
        answer: command.and_then(|command| command.answer.as_ref()),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn written(status: StatusCode, body: &impl Serialize, items: usize) -> Reply {
    match serde_json::to_vec(body) {
        Ok(body) => (status, body, items),
        Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn too_many() -> Reply {
    said(StatusCode::PAYLOAD_TOO_LARGE, &format!("at most {MOST_COMMANDS} commands at once"))
}

fn said(status: StatusCode, problem: &str) -> Reply {
    (status, json!({ "error": problem }).to_string().into_bytes(), 0)
}
