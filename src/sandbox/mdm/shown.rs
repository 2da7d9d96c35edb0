use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{Mark, Server, Stage, at};
use crate::sandbox::world::{Behavior, EnrolmentSeed, SupportedPlatform};

/// A device, as its server lists it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceRow<'a> {
    serial_number: &'a str,
    reference: Uuid,
    platform: SupportedPlatform,
    enrolment: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    enrolled_at: Timestamp,
}

/// A device, to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSnapshot {
    /// Its serial number.
    pub serial: String,
    /// How its server addresses it.
    pub reference: Uuid,
    /// How it is enrolled.
    pub enrolment: EnrolmentSeed,
    /// Whose it is.
    pub user: Option<String>,
    /// When it enrolled last.
    pub enrolled_at: Timestamp,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// Until when it is switched off.
    pub offline_until: Option<Timestamp>,
    /// Apps on it, by bundle id (or else number).
    pub apps: BTreeMap<String, AppSnapshot>,
    /// How often commands have removed and installed an app on it, by bundle id (or else number).
    pub effects: BTreeMap<String, [u32; 2]>,
    /// Commands that wait for it, oldest first.
    pub queue: Vec<Uuid>,
    /// What is unusual about it.
    pub behaves: Behavior,
}

/// An app on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AppSnapshot {
    /// Installed by a command.
    Managed,
    /// Installed by the person.
    Unmanaged,
    /// Installed by a declaration.
    Declarative,
    /// A command is installing it.
    Installing,
    /// The person has removed it; its server still manages it.
    ManagedButUninstalled,
}

impl Server {
    /// Devices from a number on, at most so many, in order of enrolment.
    pub(crate) fn rows(
        &self,
        from: u32,
        most: usize,
        now: Timestamp,
    ) -> impl Iterator<Item = DeviceRow<'_>> {
        let every = self.every();
        self.devices.iter().skip(at(from)).take(most).map(move |device| DeviceRow {
            serial_number: &device.serial,
            reference: device.reference(),
            platform: device.platform,
            enrolment: device.enrolment.as_str(),
            user: device.user.as_deref(),
            last_seen: device.last_seen(now, every),
            enrolled_at: device.enrolled_at,
        })
    }

    /// A device, to be looked at.
    pub(crate) fn snapshot(&self, number: u32, now: Timestamp) -> Option<DeviceSnapshot> {
        let device = self.device(number)?;
        let mut apps = BTreeMap::new();
        let mut effects = BTreeMap::new();
        for one in &device.apps {
            let shown = match (one.stage, one.mark) {
                (Stage::Coming, _) => AppSnapshot::Installing,
                (Stage::Deleted, _) => AppSnapshot::ManagedButUninstalled,
                (Stage::Here, Mark::Managed) => AppSnapshot::Managed,
                (Stage::Here, Mark::Unmanaged) => AppSnapshot::Unmanaged,
                (Stage::Here, Mark::Declarative) => AppSnapshot::Declarative,
            };
            apps.insert(self.apps.label(one.app).to_owned(), shown);
        }
        for (app, known) in (0..).zip(self.apps.items()) {
            if let Some(count) = self.effects.get(&(number, app)) {
                effects.insert(known.label().to_owned(), *count);
            }
        }
        Some(DeviceSnapshot {
            serial: device.serial.to_string(),
            reference: device.reference(),
            enrolment: device.enrolment,
            user: device.user.as_deref().map(str::to_owned),
            enrolled_at: device.enrolled_at,
            last_seen: device.last_seen(now, self.every()),
            offline_until: device.offline_until,
            apps,
            effects,
            queue: device.queue.iter().copied().collect(),
            behaves: device.behaves.as_deref().cloned().unwrap_or_default(),
        })
    }
}
