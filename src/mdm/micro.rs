//! MicroMDM: commands and devices over the API, results from events. It queues whatever it is sent,
//! also twice, so its queue is looked at first.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use super::event;
use super::heard::Ear;
use super::http::{Failure, Login, Request, Server, part};
use super::{
    Ask, Capabilities, Command, Delivery, Device, Enrolment, Mdm, MdmError, Platform, Standing,
    raw, together,
};
use crate::manifest::kind::MdmServer;
use crate::store::Store;

/// Requests on their way at once.
const AT_ONCE: usize = 4;

/// A MicroMDM server.
#[derive(Debug)]
pub(super) struct Micro {
    server: Server,
    ear: Ear,
}

#[derive(Deserialize)]
struct Devices {
    devices: Option<Vec<Listed>>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(alias = "serial")]
    serial_number: Option<String>,
    udid: Option<String>,
    enrollment_status: Option<bool>,
    last_seen: Option<Timestamp>,
}

impl Micro {
    pub(super) fn open(
        name: &str,
        settings: &MdmServer,
        key: &SecretString,
        store: Arc<dyn Store>,
    ) -> Result<Self, MdmError> {
        let server = Server::new(name, settings, key, &Login::Basic("micromdm"))?;
        Ok(Self { server, ear: Ear::new(name, store) })
    }

    /// Whether the device's queue holds the command.
    async fn waits(&self, command: &Command) -> Result<bool, String> {
        let request = Request::get(format!("v1/commands/{}", part(&command.device.reference)));
        let answer = match self.server.send(&request).await {
            Ok(answer) => answer,
            Err(failure) => return Err(format!("{}: {}", request.name(), failure.why())),
        };
        match answer.status {
            200..=299 => {
                let queue = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
                Ok(queue.contains(&event::subject(&command.id.to_string())))
            }
            // A device without a queue.
            404 => Ok(false),
            _ => Err(format!("{}: {}", request.name(), self.server.said(&answer))),
        }
    }

    async fn send_one(&self, command: &Command) -> Delivery {
        let Command { id, device, order, attempt: _ } = command;
        match self.waits(command).await {
            Ok(true) => return Delivery::Known,
            Ok(false) => {}
            // Not sent blindly: it might be carried out twice.
            Err(why) => return Delivery::Refused { why, retryable: true },
        }
        let plist = match raw::command(*id, device, order) {
            Ok(plist) => plist,
            Err(why) => return Delivery::Refused { why, retryable: false },
        };
        let path = format!("v1/commands/{}", part(&device.reference));
        let request = Request::post(path, "application/xml", plist);
        match self.server.send(&request).await {
            Ok(answer) => {
                let why = format!("{}: {}", request.name(), self.server.said(&answer));
                match answer.status {
                    200..=299 => Delivery::Queued { reference: None },
                    500..=599 => Delivery::Unclear { why },
                    status => Delivery::Refused { why, retryable: matches!(status, 401 | 403) },
                }
            }
            Err(Failure::NotTaken(why)) => {
                Delivery::Refused { why: format!("{}: {why}", request.name()), retryable: true }
            }
            Err(Failure::Unclear(why)) => {
                Delivery::Unclear { why: format!("{}: {why}", request.name()) }
            }
        }
    }
}

#[async_trait]
impl Mdm for Micro {
    fn name(&self) -> &str {
        self.server.mdm()
    }

    fn capabilities(&self) -> Capabilities {
        // The server takes anything twice; this driver looks first and does not send again.
        Capabilities {
            install: true,
            pushed: true,
            refuses_repeats: true,
            lists_all: true,
            batch: 1,
        }
    }

    async fn devices(&self) -> Result<Vec<Device>, MdmError> {
        let request = Request::ask("v1/devices", "application/json", b"{}".to_vec());
        let listed: Devices = self.server.json(&request).await?;
        let Some(listed) = listed.devices else {
            let why = "the answer has no `devices`".to_owned();
            return Err(self.server.unreadable(&request, why));
        };
        let references: Vec<_> =
            listed.iter().filter_map(|one| one.udid.as_deref().map(event::subject)).collect();
        let enrolled_at = self.ear.enrolled_at(&references).await?;
        let devices = listed.into_iter().filter_map(|one| {
            let reference = one.udid.filter(|udid| !udid.is_empty())?;
            let enrolled = one.enrollment_status == Some(true);
            Some(Device {
                serial: one.serial_number?.parse().ok()?,
                platform: Platform::Unknown,
                enrolment: if enrolled { Enrolment::Device } else { Enrolment::None },
                user: None,
                // Go's zero time is no time.
                last_seen: one.last_seen.filter(|at| at.as_second() > 0),
                enrolled_at: enrolled_at.get(&event::subject(&reference)).copied(),
                reference,
            })
        });
        Ok(devices.collect())
    }

    async fn send(&self, commands: &[Command], _: Timestamp) -> Vec<Delivery> {
        let ids: Vec<_> = commands.iter().map(|one| event::subject(&one.id.to_string())).collect();
        let answered: HashSet<String> = match self.ear.answered(&ids).await {
            Ok(answered) => answered.into_iter().collect(),
            Err(error) => {
                let refused = Delivery::Refused { why: error.to_string(), retryable: true };
                return vec![refused; commands.len()];
            }
        };
        let futures = commands.iter().zip(ids).map(|(command, id)| {
            let answered = answered.contains(&id);
            async move { if answered { Delivery::Known } else { self.send_one(command).await } }
        });
        together(futures, AT_ONCE).await
    }

    async fn standing(&self, asks: &[Ask], _: Timestamp) -> Result<Vec<Standing>, MdmError> {
        self.ear.standing(asks).await
    }
}
