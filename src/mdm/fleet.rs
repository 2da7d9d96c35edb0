//! Fleet: commands by its API, results asked for. Fleet's pages: REST API, "Run MDM command", "Get MDM
//! command results", "List hosts".

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::http::{Failure, Login, Request, Server};
use super::raw::{self, State};
use super::{
    Ask, Capabilities, Command, Delivery, Device, Enrolment, Mdm, MdmError, Platform, Standing,
    gone, together,
};
use crate::manifest::kind::MdmServer;

/// Requests on their way at once.
const AT_ONCE: usize = 8;
/// Hosts asked for with one request.
const PAGE: usize = 500;
/// How often a list is read again that changed while it was read.
const WALKS: u32 = 3;

/// A Fleet server.
#[derive(Debug)]
pub(super) struct Fleet {
    server: Server,
}

#[derive(Deserialize)]
struct Hosts {
    #[serde(default)]
    hosts: Option<Vec<Host>>,
}

#[derive(Deserialize)]
struct Count {
    count: usize,
}

#[derive(Deserialize)]
struct Host {
    id: u64,
    uuid: Option<String>,
    hardware_serial: Option<String>,
    platform: Option<String>,
    seen_time: Option<Timestamp>,
    last_mdm_enrolled_at: Option<Timestamp>,
    mdm: Option<HostMdm>,
}

#[derive(Deserialize)]
struct HostMdm {
    enrollment_status: Option<String>,
    connected_to_fleet: Option<bool>,
}

#[derive(Deserialize)]
struct Ran {
    command_uuid: Option<String>,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    results: Option<Vec<CommandResult>>,
}

#[derive(Deserialize)]
struct CommandResult {
    host_uuid: Option<String>,
    command_uuid: Option<String>,
    status: Option<String>,
    updated_at: Option<Timestamp>,
    result: Option<String>,
}

impl Fleet {
    pub(super) fn open(
        name: &str,
        settings: &MdmServer,
        token: &SecretString,
    ) -> Result<Self, MdmError> {
        Ok(Self { server: Server::new(name, settings, token, &Login::Bearer)? })
    }

    async fn count(&self) -> Result<usize, MdmError> {
        let request = Request::get("api/v1/fleet/hosts/count");
        Ok(self.server.json::<Count>(&request).await?.count)
    }

    /// All hosts by their ids, or an error where they do not stay still.
    async fn hosts(&self) -> Result<Vec<Host>, MdmError> {
        for walk in 1..=WALKS {
            let before = self.count().await?;
            let hosts = self.walk().await?;
            let ascending = hosts.windows(2).all(|pair| matches!(pair, [a, b] if a.id < b.id));
            if ascending && hosts.len() == before && self.count().await? == before {
                return Ok(hosts);
            }
            tracing::debug!(walk, "the hosts changed while they were read");
        }
        Err(self.server.unreadable(
            &Request::get("api/v1/fleet/hosts"),
            "the hosts and their count do not agree, however often they are read\nhint: run it again; \
             the token must see every team"
                .to_owned(),
        ))
    }

    async fn walk(&self) -> Result<Vec<Host>, MdmError> {
        let mut hosts = Vec::new();
        for page in 0_usize.. {
            let path = format!(
                "api/v1/fleet/hosts?page={page}&per_page={PAGE}&order_key=id&order_direction=asc"
            );
            let found: Hosts = self.server.json(&Request::get(path)).await?;
            let found = found.hosts.unwrap_or_default();
            // Only an empty page is the last: the server may give fewer than it is asked for.
            if found.is_empty() {
                break;
            }
            let grew = found.last().map(|host| host.id) > hosts.last().map(|host: &Host| host.id);
            hosts.extend(found);
            if !grew {
                // A server that does not know pages gives the same one for ever.
                break;
            }
        }
        Ok(hosts)
    }

    async fn send_one(&self, command: &Command) -> Delivery {
        let Command { id, device, order, attempt: _ } = command;
        let plist = match raw::command(*id, device, order) {
            Ok(plist) => plist,
            Err(why) => return Delivery::Refused { why, retryable: false },
        };
        let body = json!({ "command": STANDARD.encode(plist), "host_uuids": [device.reference] });
        let request = Request::post(
            "api/v1/fleet/commands/run",
            "application/json",
            body.to_string().into_bytes(),
        );
        let answer = match self.server.send(&request).await {
            Ok(answer) => answer,
            Err(Failure::NotTaken(why)) => {
                let why = format!("{}: {why}", request.name());
                return Delivery::Refused { why, retryable: true };
            }
            Err(Failure::Unclear(why)) => {
                return Delivery::Unclear { why: format!("{}: {why}", request.name()) };
            }
        };
        let why = format!("{}: {}", request.name(), self.server.said(&answer));
        match answer.status {
            200..=299 => match serde_json::from_slice::<Ran>(&answer.body) {
                Ok(Ran { command_uuid: Some(given) }) if is(&given, &id.to_string()) => {
                    Delivery::Queued { reference: None }
                }
                // Under another id its result would never be found, and it may be carried out.
                Ok(_) | Err(_) => Delivery::Unclear { why },
            },
            409 => Delivery::Known,
            _ if repeats(&answer.body) => Delivery::Known,
            // The command may have been stored before something else went wrong.
            500..=599 => Delivery::Unclear { why },
            401 | 403 => Delivery::Refused { why, retryable: true },
            _ => Delivery::Refused { why, retryable: false },
        }
    }

    async fn standing_one(&self, ask: &Ask) -> Result<Standing, MdmError> {
        let id = ask.id.to_string();
        let request = Request::get(format!("api/v1/fleet/commands/results?command_uuid={id}"));
        let answer = self
            .server
            .send(&request)
            .await
            .map_err(|failure| self.server.unreadable(&request, failure.why()))?;
        if answer.status == 404 {
            return Ok(gone(ask).unwrap_or(Standing::Waiting));
        }
        self.server.check(&request, &answer)?;
        let results: Results = serde_json::from_slice(&answer.body).map_err(|error| {
            self.server
                .unreadable(&request, format!("the answer is not what was expected ({error})"))
        })?;
        let ours = |result: &&CommandResult| {
            result.host_uuid.as_deref().is_some_and(|host| is(host, &ask.device.reference))
                && result.command_uuid.as_deref().is_none_or(|command| is(command, &id))
        };
        let results = results.results.unwrap_or_default();
        Ok(results
            .iter()
            .find(ours)
            .and_then(|result| self.read(ask, result))
            .or_else(|| gone(ask))
            .unwrap_or(Standing::Waiting))
    }

    /// What a result says; `None` where there is no answer of the device in it.
    fn read(&self, ask: &Ask, result: &CommandResult) -> Option<Standing> {
        let state = State::of(result.status.as_deref()?);
        let at = result.updated_at?;
        match state {
            State::NotNow => Some(Standing::NotNow { at }),
            State::Acknowledged | State::Error | State::FormatError => {
                let bytes = STANDARD.decode(result.result.as_deref().unwrap_or_default()).ok();
                let answer = bytes.and_then(|bytes| raw::Answer::read(&bytes));
                let Some(answer) = answer.filter(|answer| {
                    let named = answer.command.as_deref();
                    answer.state == state
                        && named.is_none_or(|named| is(named, &ask.id.to_string()))
                }) else {
                    tracing::warn!(mdm = self.server.mdm(), id = %ask.id, "a result cannot be read");
                    return None;
                };
                Some(raw::standing(&ask.order, &ask.device, &answer, at))
            }
            State::Other => None,
        }
    }
}

/// Ids are compared as servers do: without case.
fn is(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Whether a refusal says that the command's id is taken.
fn repeats(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_lowercase();
    text.contains("duplicate entry") || text.contains("already exists")
}

fn device(host: Host) -> Option<Device> {
    let platform = match host.platform.as_deref()? {
        "ios" | "ipados" => Platform::Ios,
        "darwin" => Platform::Macos,
        "tvos" => Platform::Tvos,
        "visionos" => Platform::Visionos,
        "watchos" => Platform::Watchos,
        _ => return None,
    };
    // Who has neither cannot be told by a serial number or cannot be addressed.
    let serial = host.hardware_serial?.parse().ok()?;
    let reference = host.uuid.filter(|uuid| !uuid.is_empty())?;
    let mdm = host.mdm.filter(|mdm| mdm.connected_to_fleet != Some(false));
    let enrolment = match mdm.as_ref().and_then(|mdm| mdm.enrollment_status.as_deref()) {
        Some("On (automatic)" | "On (manual)") => Enrolment::Device,
        Some("On (personal)") => Enrolment::User,
        Some(_) | None => Enrolment::None,
    };
    Some(Device {
        serial,
        reference,
        platform,
        enrolment,
        user: None,
        last_seen: host.seen_time,
        enrolled_at: host.last_mdm_enrolled_at,
    })
}

#[async_trait]
impl Mdm for Fleet {
    fn name(&self) -> &str {
        self.server.mdm()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            install: true,
            pushed: false,
            // A command is a row under its id: the database refuses a second one.
            refuses_repeats: true,
            // A token may see the hosts of some teams only, and nothing tells.
            lists_all: false,
            batch: 1,
        }
    }

    async fn devices(&self) -> Result<Vec<Device>, MdmError> {
        Ok(self.hosts().await?.into_iter().filter_map(device).collect())
    }

    async fn send(&self, commands: &[Command], _: Timestamp) -> Vec<Delivery> {
        together(commands.iter().map(|command| self.send_one(command)), AT_ONCE).await
    }

    async fn standing(&self, asks: &[Ask], _: Timestamp) -> Result<Vec<Standing>, MdmError> {
        // The first failure ends it: a server that is down is not asked a thousand times.
        let futures: Vec<_> = asks.iter().map(|ask| self.standing_one(ask)).collect();
        stream::iter(futures).buffered(AT_ONCE).try_collect().await
    }
}
