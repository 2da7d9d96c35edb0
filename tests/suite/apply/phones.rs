//! A device-management server in this process, with devices that do what a test says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vpp::mdm::{
    AppsReply, Ask, Capabilities, Command, Delivery, Device, Enrolment, Fault, Mdm, MdmError,
    Order, Platform, Presence, Scope, Standing,
};

/// What is known of a server and its devices. Clones are the same ones.
#[derive(Debug, Clone)]
pub(crate) struct Phones(Arc<Mutex<State>>);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) devices: BTreeMap<String, Phone>,
    pub(crate) unreachable: bool,
    pub(crate) refuses_repeats: bool,
    /// Every command that was taken, in order.
    pub(crate) taken: Vec<Command>,
    /// How many questions were asked in how many requests.
    pub(crate) questions: (usize, usize),
    answers: BTreeMap<Uuid, Standing>,
}

#[derive(Debug, Clone)]
pub(crate) struct Phone {
    device: Device,
    pub(crate) apps: BTreeSet<String>,
    pub(crate) online: bool,
    /// It acknowledges removals and does nothing.
    pub(crate) lies: bool,
    queue: Vec<Command>,
    /// Apps that were removed, one entry for each time.
    pub(crate) removed: Vec<String>,
}

impl Phones {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State {
            now,
            devices: BTreeMap::new(),
            unreachable: false,
            refuses_repeats: true,
            taken: vec![],
            questions: (0, 0),
            answers: BTreeMap::new(),
        })))
    }

    /// A device that has these apps.
    pub(crate) fn add(&self, serial: &str, user: Option<&str>, apps: &[&str]) {
        let device = Device {
            serial: serial.parse().unwrap(),
            reference: format!("udid-{serial}"),
            platform: Platform::Ios,
            enrolment: Enrolment::Device,
            user: user.map(str::to_owned),
            last_seen: None,
            enrolled_at: None,
        };
        let apps = apps.iter().map(|&app| app.to_owned()).collect();
        let phone =
            Phone { device, apps, online: true, lies: false, queue: vec![], removed: vec![] };
        self.state().devices.insert(serial.to_owned(), phone);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn with(&self, serial: &str, change: impl FnOnce(&mut Phone)) {
        change(self.state().devices.get_mut(serial).unwrap());
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, hours: i64) {
        self.state().now += SignedDuration::from_hours(hours);
    }

    pub(crate) fn apps(&self) -> BTreeMap<String, BTreeSet<String>> {
        let state = self.state();
        let apps = state.devices.iter().map(|(serial, phone)| (serial.clone(), phone.apps.clone()));
        apps.collect()
    }
}

impl State {
    /// Time passes a little with everything that happens, and everybody online does as told.
    pub(crate) fn tick(&mut self) -> Timestamp {
        self.now += SignedDuration::from_millis(1);
        for phone in self.devices.values_mut().filter(|phone| phone.online) {
            for command in std::mem::take(&mut phone.queue) {
                self.now += SignedDuration::from_millis(1);
                let answer = phone.obey(&command.order, self.now);
                self.answers.insert(command.id, answer);
            }
        }
        self.now += SignedDuration::from_millis(1);
        self.now
    }
}

impl Phone {
    fn obey(&mut self, order: &Order, at: Timestamp) -> Standing {
        match order {
            Order::Remove { bundle_id, .. } => {
                if !self.apps.contains(bundle_id) {
                    let detail = "The app is not managed.".to_owned();
                    return Standing::Failed { at, fault: Fault::NotManaged, detail };
                }
                if !self.lies {
                    self.apps.remove(bundle_id);
                    self.removed.push(bundle_id.clone());
                }
                Standing::Acknowledged { at }
            }
            Order::ListInstalled { bundle_ids, .. } | Order::ListManaged { bundle_ids, .. } => {
                let presence = |id: &String| {
                    if self.apps.contains(id) { Presence::Present } else { Presence::Absent }
                };
                let apps = bundle_ids.iter().map(|id| (id.clone(), presence(id))).collect();
                Standing::Listed(AppsReply { observed_at: at, scope: Scope::All, apps })
            }
            Order::Install { .. } => Standing::Acknowledged { at },
        }
    }
}

#[async_trait]
impl Mdm for Phones {
    fn name(&self) -> &'static str {
        "campus"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            install: true,
            pushed: false,
            refuses_repeats: self.state().refuses_repeats,
            lists_all: true,
            batch: 100,
        }
    }

    async fn devices(&self) -> Result<Vec<Device>, MdmError> {
        let state = self.state();
        if state.unreachable {
            return Err(MdmError::Unreadable {
                mdm: "campus".to_owned(),
                endpoint: "GET /devices".to_owned(),
                why: "no route to host".to_owned(),
            });
        }
        Ok(state.devices.values().map(|phone| phone.device.clone()).collect())
    }

    async fn send(&self, commands: &[Command], _: Timestamp) -> Vec<Delivery> {
        let mut state = self.state();
        let one = |command: &Command| {
            let known = state.taken.iter().any(|taken| taken.id == command.id);
            if known && state.refuses_repeats {
                return Delivery::Known;
            }
            state.taken.push(command.clone());
            let serial = command.device.serial.as_str().to_owned();
            if let Some(phone) = state.devices.get_mut(&serial) {
                phone.queue.push(command.clone());
            }
            Delivery::Queued { reference: None }
        };
        let deliveries = commands.iter().map(one).collect();
        state.tick();
        deliveries
    }

    async fn standing(&self, asks: &[Ask], _: Timestamp) -> Result<Vec<Standing>, MdmError> {
        let mut state = self.state();
        state.questions.0 += asks.len();
        state.questions.1 += 1;
        state.tick();
        let answer = |ask: &Ask| state.answers.get(&ask.id).cloned();
        Ok(asks.iter().map(|ask| answer(ask).unwrap_or(Standing::Waiting)).collect())
    }
}
