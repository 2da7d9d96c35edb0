use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};

use super::{at, number};

/// Somebody or something that can hold a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Holder {
    /// A device, by serial number.
    #[serde(rename = "d")]
    Device(Box<str>),
    /// A record of a person. Two records can have the same `clientUserId`.
    #[serde(rename = "u")]
    User(u32),
}

/// The location's dictionary of holders. Numbers are given once and never change; the serial
/// numbers are stored once, so that a million of them stay small.
#[derive(Debug, Default)]
pub(crate) struct Holders {
    items: Vec<Holder>,
    devices: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Holders {
    pub(crate) fn get(&self, holder: u32) -> Option<&Holder> {
        self.items.get(at(holder))
    }

    pub(crate) fn items(&self) -> &[Holder] {
        &self.items
    }

    /// A device that has held something before. Serial numbers are compared to the letter.
    pub(crate) fn device(&self, serial: &str) -> Option<u32> {
        let Self { items, devices, hasher } = self;
        devices.find(hasher.hash_one(serial), |holder| is_device(items, *holder, serial)).copied()
    }

    /// The device's number, given now if it is new.
    pub(crate) fn intern_device(&mut self, serial: &str) -> u32 {
        if let Some(known) = self.device(serial) {
            return known;
        }
        let holder = number(self.items.len());
        self.items.push(Holder::Device(serial.into()));
        let Self { items, devices, hasher } = self;
        devices.insert_unique(hasher.hash_one(serial), holder, |other| {
            match items.get(at(*other)) {
                Some(Holder::Device(serial)) => hasher.hash_one(&**serial),
                Some(Holder::User(_)) | None => 0,
            }
        });
        holder
    }

    /// A number for a new record of a person.
    pub(crate) fn add_user(&mut self, record: u32) -> u32 {
        let holder = number(self.items.len());
        self.items.push(Holder::User(record));
        holder
    }

    /// The dictionary again, from its items in order.
    pub(crate) fn restore(items: Vec<Holder>) -> Self {
        let mut holders = Self::default();
        for item in items {
            match item {
                Holder::Device(serial) => {
                    holders.intern_device(&serial);
                }
                Holder::User(record) => {
                    holders.add_user(record);
                }
            }
        }
        holders
    }
}

fn is_device(items: &[Holder], holder: u32, serial: &str) -> bool {
    match items.get(at(holder)) {
        Some(Holder::Device(known)) => &**known == serial,
        Some(Holder::User(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_has_one_number_and_letters_count() {
        let mut holders = Holders::default();
        let first = holders.intern_device("DMPX1");
        holders.add_user(0);
        let numbers: Vec<u32> =
            (0..1000).map(|n| holders.intern_device(&format!("S{n}"))).collect();
        assert_eq!(holders.intern_device("DMPX1"), first);
        assert_eq!(holders.device("dmpx1"), None);
        assert_eq!(holders.device("S500"), numbers.get(500).copied());
        assert_eq!(
            Holders::restore(holders.items().to_vec()).device("S999"),
            holders.device("S999")
        );
    }
}
