//! The sandbox's simulated devices. Its server answers on this machine only, without credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Client, Method, StatusCode, Url, redirect, retry};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    AppsReply, Ask, Capabilities, Command, Delivery, Device, Enrolment, Fault, Mdm, MdmError,
    Order, Platform, Presence, Scope, Standing,
};
use crate::license::SerialNumber;
use crate::web::chain;

/// The device-management server of a sandbox.
#[derive(Debug)]
pub struct Sandbox {
    mdm: String,
    base: Url,
    client: Client,
}

/// Commands and questions in one request.
const BATCH: usize = 5_000;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a list of devices that changed while it was read is begun again.
const TRIES: u32 = 3;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    devices: Vec<Row>,
    total: usize,
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    serial_number: SerialNumber,
    reference: String,
    platform: String,
    enrolment: String,
    user: Option<String>,
    last_seen: Option<Timestamp>,
    enrolled_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Results<T> {
    results: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queued {
    command_uuid: Uuid,
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    command_uuid: Uuid,
    cleared: bool,
    enrolment: Option<String>,
    enrolled_at: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    answer: Option<Answer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    at: Timestamp,
    status: String,
    #[serde(default)]
    error_chain: Vec<Link>,
    installed_application_list: Option<Vec<Listed>>,
    managed_application_list: Option<Vec<Managed>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    error_code: u32,
    localized_description: String,
}

#[derive(Deserialize)]
struct Listed {
    identifier: Option<String>,
    #[serde(default)]
    installing: bool,
}

#[derive(Deserialize)]
struct Managed {
    identifier: String,
    status: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Questions {
    command_uuids: Vec<Uuid>,
}

/// Why there is no usable answer.
enum Failure {
    /// The server has seen nothing of the request.
    NotTaken(String),
    /// It may have done what was asked.
    Unclear(String),
}

impl Sandbox {
    /// The server of the sandbox whose Apple is at `endpoint`.
    ///
    /// # Errors
    /// Where that is not an address on this machine.
    pub fn open(name: &str, endpoint: &str) -> Result<Self, MdmError> {
        let setup = |why: String| MdmError::Setup { mdm: name.to_owned(), why };
        let url = Url::parse(endpoint).map_err(|error| setup(format!("{endpoint}: {error}")))?;
        let here = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            None => false,
        };
        if url.scheme() != "http" || !here {
            let why = format!(
                "{endpoint} is not a sandbox on this machine\nhint: simulated devices are only there \
                 with --sandbox WORLD, or with VPP_ENDPOINT as `vpp sandbox` prints it"
            );
            return Err(setup(why));
        }
        let base = url.join("/_mdm/").map_err(|error| setup(error.to_string()))?;
        let client = Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .gzip(false)
            .timeout(PATIENCE)
            .build()
            .map_err(|error| setup(error.to_string()))?;
        Ok(Self { mdm: name.to_owned(), base, client })
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let url = self.base.join(path).map_err(|error| Failure::NotTaken(error.to_string()))?;
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await.map_err(|error| {
            let why = chain(&error);
            if error.is_connect() { Failure::NotTaken(why) } else { Failure::Unclear(why) }
        })?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| Failure::Unclear(chain(&error)))?;
        Ok((status, body.to_vec()))
    }

    /// A read: JSON in a 2xx, or an error with the endpoint.
    async fn read<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<T, MdmError> {
        let short = path.split('?').next().unwrap_or_default();
        let endpoint = format!("{method} /_mdm/{short}");
        let unreadable = |why: String| MdmError::Unreadable {
            mdm: self.mdm.clone(),
            endpoint: endpoint.clone(),
            why,
        };
        let (status, body) =
            self.call(method, path, body).await.map_err(|failure| match failure {
                Failure::NotTaken(why) | Failure::Unclear(why) => unreadable(why),
            })?;
        if !status.is_success() {
            return Err(unreadable(said(status, &body)));
        }
        serde_json::from_slice(&body)
            .map_err(|error| unreadable(format!("the answer is not what was expected ({error})")))
    }

    /// Every device; `None` where they changed while they were read.
    async fn list(&self) -> Result<Option<Vec<Device>>, MdmError> {
        let mut devices: Vec<Device> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let path = match &cursor {
                Some(cursor) => format!("devices?cursor={cursor}"),
                None => "devices".to_owned(),
            };
            let Page { devices: rows, total, next } = self.read(Method::GET, &path, None).await?;
            if rows.is_empty() && next.is_some() {
                return Ok(None);
            }
            devices.extend(rows.into_iter().map(device));
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok((devices.len() == total).then_some(devices)),
            }
        }
    }

    async fn send_some(&self, commands: &[Command]) -> Vec<Delivery> {
        let all = |delivery: Delivery| vec![delivery; commands.len()];
        let body = json!({ "commands": commands.iter().map(wanted).collect::<Vec<_>>() });
        let endpoint = "POST /_mdm/commands";
        let answer = self.call(Method::POST, "commands", Some(body.to_string().into_bytes())).await;
        let (status, body) = match answer {
            Ok(answer) => answer,
            Err(Failure::NotTaken(why)) => {
                let why = format!("{endpoint}: {why}");
                return all(Delivery::Refused { why, retryable: true });
            }
            Err(Failure::Unclear(why)) => {
                return all(Delivery::Unclear { why: format!("{endpoint}: {why}") });
            }
        };
        // A push that failed makes it a 500, and everything is queued all the same.
        if let Ok(Results { results }) = serde_json::from_slice::<Results<Queued>>(&body) {
            let told: BTreeMap<Uuid, String> =
                results.into_iter().map(|one| (one.command_uuid, one.status)).collect();
            let delivery = |command: &Command| match told.get(&command.id).map(String::as_str) {
                Some("queued") => Delivery::Queued { reference: None },
                Some("command already exists") => Delivery::Known,
                Some(other) => Delivery::Unclear { why: format!("{endpoint}: {other}") },
                None => Delivery::Unclear { why: format!("{endpoint}: nothing said of it") },
            };
            return commands.iter().map(delivery).collect();
        }
        let why = format!("{endpoint}: {}", said(status, &body));
        if status.is_client_error() {
            return all(Delivery::Refused { why, retryable: false });
        }
        all(Delivery::Unclear { why })
    }
}

#[async_trait]
impl Mdm for Sandbox {
    fn name(&self) -> &str {
        &self.mdm
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            install: true,
            pushed: false,
            refuses_repeats: true,
            lists_all: true,
            batch: BATCH,
        }
    }

    async fn devices(&self) -> Result<Vec<Device>, MdmError> {
        for _ in 0..TRIES {
            if let Some(devices) = self.list().await? {
                return Ok(devices);
            }
        }
        Err(MdmError::Unreadable {
            mdm: self.mdm.clone(),
            endpoint: "GET /_mdm/devices".to_owned(),
            why: format!("devices kept changing while they were read ({TRIES} times)"),
        })
    }

    async fn send(&self, commands: &[Command], _: Timestamp) -> Vec<Delivery> {
        let mut deliveries = Vec::with_capacity(commands.len());
        for some in commands.chunks(BATCH) {
            deliveries.extend(self.send_some(some).await);
        }
        deliveries
    }

    async fn standing(&self, asks: &[Ask], _: Timestamp) -> Result<Vec<Standing>, MdmError> {
        let mut standings = Vec::with_capacity(asks.len());
        for some in asks.chunks(BATCH) {
            let questions = Questions { command_uuids: some.iter().map(|ask| ask.id).collect() };
            let unreadable = |why: String| MdmError::Unreadable {
                mdm: self.mdm.clone(),
                endpoint: "POST /_mdm/results".to_owned(),
                why,
            };
            let body =
                serde_json::to_vec(&questions).map_err(|error| unreadable(error.to_string()))?;
            let Results { results } =
                self.read::<Results<Told>>(Method::POST, "results", Some(body)).await?;
            let told: BTreeMap<Uuid, Told> =
                results.into_iter().map(|one| (one.command_uuid, one)).collect();
            for ask in some {
                let told = told
                    .get(&ask.id)
                    .ok_or_else(|| unreadable(format!("nothing is said of command {}", ask.id)))?;
                standings.push(standing(ask, told));
            }
        }
        Ok(standings)
    }
}

fn device(row: Row) -> Device {
    let Row { serial_number, reference, platform, enrolment, user, last_seen, enrolled_at } = row;
    let platform = match platform.as_str() {
        "iOS" => Platform::Ios,
        "macOS" => Platform::Macos,
        "tvOS" => Platform::Tvos,
        "visionOS" => Platform::Visionos,
        "watchOS" => Platform::Watchos,
        _ => Platform::Unknown,
    };
    let enrolment = enrolment_of(&enrolment);
    Device { serial: serial_number, reference, platform, enrolment, user, last_seen, enrolled_at }
}

fn enrolment_of(text: &str) -> Enrolment {
    match text {
        "device" => Enrolment::Device,
        "user" => Enrolment::User,
        _ => Enrolment::None,
    }
}

/// A command as the server wants it.
fn wanted(command: &Command) -> Value {
    let Command { id, device, order, attempt: _ } = command;
    let order = match order {
        Order::Remove { bundle_id, adam_id } => json!({
            "requestType": "RemoveApplication", "identifier": bundle_id, "adamId": adam_id,
        }),
        Order::ListInstalled { bundle_ids, not_before: _ } => json!({
            "requestType": "InstalledApplicationList",
            "identifiers": bundle_ids,
            "managedAppsOnly": false,
        }),
        Order::ListManaged { bundle_ids, not_before: _ } => json!({
            "requestType": "ManagedApplicationList", "identifiers": bundle_ids,
        }),
        Order::Install { bundle_id, adam_id } => json!({
            "requestType": "InstallApplication", "iTunesStoreID": adam_id, "identifier": bundle_id,
        }),
    };
    json!({ "commandUuid": id, "reference": device.reference, "command": order })
}

fn standing(ask: &Ask, told: &Told) -> Standing {
    if let Some(standing) = told.answer.as_ref().and_then(|answer| answered(ask, answer)) {
        let put_off = matches!(standing, Standing::NotNow { .. });
        if !put_off || lost(ask, told).is_none() {
            return standing;
        }
    }
    lost(ask, told).unwrap_or(Standing::Waiting)
}

/// Whether the device lost the command: it enrolled anew, or has left.
fn lost(ask: &Ask, told: &Told) -> Option<Standing> {
    let enrolled = enrolment_of(told.enrolment.as_deref()?) != Enrolment::None;
    if told.cleared {
        let at = told.enrolled_at.unwrap_or(ask.sent_at);
        return Some(Standing::Lost { at, why: "the device enrolled anew".to_owned(), enrolled });
    }
    if enrolled {
        return None;
    }
    let at = told.last_seen.map_or(ask.sent_at, |seen| seen.max(ask.sent_at));
    Some(Standing::Lost { at, why: "the device has left the server".to_owned(), enrolled })
}

/// What an answer says; `None` where it says nothing that can be understood.
fn answered(ask: &Ask, answer: &Answer) -> Option<Standing> {
    let Answer { at, status, .. } = answer;
    let at = *at;
    Some(match status.as_str() {
        "NotNow" => Standing::NotNow { at },
        "Error" => {
            let (fault, detail) = fault(&answer.error_chain);
            Standing::Failed { at, fault, detail }
        }
        "CommandFormatError" => Standing::Failed {
            at,
            fault: Fault::Format,
            detail: "the device does not understand the command".to_owned(),
        },
        "Acknowledged" => match &ask.order {
            Order::Remove { .. } | Order::Install { .. } => Standing::Acknowledged { at },
            Order::ListInstalled { bundle_ids, not_before: _ } => {
                let scope = match ask.device.enrolment {
                    Enrolment::User => Scope::Managed,
                    Enrolment::Device | Enrolment::None => Scope::All,
                };
                let list = answer.installed_application_list.as_deref();
                listed(bundle_ids, scope, at, |bundle| installed(list, bundle))
            }
            Order::ListManaged { bundle_ids, not_before: _ } => {
                let list = answer.managed_application_list.as_deref();
                listed(bundle_ids, Scope::Managed, at, |bundle| managed(list, bundle))
            }
        },
        _ => return None,
    })
}

fn listed(
    bundle_ids: &[String],
    scope: Scope,
    observed_at: Timestamp,
    presence: impl Fn(&str) -> Presence,
) -> Standing {
    let apps = bundle_ids.iter().map(|bundle| (bundle.clone(), presence(bundle))).collect();
    Standing::Listed(AppsReply { observed_at, scope, apps })
}

fn installed(list: Option<&[Listed]>, bundle: &str) -> Presence {
    let Some(list) = list else { return Presence::Unknown };
    if let Some(app) = list.iter().find(|app| app.identifier.as_deref() == Some(bundle)) {
        return if app.installing { Presence::Installing } else { Presence::Present };
    }
    // Who does not name one app may be leaving out this one.
    let unnamed = list.iter().any(|app| app.identifier.is_none());
    if unnamed { Presence::Unknown } else { Presence::Absent }
}

fn managed(list: Option<&[Managed]>, bundle: &str) -> Presence {
    let Some(list) = list else { return Presence::Unknown };
    match list.iter().find(|app| app.identifier == bundle).map(|app| app.status.as_str()) {
        None | Some("ManagedButUninstalled") => Presence::Absent,
        Some("Managed") => Presence::Present,
        Some("Installing") => Presence::Installing,
        Some(_) => Presence::Unknown,
    }
}

/// What kind of refusal it is, and the device's words.
fn fault(chain: &[Link]) -> (Fault, String) {
    let words: Vec<&str> = chain.iter().map(|link| link.localized_description.as_str()).collect();
    let detail = words.join("; ");
    let fault = if chain.iter().any(|link| link.error_code == 9610) {
        Fault::LicenseNotFound
    } else if detail.contains("by a declaration") {
        Fault::Declarative
    } else if detail.contains("is not managed") {
        Fault::NotManaged
    } else {
        Fault::Other
    };
    (fault, detail)
}

fn said(status: StatusCode, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let start: String = text.chars().filter(|letter| !letter.is_control()).take(200).collect();
    format!("HTTP {}: {start}", status.as_u16())
}
