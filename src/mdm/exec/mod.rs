//! A program that speaks the JSON contract: one process per question. The program reports, this tool
//! decides: a time in the future, a state nobody knows and a list that is not asked for are no answers.

mod run;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use self::run::{NoAnswer, Program};
use self::wire::{Capable, Listed, Op, Results};
use super::event::{self, Event};
use super::heard::Ear;
use super::{
    AppsReply, Ask, Capabilities, Command, Delivery, Device, Enrolment, Fault, Mdm, MdmError,
    Order, Platform, Presence, Scope, Standing, Surroundings, gone, raw, together,
};
use crate::license::{InvalidSerial, SerialNumber};
use crate::manifest::kind::MdmProgram;

/// Processes at once.
const AT_ONCE: usize = 4;
/// Pages of an inventory; more are a program that never ends.
const MOST_PAGES: usize = 10_000;
/// How far a program's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(5);
/// What every program must be able to do.
const NEEDED: [&str; 4] = ["inventory", "uninstall", "status", "installed"];

/// Our clock, which goes on while a program is waited for.
#[derive(Debug, Clone, Copy)]
struct Clock {
    begun: Timestamp,
    instant: Instant,
}

impl Clock {
    /// The latest moment that is not in the future.
    fn latest(self) -> Timestamp {
        self.begun.checked_add(self.instant.elapsed() + AHEAD).unwrap_or(self.begun)
    }
}

/// A program that speaks the contract.
#[derive(Debug)]
pub(super) struct Exec {
    mdm: String,
    program: Arc<Program>,
    capable: Capable,
    ear: Ear,
}

impl Exec {
    /// Asks the program what it can do.
    pub(super) async fn open(
        name: &str,
        settings: &MdmProgram,
        around: Surroundings,
    ) -> Result<Self, MdmError> {
        let Surroundings { folder, environment, store, known: _, sandbox: _ } = around;
        let setup = |why| MdmError::Setup { mdm: name.to_owned(), why };
        let program = Program::new(settings, folder, &environment).map_err(setup)?;
        let program = Arc::new(program);
        let mut exec = Self {
            mdm: name.to_owned(),
            program,
            capable: Capable { ops: vec![], results: Results::Poll, max_batch: None },
            ear: Ear::new(name, store),
        };
        exec.capable = exec
            .blocking(|program| program.ask(Op::Capabilities))
            .await
            .map_err(|error| exec.unreadable("capabilities", error))?;
        if let Some(missing) =
            NEEDED.iter().find(|op| !exec.capable.ops.iter().any(|can| can == *op))
        {
            return Err(setup(format!(
                "{} cannot do `{missing}`\nhint: the contract needs {}",
                exec.program.endpoint("capabilities"),
                NEEDED.join(", ")
            )));
        }
        Ok(exec)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Program) -> Result<T, NoAnswer> + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let program = self.program.clone();
        tokio::task::spawn_blocking(move || ask(&program))
            .await
            .unwrap_or_else(|error| Err(NoAnswer::Failed(error.to_string())))
    }

    fn unreadable(&self, op: &str, error: NoAnswer) -> MdmError {
        MdmError::Unreadable {
            mdm: self.mdm.clone(),
            endpoint: self.program.endpoint(op),
            why: error.why(),
        }
    }

    async fn send_one(&self, command: &Command) -> Delivery {
        let Command { id, device, order, attempt } = command;
        let (id, attempt) = (*id, *attempt);
        let Order::Remove { bundle_id, adam_id } = order else {
            return match order {
                // Asked for when the answer is wanted: there is nothing to queue.
                Order::ListInstalled { .. } | Order::ListManaged { .. } => {
                    Delivery::Queued { reference: None }
                }
                Order::Install { .. } | Order::Remove { .. } => Delivery::Refused {
                    why: "the contract with programs knows no installation".to_owned(),
                    retryable: false,
                },
            };
        };
        let (device, bundle_id, adam_id) = (device.clone(), bundle_id.clone(), *adam_id);
        let answer = self.blocking(move |program| {
            program.ask::<wire::Uninstall>(Op::Uninstall {
                request_id: id,
                attempt,
                serial: device.serial.as_str(),
                device_ref: &device.reference,
                bundle_id: &bundle_id,
                adam_id,
            })
        });
        let endpoint = self.program.endpoint("uninstall");
        match answer.await {
            Ok(wire::Uninstall { accepted: true, reference, .. }) => Delivery::Queued { reference },
            Ok(wire::Uninstall { accepted: false, reason, retryable, reference: _ }) => {
                let reason = reason.unwrap_or_else(|| "no reason given".to_owned());
                let why = format!("{endpoint}: {}", self.program.line(&reason));
                Delivery::Refused { why, retryable }
            }
            Err(NoAnswer::Later(why)) => {
                Delivery::Refused { why: format!("{endpoint}: {why}"), retryable: true }
            }
            Err(NoAnswer::Failed(why)) => Delivery::Unclear { why: format!("{endpoint}: {why}") },
        }
    }

    async fn standing_one(&self, ask: &Ask, clock: Clock) -> Result<Standing, NoAnswer> {
        let standing = match &ask.order {
            Order::Remove { .. } => self.removal(ask, clock).await?,
            Order::ListInstalled { bundle_ids, not_before }
            | Order::ListManaged { bundle_ids, not_before } => {
                self.list(ask, bundle_ids, *not_before, clock).await?
            }
            Order::Install { .. } => Standing::Waiting,
        };
        Ok(match standing {
            Standing::Waiting => gone(ask).unwrap_or(standing),
            Standing::NotNow { .. }
            | Standing::Lost { .. }
            | Standing::Acknowledged { .. }
            | Standing::Listed(_)
            | Standing::Failed { .. } => standing,
        })
    }

    async fn removal(&self, ask: &Ask, clock: Clock) -> Result<Standing, NoAnswer> {
        let reference = ask.reference.clone().unwrap_or_else(|| ask.id.to_string());
        let status: wire::Status =
            self.blocking(move |program| program.ask(Op::Status { reference: &reference })).await?;
        let at = status.at.unwrap_or(clock.begun);
        if at > clock.latest() {
            tracing::warn!(mdm = self.mdm, id = %ask.id, %at, "a state from the future is none");
            return Ok(Standing::Waiting);
        }
        // Nothing has happened to it before it was handed over, whatever the program's clock says.
        let at = at.max(ask.sent_at);
        let detail = self.program.line(&status.detail.unwrap_or_default());
        Ok(match status.state.as_str() {
            "acknowledged" => Standing::Acknowledged { at },
            "not_now" => Standing::NotNow { at },
            "error" => Standing::Failed { at, fault: raw::fault(&detail), detail },
            "blocked" => {
                let fault = match raw::fault(&detail) {
                    Fault::Declarative => Fault::Declarative,
                    Fault::NotManaged | Fault::LicenseNotFound | Fault::Format | Fault::Other => {
                        Fault::Other
                    }
                };
                Standing::Failed { at, fault, detail }
            }
            _ => Standing::Waiting,
        })
    }

    async fn list(
        &self,
        ask: &Ask,
        bundle_ids: &[String],
        not_before: Timestamp,
        clock: Clock,
    ) -> Result<Standing, NoAnswer> {
        if self.capable.results == Results::Push
            && let Some(reply) = self.pushed(ask, bundle_ids, not_before, clock.latest()).await?
        {
            return Ok(Standing::Listed(reply));
        }
        let (device, wanted) = (ask.device.clone(), bundle_ids.to_vec());
        let reply: wire::Installed = self
            .blocking(move |program| {
                program.ask(Op::Installed {
                    serial: device.serial.as_str(),
                    device_ref: &device.reference,
                    bundle_ids: &wanted,
                    not_before,
                })
            })
            .await?;
        let wire::Installed { apps, observed_at, scope } = reply;
        if observed_at > clock.latest() {
            let why = format!("its list of apps was observed in the future, at {observed_at}");
            return Err(NoAnswer::Failed(why));
        }
        // An older list says nothing of what was asked.
        if observed_at <= not_before {
            return Ok(Standing::Waiting);
        }
        let scope = match (scope.as_str(), ask.device.enrolment) {
            ("all", Enrolment::Device | Enrolment::None) => Scope::All,
            _ => Scope::Managed,
        };
        let presence = |bundle: &String| match apps.get(bundle).map(String::as_str) {
            Some("present") => Presence::Present,
            Some("absent") => Presence::Absent,
            Some(_) | None => Presence::Unknown,
        };
        let apps = bundle_ids.iter().map(|bundle| (bundle.clone(), presence(bundle))).collect();
        Ok(Standing::Listed(AppsReply { observed_at, scope, apps }))
    }

    /// What signed events say, where they say it of every app.
    async fn pushed(
        &self,
        ask: &Ask,
        bundle_ids: &[String],
        not_before: Timestamp,
        latest: Timestamp,
    ) -> Result<Option<AppsReply>, NoAnswer> {
        let serial = event::subject(ask.device.serial.as_str());
        let events = self
            .ear
            .about(&event::sightings(&self.mdm), &[serial])
            .await
            .map_err(|error| NoAnswer::Failed(error.to_string()))?;
        let mut gone: BTreeMap<String, Timestamp> = BTreeMap::new();
        for received in &events {
            if let Some(Event::AppAbsent { bundle_id, observed_at }) = self.ear.parse(received)
                && observed_at > not_before
                && observed_at <= latest
            {
                let seen = gone.entry(bundle_id).or_insert(observed_at);
                *seen = observed_at.max(*seen);
            }
        }
        let seen: Option<Vec<_>> =
            bundle_ids.iter().map(|bundle| gone.get(bundle).copied()).collect();
        let Some(observed_at) = seen.and_then(|seen| seen.into_iter().min()) else {
            return Ok(None);
        };
        let apps = bundle_ids.iter().map(|bundle| (bundle.clone(), Presence::Absent)).collect();
        let scope = match ask.device.enrolment {
            Enrolment::User => Scope::Managed,
            Enrolment::Device | Enrolment::None => Scope::All,
        };
        Ok(Some(AppsReply { observed_at, scope, apps }))
    }
}

fn device(listed: Listed) -> Result<Device, String> {
    let Listed { serial, udid, device_ref, user, platform, enrolment, last_seen } = listed;
    let serial: SerialNumber = serial.parse().map_err(|error: InvalidSerial| error.to_string())?;
    let reference = device_ref.or(udid).filter(|text| !text.is_empty());
    let enrolment = match enrolment.as_str() {
        "device" => Enrolment::Device,
        "user" => Enrolment::User,
        "none" => Enrolment::None,
        other => return Err(format!("`{other}` is no enrolment: device, user or none")),
    };
    let platform = match platform.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("ios" | "ipados") => Platform::Ios,
        Some("macos") => Platform::Macos,
        Some("tvos") => Platform::Tvos,
        Some("visionos") => Platform::Visionos,
        Some("watchos") => Platform::Watchos,
        Some(_) | None => Platform::Unknown,
    };
    Ok(Device {
        reference: reference.unwrap_or_else(|| serial.to_string()),
        serial,
        platform,
        enrolment,
        user,
        last_seen,
        enrolled_at: None,
    })
}

#[async_trait]
impl Mdm for Exec {
    fn name(&self) -> &str {
        &self.mdm
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            install: false,
            pushed: self.capable.results == Results::Push,
            // The contract: the same request and attempt are carried out once.
            refuses_repeats: true,
            lists_all: true,
            batch: self.capable.max_batch.unwrap_or(1).max(1),
        }
    }

    async fn devices(&self) -> Result<Vec<Device>, MdmError> {
        let (mut devices, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let asked = cursor.clone();
            let page: wire::Inventory = self
                .blocking(move |program| program.ask(Op::Inventory { cursor: asked.as_deref() }))
                .await
                .map_err(|error| self.unreadable("inventory", error))?;
            for listed in page.devices {
                let device = device(listed).map_err(|why| {
                    self.unreadable("inventory", NoAnswer::Failed(self.program.line(&why)))
                })?;
                devices.push(device);
            }
            match page.next {
                None => return Ok(devices),
                Some(next) if Some(&next) == cursor.as_ref() => break,
                Some(next) => cursor = Some(next),
            }
        }
        let why = "its pages do not come to an end".to_owned();
        Err(self.unreadable("inventory", NoAnswer::Failed(why)))
    }

    async fn send(&self, commands: &[Command], _: Timestamp) -> Vec<Delivery> {
        together(commands.iter().map(|command| self.send_one(command)), AT_ONCE).await
    }

    async fn standing(&self, asks: &[Ask], now: Timestamp) -> Result<Vec<Standing>, MdmError> {
        let clock = Clock { begun: now, instant: Instant::now() };
        let answers = together(asks.iter().map(|ask| self.standing_one(ask, clock)), AT_ONCE).await;
        // One device that cannot be asked for does not hide the others; a program that fails
        // whatever it is asked is down.
        let failed = answers.iter().all(|answer| matches!(answer, Err(NoAnswer::Failed(_))));
        let mut standings = Vec::with_capacity(answers.len());
        for answer in answers {
            match answer {
                Ok(standing) => standings.push(standing),
                Err(error) if failed => return Err(self.unreadable("status", error)),
                Err(error) => {
                    tracing::warn!(mdm = self.mdm, why = error.why(), "the program had no answer");
                    standings.push(Standing::Waiting);
                }
            }
        }
        Ok(standings)
    }
}
