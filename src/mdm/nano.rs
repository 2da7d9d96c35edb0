//! NanoMDM, and NanoHUB, which serves the same API elsewhere: commands over the API, everything else
//! from events.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use super::heard::Ear;
use super::http::{Failure, Login, Request, Server, part};
use super::{Ask, Capabilities, Command, Delivery, Device, Mdm, MdmError, Standing, raw, together};
use crate::license::SerialNumber;
use crate::manifest::kind::MdmServer;
use crate::store::Store;

/// Requests on their way at once.
const AT_ONCE: usize = 8;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavor {
    Nanomdm,
    Nanohub,
}

impl Flavor {
    fn user(self) -> &'static str {
        match self {
            Self::Nanomdm => "nanomdm",
            Self::Nanohub => "nanohub",
        }
    }

    fn enqueue(self) -> &'static str {
        match self {
            Self::Nanomdm => "v1/enqueue/",
            Self::Nanohub => "api/v1/nanomdm/enqueue/",
        }
    }
}

/// A NanoMDM or NanoHUB server.
#[derive(Debug)]
pub(super) struct Nano {
    server: Server,
    flavor: Flavor,
    ear: Ear,
    /// Devices an inventory knows.
    known: Vec<(SerialNumber, String)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Enqueued {
    status: BTreeMap<String, PerDevice>,
    command_error: Option<String>,
    command_uuid: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PerDevice {
    command_error: Option<String>,
}

impl Nano {
    pub(super) fn open(
        name: &str,
        flavor: Flavor,
        settings: &MdmServer,
        key: &SecretString,
        store: Arc<dyn Store>,
        known: Vec<(SerialNumber, String)>,
    ) -> Result<Self, MdmError> {
        let server = Server::new(name, settings, key, &Login::Basic(flavor.user()))?;
        Ok(Self { server, flavor, ear: Ear::new(name, store), known })
    }

    async fn send_one(&self, command: &Command) -> Delivery {
        let Command { id, device, order, attempt: _ } = command;
        let plist = match raw::command(*id, device, order) {
            Ok(plist) => plist,
            Err(why) => return Delivery::Refused { why, retryable: false },
        };
        let path = format!("{}{}", self.flavor.enqueue(), part(&device.reference));
        let request = Request::post(path, "application/xml", plist);
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
        if matches!(answer.status, 400..=499) {
            return Delivery::Refused { why, retryable: matches!(answer.status, 401 | 403) };
        }
        let Ok(said) = serde_json::from_slice::<Enqueued>(&answer.body) else {
            return Delivery::Unclear { why };
        };
        let refusal = said
            .command_error
            .as_ref()
            .into_iter()
            .chain(said.status.values().filter_map(|device| device.command_error.as_ref()));
        match refusal.into_iter().find(|error| !error.is_empty()) {
            Some(error) if error.to_lowercase().contains("already exists") => Delivery::Known,
            Some(_) => Delivery::Refused { why, retryable: true },
            // A push that failed, alone or with status 500, keeps the command in the queue.
            None if !said.status.is_empty() || said.command_uuid.is_some() => {
                Delivery::Queued { reference: None }
            }
            None => Delivery::Unclear { why },
        }
    }
}

#[async_trait]
impl Mdm for Nano {
    fn name(&self) -> &str {
        self.server.mdm()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            install: true,
            pushed: true,
            refuses_repeats: true,
            lists_all: false,
            batch: 1,
        }
    }

    async fn devices(&self) -> Result<Vec<Device>, MdmError> {
        self.ear.devices(&self.known).await
    }

    async fn send(&self, commands: &[Command], _: Timestamp) -> Vec<Delivery> {
        together(commands.iter().map(|command| self.send_one(command)), AT_ONCE).await
    }

    async fn standing(&self, asks: &[Ask], _: Timestamp) -> Result<Vec<Standing>, MdmError> {
        self.ear.standing(asks).await
    }
}
