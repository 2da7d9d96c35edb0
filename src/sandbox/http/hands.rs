//! `/_sandbox/`: what people and other services do to an Apple.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::sandbox::world::{
    Behavior, DeviceSeed, Fate, Lapse, Names, Pricing, ProductType, StoreId, WebhookSeed,
};
use crate::sandbox::{Change, MdmFault, PlannedFault, Sandbox, SandboxError};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Acceptance {
    location: Option<String>,
    invite_code: Option<String>,
    client_user_id: Option<String>,
    account: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    location: Option<String>,
    adam_id: StoreId,
    #[serde(default)]
    pricing: Pricing,
    #[serde(default, rename = "type")]
    kind: ProductType,
    count: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeatOrder {
    location: Option<String>,
    adam_id: i64,
    parent_adam_id: Option<i64>,
    #[serde(default)]
    renewing: i64,
    #[serde(default)]
    expiring: i64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Which {
    location: Option<String>,
    expires: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Skip {
    seconds: u64,
}

/// Devices, and what is done to them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Touched {
    serial_numbers: Names,
    behaves: Option<Behavior>,
    bundle_id: Option<String>,
    #[serde(rename = "for")]
    lasts: Option<Lapse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Forgery {
    serial_number: String,
    command_uuid: uuid::Uuid,
}

/// Why a hand does nothing.
enum Refused {
    NotFound,
    Said(String),
}

impl From<SandboxError> for Refused {
    fn from(error: SandboxError) -> Self {
        Self::Said(error.to_string())
    }
}

pub(super) async fn answer(sandbox: &Sandbox, path: &str, request: Request) -> Response {
    let method = request.method().clone();
    let body = match to_bytes(request.into_body(), 4 << 20).await {
        Ok(body) => body,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let (status, body) = match act(sandbox, &method, path, &body).await {
        Ok(value) => (StatusCode::OK, value),
        Err(Refused::NotFound) => {
            let message = format!("there is no `{method} /_sandbox/{path}`");
            (StatusCode::NOT_FOUND, json!({ "error": message }))
        }
        Err(Refused::Said(message)) => (StatusCode::BAD_REQUEST, json!({ "error": message })),
    };
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

async fn act(
    sandbox: &Sandbox,
    method: &Method,
    path: &str,
    body: &[u8],
) -> Result<Value, Refused> {
    if method == Method::GET {
        return look(sandbox, path);
    }
    if method != Method::POST {
        return Err(Refused::NotFound);
    }
    let done = json!({ "done": true });
    match path {
        "invitations/accept" => {
            let Acceptance { location, invite_code, client_user_id, account } = read(body)?;
            let who = invite_code.or(client_user_id);
            let who =
                who.ok_or_else(|| Refused::Said("say `inviteCode` or `clientUserId`".into()))?;
            sandbox.accept_invitation(location.as_deref(), &who, account.as_deref())?;
        }
        "assignments/add" | "assignments/remove" => {
            let change = if path.ends_with("add") { Change::Add } else { Change::Remove };
            let changed = sandbox.change_assignments(change, &read(body)?)?;
            return Ok(json!({ "changed": changed }));
        }
        "assets/buy" => {
            let Order { location, adam_id, pricing, kind, count } = read(body)?;
            sandbox.buy(location.as_deref(), adam_id.as_str(), pricing, kind, count)?;
        }
        "subscriptions/buy" => {
            let SeatOrder { location, adam_id, parent_adam_id, renewing, expiring } = read(body)?;
            let which = (adam_id, parent_adam_id);
            sandbox.buy_seats(location.as_deref(), which, renewing, expiring)?;
        }
        "token/revoke" => {
            let Which { location, expires: _ } = read(body)?;
            sandbox.revoke_token(location.as_deref())?;
        }
        "token/renew" => {
            let Which { location, expires } = read(body)?;
            let token = sandbox.renew_token(location.as_deref(), expires)?;
            return Ok(json!({ "token": token }));
        }
        "events/hold" => sandbox.hold_events(true),
        "events/release" => sandbox.hold_events(false),
        "events/settle" => sandbox.settle_events().await,
        "clock/advance" => {
            let Skip { seconds } = read(body)?;
            sandbox.advance_clock(Duration::from_secs(seconds));
        }
        "fail" => sandbox.fail(read::<PlannedFault>(body)?),
        "mdm/fail" => sandbox.fail_mdm(read::<MdmFault>(body)?),
        "mdm/webhook" => sandbox.set_webhook(Some(read::<WebhookSeed>(body)?)),
        "mdm/forge" => {
            let Forgery { serial_number, command_uuid } = read(body)?;
            sandbox.forge(&serial_number, command_uuid)?;
        }
        "devices/add" => sandbox.add_devices(&read::<DeviceSeed>(body)?)?,
        _ => match path.strip_prefix("devices/") {
            Some(what) => touch(sandbox, what, body)?,
            None => return Err(Refused::NotFound),
        },
    }
    if let Err(error) = sandbox.save_later().await {
        tracing::warn!(%error, "the sandbox state was not saved");
    }
    Ok(done)
}

/// What is done to devices.
fn touch(sandbox: &Sandbox, what: &str, body: &[u8]) -> Result<(), Refused> {
    let fate = match what {
        "connect" => Some(Fate::Connect),
        "re-enrol" => Some(Fate::ReEnrol),
        "check-out" => Some(Fate::CheckOut),
        "wipe" => Some(Fate::Wipe),
        "behave" | "offline" | "install" | "remove" => None,
        _ => return Err(Refused::NotFound),
    };
    let Touched { serial_numbers, behaves, bundle_id, lasts } = read(body)?;
    let serials: Vec<String> = serial_numbers.iter().collect();
    let missing = |key: &str| Refused::Said(format!("say `{key}`"));
    match (what, fate) {
        (_, Some(fate)) => sandbox.befall(&serials, fate)?,
        ("behave", None) => sandbox.behave(&serials, &behaves.unwrap_or_default())?,
        ("offline", None) => {
            sandbox.switch_off(&serials, lasts.ok_or_else(|| missing("for"))?)?;
        }
        ("install", None) => {
            sandbox.install_app(&serials, &bundle_id.ok_or_else(|| missing("bundleId"))?)?;
        }
        (_, None) => {
            sandbox.remove_app(&serials, &bundle_id.ok_or_else(|| missing("bundleId"))?)?;
        }
    }
    Ok(())
}

fn look(sandbox: &Sandbox, path: &str) -> Result<Value, Refused> {
    let seen = match path {
        "locations" => {
            let all = sandbox.locations().into_iter().map(|(name, uid)| {
                let token = sandbox.token(&uid);
                json!({ "name": name, "uId": uid, "token": token })
            });
            Ok(all.collect())
        }
        "state" => serde_json::to_value(sandbox.snapshot()),
        "requests" => serde_json::to_value(sandbox.requests()),
        "meddling" => serde_json::to_value(sandbox.meddling()),
        "devices" => serde_json::to_value(sandbox.devices()),
        "devices/events" => serde_json::to_value(sandbox.device_events()),
        "mdm/told" => serde_json::to_value(sandbox.told()),
        "mdm/requests" => serde_json::to_value(sandbox.mdm_requests()),
        "deliveries" => serde_json::to_value(sandbox.deliveries()),
        _ => return Err(Refused::NotFound),
    };
    seen.map_err(|error| Refused::Said(error.to_string()))
}

/// The body as JSON; nothing at all is an empty object.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refused::Said(error.to_string()))
}
