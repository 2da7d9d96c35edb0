use std::collections::HashMap;

use jiff::Timestamp;

use super::{Apps, Device, Due, Installed, Log, Mark, Schedule, Server, Stage};
use crate::sandbox::library::{Holder, Library, at, is_serial, number};
use crate::sandbox::world::{
    DeviceSeed, EnrolmentSeed, InstalledSeed, MdmSeed, ProductType, Unlisted,
};

impl Server {
    /// A server without devices.
    pub(crate) fn new(settings: MdmSeed, awake: bool) -> Self {
        Self {
            settings,
            awake,
            apps: Apps::default(),
            devices: Vec::new(),
            by_serial: HashMap::new(),
            by_reference: HashMap::new(),
            commands: HashMap::new(),
            schedule: Schedule::default(),
            log: Log::default(),
            effects: HashMap::new(),
            given: HashMap::new(),
            met: Vec::new(),
            outgoing: Vec::new(),
            told: 0,
        }
    }

    /// The server as a world describes it. What does not fit together goes to `problems`.
    pub(crate) fn seed<'a>(
        settings: MdmSeed,
        seeds: impl Iterator<Item = &'a DeviceSeed>,
        libraries: &[&Library],
        start: Timestamp,
        problems: &mut Vec<String>,
    ) -> Self {
        let plain = settings.is_plain();
        let mut server = Self::new(settings, false);
        for library in libraries {
            server.learn_apps(library);
        }
        for seed in seeds {
            server.seed_devices(seed, libraries, start, problems);
        }
        server.awake = !plain || !server.devices.is_empty();
        server
    }

    /// Makes every device of one seed.
    pub(crate) fn seed_devices(
        &mut self,
        seed: &DeviceSeed,
        libraries: &[&Library],
        start: Timestamp,
        problems: &mut Vec<String>,
    ) {
        let DeviceSeed { serial, platform, enrolment, user, apps, behaves, later } = seed;
        for serial in serial.iter() {
            if !is_serial(&serial) {
                problems.push(format!("device `{serial}`: this is not a serial number"));
                continue;
            }
            if self.find(&serial).is_some() {
                problems.push(format!("device `{serial}`: is there twice"));
                continue;
            }
            let installed = match apps {
                Some(apps) => self.named(apps),
                None => self.held(&serial, libraries),
            };
            let device = Device {
                platform: *platform,
                enrolment: *enrolment,
                user: user.as_ref().map(|user| user.replace("{}", &serial).into()),
                apps: installed,
                behaves: (!behaves.is_plain()).then(|| Box::new(behaves.clone())),
                ..Device::plain(&serial, start)
            };
            let number = self.add(device);
            if let Some(offline) = behaves.offline {
                self.switch_off(number, offline, start);
            }
            for one in later {
                let due = start.checked_add(one.after.get()).unwrap_or(Timestamp::MAX);
                self.schedule.plan(due, number, Due::Fate(one.event));
            }
        }
    }

    fn named(&mut self, apps: &InstalledSeed) -> Vec<Installed> {
        let InstalledSeed { managed, unmanaged, declarative } = apps;
        let mut installed = Vec::new();
        for (list, mark) in [
            (managed, Mark::Managed),
            (unmanaged, Mark::Unmanaged),
            (declarative, Mark::Declarative),
        ] {
            for bundle in list {
                let app = self.apps.bundle(bundle);
                installed.push(Installed { app, mark, stage: Stage::Here });
            }
        }
        installed
    }

    /// Apps a device holds licenses of.
    fn held(&mut self, serial: &str, libraries: &[&Library]) -> Vec<Installed> {
        let mut installed: Vec<Installed> = Vec::new();
        for library in libraries {
            let Some(holder) = library.holders.device(serial) else { continue };
            let held = library.assets.iter().filter(|asset| asset.held.contains(holder));
            for asset in held {
                let app = self.apps.adam(&asset.adam_id, asset.bundle_id.as_deref());
                if installed.iter().all(|one| one.app != app) {
                    installed.push(Installed { app, mark: Mark::Managed, stage: Stage::Here });
                }
            }
        }
        installed
    }

    fn learn_apps(&mut self, library: &Library) {
        for asset in library.assets.iter().filter(|asset| asset.kind == ProductType::App) {
            self.apps.adam(&asset.adam_id, asset.bundle_id.as_deref());
        }
    }

    /// Makes a plain device of every holder of a location that is new since the last time.
    pub(crate) fn meet(&mut self, location: usize, library: &Library, now: Timestamp) {
        if self.met.len() <= location {
            self.met.resize(location + 1, 0);
        }
        let Some(met) = self.met.get_mut(location) else { return };
        let from = std::mem::replace(met, number(library.holders.items().len()));
        if from == *met || self.settings.unlisted == Unlisted::Unknown {
            return;
        }
        self.learn_apps(library);
        let mut new = HashMap::new();
        for (holder, one) in (from..).zip(library.holders.items().iter().skip(at(from))) {
            if let Holder::Device(serial) = one
                && self.find(serial).is_none()
            {
                new.insert(holder, self.add(Device::plain(serial, now)));
            }
        }
        if new.is_empty() {
            return;
        }
        for asset in library.assets.iter().filter(|asset| asset.kind == ProductType::App) {
            let app = self.apps.adam(&asset.adam_id, asset.bundle_id.as_deref());
            for holder in asset.held.range(from..) {
                let device = new.get(&holder).and_then(|device| self.device_mut(*device));
                if let Some(device) = device.filter(|device| device.installed(app).is_none()) {
                    device.apps.push(Installed { app, mark: Mark::Managed, stage: Stage::Here });
                }
            }
        }
    }
}

/// Whether a device or its person holds an app's license at one of these locations.
pub(crate) fn licensed(library: &Library, serial: &str, user: Option<&str>, adam: &str) -> bool {
    let device = library.holders.device(serial);
    let people = library.people.records().iter();
    let person = user.and_then(|user| {
        people.filter(|one| one.status.is_active()).find(|one| one.is_called(user))
    });
    let holders = [device, person.map(|person| person.holder)];
    let of_app = library.assets.iter().filter(|asset| asset.adam_id == adam);
    of_app.into_iter().any(|asset| holders.iter().flatten().any(|one| asset.held.contains(*one)))
}

impl EnrolmentSeed {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::User => "user",
            Self::None => "none",
        }
    }
}
