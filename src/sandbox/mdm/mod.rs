//! A device-management server of the sandbox's own, and the devices that are enrolled in it. No
//! network in here.
//!
//! It queues like NanoMDM does: a command for an enrolment nobody has is taken and never delivered,
//! a command id is taken once, enrolling again empties a device's queue without a word. Devices are
//! simulated when somebody looks: everything that was due until then happens first, each thing at
//! its own time.

mod app;
mod command;
mod connect;
mod device;
mod fate;
mod log;
mod plist;
mod saved;
mod schedule;
mod seed;
mod shown;
mod telling;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub(crate) use app::Apps;
pub(crate) use command::{Answer, Command, Order, Status};
pub(crate) use device::{Device, Installed, Mark, Stage};
pub(crate) use log::Log;
pub use log::{DeviceEvent, Happened};
pub(crate) use plist::command as command_of_plist;
pub(crate) use saved::SavedServer;
pub(crate) use schedule::{Due, Schedule};
pub(crate) use seed::licensed;
pub(crate) use shown::DeviceRow;
pub use shown::{AppSnapshot, DeviceSnapshot};
pub(crate) use telling::Telling;

use super::library::{at, number};
use super::world::{Lapse, MdmSeed};

/// The server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) settings: MdmSeed,
    /// Whether anybody has used it, or the world describes it: only then are there devices.
    pub(crate) awake: bool,
    pub(crate) apps: Apps,
    devices: Vec<Device>,
    by_serial: HashMap<Box<str>, u32>,
    by_reference: HashMap<Uuid, u32>,
    commands: HashMap<Uuid, Command>,
    schedule: Schedule,
    pub(crate) log: Log,
    /// How often commands removed and installed an app on a device.
    effects: HashMap<(u32, u32), [u32; 2]>,
    /// When licenses were assigned, where a race is simulated: app and serial number.
    given: HashMap<(u32, Box<str>), Timestamp>,
    /// How many holders of each location have been looked at.
    pub(crate) met: Vec<u32>,
    /// What the webhook is to be told, oldest first; not kept between processes.
    pub(crate) outgoing: Vec<Telling>,
    /// How much it was told.
    told: u64,
}

/// How handing a command over went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is queued, or pretends to be.
    Queued,
    /// It is queued, and the device could not be pushed to.
    Unpushed,
    /// There was a command with this id.
    Known,
}

/// Whether a device holds a license of an app: serial number, person, number in the store.
pub(crate) type Licensed<'a> = &'a dyn Fn(&str, Option<&str>, &str) -> bool;

/// How often a device connects by itself where nothing else is said.
const EVERY: SignedDuration = SignedDuration::from_hours(4);

impl Server {
    pub(crate) fn every(&self) -> SignedDuration {
        self.settings.connect_every.map_or(EVERY, Lapse::get)
    }

    pub(crate) fn devices(&self) -> &[Device] {
        &self.devices
    }

    pub(crate) fn device(&self, device: u32) -> Option<&Device> {
        self.devices.get(at(device))
    }

    fn device_mut(&mut self, device: u32) -> Option<&mut Device> {
        self.devices.get_mut(at(device))
    }

    pub(crate) fn find(&self, serial: &str) -> Option<u32> {
        self.by_serial.get(serial).copied()
    }

    pub(crate) fn command(&self, id: Uuid) -> Option<&Command> {
        self.commands.get(&id)
    }

    /// When something happens next without anybody asking.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.schedule.next()
    }

    fn add(&mut self, device: Device) -> u32 {
        let number = number(self.devices.len());
        self.by_serial.insert(device.serial.clone(), number);
        self.by_reference.insert(device.reference(), number);
        self.devices.push(device);
        number
    }

    /// Takes a command for the device with an enrolment id.
    pub(crate) fn enqueue(
        &mut self,
        id: Uuid,
        reference: &str,
        order: Order,
        now: Timestamp,
    ) -> Taken {
        if self.commands.contains_key(&id) {
            return Taken::Known;
        }
        self.enqueue_again(id, reference, order, now)
    }

    /// Takes a command whether or not there was one with this id, as MicroMDM does.
    pub(crate) fn enqueue_again(
        &mut self,
        id: Uuid,
        reference: &str,
        order: Order,
        now: Timestamp,
    ) -> Taken {
        self.learn(&order);
        let name = order.name();
        let device = self.enrolled(reference);
        self.commands
            .insert(id, Command { device, order, queued_at: now, cleared: false, answer: None });
        let every = self.every();
        // A 200 is not "the device exists".
        let Some((number, device)) = device.and_then(|one| Some((one, self.device_mut(one)?)))
        else {
            return Taken::Queued;
        };
        if !device.is_enrolled() {
            return Taken::Queued;
        }
        device.queue.push_back(id);
        let behaves = device.behaves.as_deref();
        let fails = behaves.is_some_and(|one| one.push_fails);
        let unpushed = fails || behaves.is_some_and(|one| one.unpushed);
        let connects = unpushed.then(|| device.next_connect(now, every));
        let event = DeviceEvent::new(now, &device.serial, Happened::Queued);
        self.log.note(event.command(Some(id), Some(name)));
        match connects {
            Some(at) => self.plan_connect(number, at),
            None => self.schedule.plan(now, number, Due::Pushed),
        }
        if fails { Taken::Unpushed } else { Taken::Queued }
    }

    /// The device with an enrolment id.
    fn enrolled(&self, reference: &str) -> Option<u32> {
        self.by_reference.get(&Uuid::parse_str(reference).ok()?).copied()
    }

    /// The commands that wait for the device with an enrolment id, oldest first.
    pub(crate) fn queue_of(&self, reference: &str) -> Vec<Uuid> {
        let device = self.enrolled(reference).and_then(|device| self.device(device));
        device.map(|device| device.queue.iter().copied().collect()).unwrap_or_default()
    }

    /// Nothing waits any more for the device with an enrolment id.
    pub(crate) fn clear_queue_of(&mut self, reference: &str) {
        let device = self.enrolled(reference).and_then(|device| self.device_mut(device));
        for id in device.map(|device| std::mem::take(&mut device.queue)).unwrap_or_default() {
            if let Some(command) = self.commands.get_mut(&id) {
                command.cleared = true;
            }
        }
    }

    /// The device with a number tells that it has done a command nobody sent.
    pub(crate) fn forge(&mut self, number: u32, id: Uuid, now: Timestamp) {
        self.tell_answer(number, id, &Answer::new(now, Status::Acknowledged));
    }

    /// The device connects by itself then, if not earlier anyway.
    fn plan_connect(&mut self, number: u32, at: Timestamp) {
        let Some(device) = self.device_mut(number) else { return };
        if device.connects.is_none_or(|planned| planned > at) {
            device.connects = Some(at);
            self.schedule.plan(at, number, Due::Connect);
        }
    }

    /// A command that names an app's number and its bundle id ties them.
    fn learn(&mut self, order: &Order) {
        match order {
            Order::RemoveApplication { identifier, adam_id: Some(adam) } => {
                self.apps.adam(adam, Some(identifier));
            }
            Order::InstallApplication { adam_id, identifier } => {
                self.apps.adam(adam_id, identifier.as_deref());
            }
            Order::RemoveApplication { adam_id: None, .. }
            | Order::InstalledApplicationList { .. }
            | Order::ManagedApplicationList { .. } => {}
        }
    }

    /// Lets everything happen that is due until now.
    pub(crate) fn catch_up(&mut self, now: Timestamp, licensed: Licensed<'_>) {
        while let Some((at, device, due)) = self.schedule.pop(now) {
            match due {
                Due::Connect | Due::Pushed => self.connect(device, at, due, licensed),
                Due::Gone { app, command } => self.gone(device, app, command, at),
                Due::There { app, command } => self.there(device, app, command, at),
                Due::Fate(fate) => self.befall(device, fate, at),
            }
        }
    }

    /// A license was assigned to a device.
    pub(crate) fn assigned(&mut self, adam: &str, serial: &str, now: Timestamp) {
        let device = self.find(serial).and_then(|device| self.device(device));
        let own = device.and_then(|one| one.behaves.as_ref()?.license_race);
        if own.or(self.settings.license_race).is_some() {
            let app = self.apps.adam(adam, None);
            self.given.insert((app, serial.into()), now);
        }
    }

    /// A license was given back: notes whether the app was gone from every device of the holder.
    pub(crate) fn released(&mut self, adam: &str, holder: &Releasing<'_>, now: Timestamp) {
        let app = self.apps.adam(adam, None);
        let has = |device: &&Device| device.has(app);
        let still_on: Vec<String> = match holder {
            Releasing::Device(serial) if !self.awake => vec![(*serial).to_owned()],
            Releasing::Device(serial) => {
                let device = self.find(serial).and_then(|device| self.device(device));
                device.filter(has).map(|device| device.serial.to_string()).into_iter().collect()
            }
            Releasing::Person(names) => {
                let whose = |device: &&Device| {
                    device.user.as_deref().is_some_and(|user| names.contains(&user))
                };
                let devices = self.devices.iter().filter(whose).filter(has);
                devices.map(|device| device.serial.to_string()).collect()
            }
        };
        let label = self.apps.label(app).to_owned();
        let event = DeviceEvent::new(now, holder.name(), Happened::Released).app(&label);
        self.log.note(DeviceEvent { still_on, ..event });
    }
}

/// Who gives a license back.
#[derive(Debug)]
pub(crate) enum Releasing<'a> {
    /// A device, by serial number.
    Device(&'a str),
    /// A person, by everything they are called; the `clientUserId` first.
    Person(Vec<&'a str>),
}

impl<'a> Releasing<'a> {
    fn name(&self) -> &'a str {
        match self {
            Self::Device(serial) => serial,
            Self::Person(names) => names.first().copied().unwrap_or_default(),
        }
    }
}
