//! The servers of a run, and the devices they know.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::license::Holder;
use crate::manifest::kind::WhenGone;
use crate::mdm::{Capabilities, Device, Mdm};
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
pub(super) struct Fleet {
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
