use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A device as Intune knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedDevice {
    /// Intune's id of it.
    pub id: String,
    /// Its serial number, where Intune knows it.
    #[serde(default)]
    pub serial_number: Option<String>,
    /// Whose it is, by Entra's id.
    #[serde(default)]
    pub user_id: Option<String>,
    /// Entra's id of the device, by which groups name it.
    #[serde(rename = "azureADDeviceId", default)]
    pub entra_id: Option<String>,
}

/// Every device Intune knows, complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Devices {
    known: BTreeMap<String, ManagedDevice>,
    entra: BTreeMap<String, Vec<String>>,
    people: BTreeMap<String, Vec<String>>,
}

impl Devices {
    /// Of a complete list.
    pub fn new(all: Vec<ManagedDevice>) -> Self {
        let mut devices = Self::default();
        for device in all {
            if let Some(entra) = device.entra_id.as_deref().filter(|id| !id.is_empty()) {
                let entra = entra.to_ascii_lowercase();
                devices.entra.entry(entra).or_default().push(device.id.clone());
            }
            if let Some(user) = device.user_id.as_deref().filter(|id| !id.is_empty()) {
                devices.people.entry(user.to_owned()).or_default().push(device.id.clone());
            }
            devices.known.insert(device.id.clone(), device);
        }
        devices
    }

    /// A device by Intune's id.
    pub fn get(&self, id: &str) -> Option<&ManagedDevice> {
        self.known.get(id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// All ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// The devices of a person.
    pub fn of_user(&self, user: &str) -> &[String] {
        self.people.get(user).map_or(&[], Vec::as_slice)
    }

    /// The devices Entra knows under this id.
    pub fn of_entra(&self, id: &str) -> &[String] {
        self.entra.get(id).map_or(&[], Vec::as_slice)
    }

    /// Every serial number, in upper case.
    pub fn serials(&self) -> BTreeSet<String> {
        let serials = self.known.values().filter_map(|device| device.serial_number.as_deref());
        serials.map(|serial| serial.trim().to_ascii_uppercase()).collect()
    }
}
