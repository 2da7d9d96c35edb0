//! The servers of a run, and the devices they know.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::apply::run::Run;
use crate::license::{ClientUserId, Holder, SerialNumber};
use crate::manifest::kind::WhenGone;
use crate::mdm::{Capabilities, Device, Enrolment, Mdm};
use crate::reclaim::{Reclaim, Rules, Seen};

/// What removes a location's apps.
#[derive(Debug, Clone)]
pub struct Hand {
    /// Its server, or why it cannot be used.
    pub mdm: Result<Arc<dyn Mdm>, String>,
    /// What a device that has left the server means.
    pub when_gone: WhenGone,
}

/// What removes apps, by the location's name.
pub type Hands = BTreeMap<String, Hand>;

impl Hand {
    pub(super) fn rules(&self) -> Rules {
        Rules { when_gone: self.when_gone, ..Rules::default() }
    }
}

/// A server's devices, ready to be looked up.
#[derive(Debug)]
pub(in crate::apply) struct Fleet {
    by_serial: HashMap<String, Vec<Device>>,
    serials_of: HashMap<String, Vec<String>>,
    all: bool,
}

impl Fleet {
    /// Asks a server for its devices.
    ///
    /// # Errors
    /// Why nothing is known of them. An empty list is taken for a mistake: it would say of every
    /// device that it has left.
    pub(super) async fn ask(mdm: &dyn Mdm) -> Result<Self, String> {
        let devices = mdm.devices().await.map_err(|error| error.to_string())?;
        let Capabilities { lists_all, .. } = mdm.capabilities();
        if lists_all && devices.is_empty() {
            return Err(format!("{} lists no device at all", mdm.name()));
        }
        Ok(Self::of(devices, lists_all))
    }

    /// The devices of a run's server, which is asked once.
    ///
    /// # Errors
    /// Those of [`Self::ask`].
    pub(in crate::apply) async fn of_run(
        run: &Run<'_>,
        mdm: &dyn Mdm,
    ) -> Result<Arc<Self>, String> {
        let fleet = || async { Self::ask(mdm).await.map(Arc::new) };
        run.fleet.get_or_init(fleet).await.clone()
    }

    /// The one enrolled device with a serial number.
    ///
    /// # Errors
    /// Why there is none.
    pub(in crate::apply) fn live(&self, serial: &SerialNumber) -> Result<&Device, String> {
        let known = self.by_serial.get(serial.as_str()).map_or(&[][..], Vec::as_slice);
        let mut live = known.iter().filter(|device| device.enrolment != Enrolment::None);
        match (live.next(), live.next()) {
            (Some(device), None) => Ok(device),
            (Some(_), Some(_)) => Err("the server has several enrolments of the device".to_owned()),
            (None, _) => Err("the device is not enrolled with the server yet".to_owned()),
        }
    }

    /// A device with a serial number, enrolled if there is such a one.
    pub(in crate::apply) fn any(&self, serial: &SerialNumber) -> Option<&Device> {
        self.live(serial).ok().or_else(|| self.by_serial.get(serial.as_str())?.first())
    }

    /// The serial numbers of a person's devices.
    pub(in crate::apply) fn serials_of(&self, user: &ClientUserId) -> Vec<SerialNumber> {
        let theirs = self.serials_of.get(&user.as_str().to_lowercase());
        let serials = theirs.into_iter().flatten().filter_map(|serial| serial.parse().ok());
        let mut serials: Vec<SerialNumber> = serials.collect();
        serials.sort_unstable();
        serials.dedup();
        serials
    }

    fn of(devices: Vec<Device>, all: bool) -> Self {
        let mut fleet = Self { by_serial: HashMap::new(), serials_of: HashMap::new(), all };
        for device in devices {
            let serial = device.serial.as_str().to_owned();
            if let Some(user) = &device.user {
                fleet.serials_of.entry(user.to_lowercase()).or_default().push(serial.clone());
            }
            fleet.by_serial.entry(serial).or_default().push(device);
        }
        fleet
    }

    /// What it says of a reclaim's devices: those it is about already, and those of the person.
    pub(super) fn of_reclaim(&self, reclaim: &Reclaim) -> Seen {
        let mut serials: Vec<&str> =
            reclaim.targets.iter().map(|target| target.serial.as_str()).collect();
        if let Holder::User(user) = &reclaim.holder {
            let theirs = self.serials_of.get(&user.as_str().to_lowercase());
            serials.extend(theirs.into_iter().flatten().map(String::as_str));
            serials.sort_unstable();
            serials.dedup();
        }
        let devices = serials.into_iter().filter_map(|serial| self.by_serial.get(serial));
        Seen::Devices { devices: devices.flatten().cloned().collect(), all: self.all }
    }
}
