//! What happens to devices past every command: fate, and people.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::{DeviceEvent, Happened, Installed, Mark, Server, Stage};
use crate::sandbox::world::{Behavior, EnrolmentSeed, Fate, Lapse};

impl Server {
    /// Something happens to a device.
    pub(crate) fn befall(&mut self, number: u32, fate: Fate, at: Timestamp) {
        let Some(device) = self.device_mut(number) else { return };
        let what = match fate {
            Fate::Connect => {
                device.offline_until = None;
                self.plan_connect(number, at);
                return;
            }
            Fate::ReEnrol => {
                if !device.is_enrolled() {
                    device.enrolment = EnrolmentSeed::Device;
                }
                device.offline_until = None;
                device.enrolled_at = at;
                device.seen = Some(at);
                Happened::Enrolled
            }
            Fate::CheckOut => {
                device.enrolment = EnrolmentSeed::None;
                device.seen = Some(at);
                Happened::CheckedOut
            }
            Fate::Wipe => {
                device.enrolment = EnrolmentSeed::None;
                device.apps.clear();
                Happened::Wiped
            }
        };
        let serial = device.serial.to_string();
        let emptied = fate == Fate::ReEnrol;
        let queue = if emptied { std::mem::take(&mut device.queue) } else { VecDeque::new() };
        for id in queue {
            if let Some(command) = self.commands.get_mut(&id) {
                command.cleared = true;
            }
        }
        self.log.note(DeviceEvent::new(at, &serial, what));
        match fate {
            Fate::ReEnrol => {
                self.tell_check_in(number, "Authenticate", at);
                self.tell_check_in(number, "TokenUpdate", at);
            }
            Fate::CheckOut => self.tell_check_in(number, "CheckOut", at),
            // An erased device says nothing more.
            Fate::Wipe | Fate::Connect => {}
        }
    }

    /// Changes how a device behaves from now on.
    pub(crate) fn behave(&mut self, number: u32, behavior: &Behavior, now: Timestamp) {
        let Some(device) = self.device_mut(number) else { return };
        device.behaves = (!behavior.is_plain()).then(|| Box::new(behavior.clone()));
        if let Some(offline) = behavior.offline {
            self.switch_off(number, offline, now);
        }
    }

    /// The device is off for a while.
    pub(crate) fn switch_off(&mut self, number: u32, lapse: Lapse, now: Timestamp) {
        let Some(device) = self.device_mut(number) else { return };
        let until = now.checked_add(lapse.get()).unwrap_or(Timestamp::MAX);
        device.offline_until = Some(until);
        if !device.queue.is_empty() {
            self.plan_connect(number, until);
        }
    }

    /// The person installs an app, or something else brings it.
    pub(crate) fn bring(&mut self, number: u32, bundle: &str, mark: Mark, now: Timestamp) {
        let app = self.apps.bundle(bundle);
        let Some(device) = self.device_mut(number) else { return };
        let serial = device.serial.to_string();
        device.drop_app(app);
        device.apps.push(Installed { app, mark, stage: Stage::Here });
        self.log.note(DeviceEvent::new(now, &serial, Happened::InstalledByPerson).app(bundle));
    }

    /// The person removes an app. A managed one stays in the list of managed ones.
    pub(crate) fn take_away(&mut self, number: u32, bundle: &str, now: Timestamp) {
        let app = self.apps.bundle(bundle);
        let Some(device) = self.device_mut(number).filter(|device| device.has(app)) else { return };
        let serial = device.serial.to_string();
        match device.installed_mut(app) {
            Some(one) if one.mark == Mark::Managed => one.stage = Stage::Deleted,
            Some(_) | None => device.drop_app(app),
        }
        self.log.note(DeviceEvent::new(now, &serial, Happened::RemovedByPerson).app(bundle));
    }
}
