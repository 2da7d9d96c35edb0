//! The device-management server seen from Apple's side, and what people do to devices.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chaos::LostReply;
use super::library::{Library, Named, Step};
use super::mdm::{self, DeviceEvent, DeviceSnapshot, Mark, Releasing, Server};
use super::world::{Behavior, DeviceSeed, Fate, Lapse};
use super::{Sandbox, SandboxError, lock};

/// A fault ordered for requests to come to the device-management server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MdmFault {
    /// The status of the answer; nothing is done. Default: 500.
    #[serde(default)]
    pub status: Option<u16>,
    /// No answer at all, instead of an error.
    #[serde(default)]
    pub lost: Option<LostReply>,
    /// Only requests to this path below `/_mdm/`: `commands`.
    #[serde(default)]
    pub path: Option<String>,
    /// How many requests. Default: 1.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Sandbox {
    /// The server as it is now: everybody met, everything done that was due.
    pub(crate) fn with_mdm<T>(&self, act: impl FnOnce(&mut Server, Timestamp) -> T) -> T {
        let now = self.inner.clock.now();
        let licensed = |serial: &str, user: Option<&str>, adam: &str| {
            let mut shelves = self.inner.shelves.iter();
            shelves.any(|shelf| mdm::licensed(&lock(&shelf.library), serial, user, adam))
        };
        let mut server = lock(&self.inner.mdm);
        server.awake = true;
        for (location, shelf) in self.inner.shelves.iter().enumerate() {
            server.meet(location, &lock(&shelf.library), now);
        }
        server.catch_up(now, &licensed);
        let due = server.next_due();
        let done = act(&mut server, now);
        // What was just queued may be due at once.
        server.catch_up(now, &licensed);
        if !server.outgoing.is_empty() || server.next_due() != due {
            self.inner.mdm_bell.notify_one();
        }
        done
    }

    /// Tells the server which licenses Apple has moved.
    pub(crate) fn licenses_moved(&self, step: &Step) {
        if step.given.is_empty() && step.taken.is_empty() {
            return;
        }
        if lock(&self.inner.mdm).awake {
            self.with_mdm(|server, now| note(server, step, now));
        } else {
            note(&mut lock(&self.inner.mdm), step, self.inner.clock.now());
        }
    }

    /// Every device, in order of enrolment.
    pub fn devices(&self) -> Vec<DeviceSnapshot> {
        self.with_mdm(|server, now| {
            (0..)
                .zip(server.devices())
                .filter_map(|(number, _)| server.snapshot(number, now))
                .collect()
        })
    }

    /// The device with a serial number.
    pub fn device(&self, serial: &str) -> Option<DeviceSnapshot> {
        self.with_mdm(|server, now| server.snapshot(server.find(serial)?, now))
    }

    /// What happened to devices, their apps and licenses, oldest first; of very much only the last.
    pub fn device_events(&self) -> Vec<DeviceEvent> {
        self.with_mdm(|server, _| server.log.events())
    }

    /// Devices are bought and enrolled.
    ///
    /// # Errors
    /// Where one of them is there already, or has no serial number.
    pub fn add_devices(&self, seed: &DeviceSeed) -> Result<(), SandboxError> {
        let mut problems = Vec::new();
        self.with_mdm(|server, now| {
            let held: Vec<_> =
                self.inner.shelves.iter().map(|shelf| lock(&shelf.library)).collect();
            let libraries: Vec<&Library> = held.iter().map(|library| &**library).collect();
            server.seed_devices(seed, &libraries, now, &mut problems);
        });
        if problems.is_empty() { Ok(()) } else { Err(SandboxError::Hand(problems.join("; "))) }
    }

    /// Something happens to devices.
    ///
    /// # Errors
    /// Where there is no such device.
    pub fn befall(&self, serials: &[String], fate: Fate) -> Result<(), SandboxError> {
        self.each(serials, |server, device, now| server.befall(device, fate, now))
    }

    /// Devices behave like this from now on.
    ///
    /// # Errors
    /// Where there is no such device.
    pub fn behave(&self, serials: &[String], behavior: &Behavior) -> Result<(), SandboxError> {
        self.each(serials, |server, device, now| server.behave(device, behavior, now))
    }

    /// Devices are switched off for so long.
    ///
    /// # Errors
    /// Where there is no such device.
    pub fn switch_off(&self, serials: &[String], lasts: Lapse) -> Result<(), SandboxError> {
        self.each(serials, |server, device, now| server.switch_off(device, lasts, now))
    }

    /// The person installs an app: unmanaged, or as something else brought it.
    ///
    /// # Errors
    /// Where there is no such device.
    pub fn install_app(&self, serials: &[String], bundle: &str) -> Result<(), SandboxError> {
        self.each(serials, |server, device, now| {
            server.bring(device, bundle, Mark::Unmanaged, now);
        })
    }

    /// The person removes an app.
    ///
    /// # Errors
    /// Where there is no such device.
    pub fn remove_app(&self, serials: &[String], bundle: &str) -> Result<(), SandboxError> {
        self.each(serials, |server, device, now| server.take_away(device, bundle, now))
    }

    /// A device tells the webhook that it has done a command that nobody sent.
    ///
    /// # Errors
    /// Where there is no such device.
    pub fn forge(&self, serial: &str, command: Uuid) -> Result<(), SandboxError> {
        self.each(&[serial.to_owned()], |server, device, now| server.forge(device, command, now))
    }

    /// Lets requests to come to the device-management server go wrong.
    pub fn fail_mdm(&self, fault: MdmFault) {
        lock(&self.inner.mdm_faults).push_back(fault);
    }

    fn each(
        &self,
        serials: &[String],
        act: impl Fn(&mut Server, u32, Timestamp),
    ) -> Result<(), SandboxError> {
        self.with_mdm(|server, now| {
            let mut devices = Vec::with_capacity(serials.len());
            for serial in serials {
                devices.push(
                    server.find(serial).ok_or_else(|| {
                        SandboxError::Hand(format!("there is no device `{serial}`"))
                    })?,
                );
            }
            for device in devices {
                act(server, device, now);
            }
            Ok(())
        })
    }

    /// The fault for a request, if one was ordered.
    pub(crate) fn mdm_fault(&self, path: &str) -> Option<MdmFault> {
        let mut faults = lock(&self.inner.mdm_faults);
        let fits = |fault: &MdmFault| fault.path.as_deref().is_none_or(|wanted| wanted == path);
        let at = faults.iter().position(fits)?;
        let fault = faults.get_mut(at)?;
        let left = fault.times.unwrap_or(1).saturating_sub(1);
        if left == 0 {
            return faults.remove(at);
        }
        fault.times = Some(left);
        Some(fault.clone())
    }
}

fn note(server: &mut Server, step: &Step, now: Timestamp) {
    for (adam, serial) in &step.given {
        server.assigned(adam, serial, now);
    }
    for (adam, holder) in &step.taken {
        let holder = match holder {
            Named::Device(serial) => Releasing::Device(serial),
            Named::Person(names) => Releasing::Person(names.iter().map(String::as_str).collect()),
        };
        server.released(adam, &holder, now);
    }
}
