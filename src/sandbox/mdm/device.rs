use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sandbox::chance::draw;
use crate::sandbox::world::{Behavior, EnrolmentSeed, SupportedPlatform};

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Device {
    pub(crate) serial: Box<str>,
    #[serde(default = "ios", skip_serializing_if = "is_ios")]
    pub(crate) platform: SupportedPlatform,
    #[serde(default, skip_serializing_if = "is_device")]
    pub(crate) enrolment: EnrolmentSeed,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<Box<str>>,
    pub(crate) enrolled_at: Timestamp,
    /// When it last connected, or said something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) offline_until: Option<Timestamp>,
    /// When it connects by itself next, where there is a reason to remember it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connects: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) apps: Vec<Installed>,
    /// Commands that wait for it, oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) queue: VecDeque<Uuid>,
    /// What is unusual about it; most devices are usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) behaves: Option<Box<Behavior>>,
}

/// An app on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Installed {
    #[serde(rename = "a")]
    pub(crate) app: u32,
    #[serde(rename = "m", default, skip_serializing_if = "Mark::is_managed")]
    pub(crate) mark: Mark,
    #[serde(rename = "s", default, skip_serializing_if = "Stage::is_here")]
    pub(crate) stage: Stage,
}

/// Who brought an app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mark {
    /// A command.
    #[default]
    Managed,
    /// The person.
    Unmanaged,
    /// A declaration.
    Declarative,
}

impl Mark {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
    fn is_managed(&self) -> bool {
        *self == Self::Managed
    }
}

/// How far an app is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Stage {
    /// It is there.
    #[default]
    Here,
    /// It is being installed.
    Coming,
    /// It is managed still, but the person has removed it.
    Deleted,
}

impl Stage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
    fn is_here(&self) -> bool {
        *self == Self::Here
    }
}

fn ios() -> SupportedPlatform {
    SupportedPlatform::IOs
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_ios(platform: &SupportedPlatform) -> bool {
    *platform == SupportedPlatform::IOs
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_device(enrolment: &EnrolmentSeed) -> bool {
    *enrolment == EnrolmentSeed::Device
}

impl Device {
    /// A device like any other.
    pub(crate) fn plain(serial: &str, enrolled_at: Timestamp) -> Self {
        Self {
            serial: serial.into(),
            platform: SupportedPlatform::IOs,
            enrolment: EnrolmentSeed::Device,
            user: None,
            enrolled_at,
            seen: None,
            offline_until: None,
            connects: None,
            apps: Vec::new(),
            queue: VecDeque::new(),
            behaves: None,
        }
    }

    /// How the server addresses it: an id made of its serial number, like a UDID.
    pub(crate) fn reference(&self) -> Uuid {
        reference(&self.serial)
    }

    pub(crate) fn is_enrolled(&self) -> bool {
        self.enrolment != EnrolmentSeed::None
    }

    pub(crate) fn installed(&self, app: u32) -> Option<&Installed> {
        self.apps.iter().find(|one| one.app == app)
    }

    pub(crate) fn installed_mut(&mut self, app: u32) -> Option<&mut Installed> {
        self.apps.iter_mut().find(|one| one.app == app)
    }

    /// Whether the app is on it, all or in part.
    pub(crate) fn has(&self, app: u32) -> bool {
        self.installed(app).is_some_and(|one| one.stage != Stage::Deleted)
    }

    pub(crate) fn drop_app(&mut self, app: u32) {
        self.apps.retain(|one| one.app != app);
    }

    /// How often it connects by itself.
    fn every(&self, usual: SignedDuration) -> SignedDuration {
        let own = self.behaves.as_ref().and_then(|one| one.connect_every);
        own.map_or(usual, crate::sandbox::world::Lapse::get)
    }

    /// The first time after `after` that it connects by itself. Not all devices at once: each has
    /// its own time within the interval.
    pub(crate) fn next_connect(&self, after: Timestamp, usual: SignedDuration) -> Timestamp {
        let every = self.every(usual).as_millis().max(1);
        let phase = i128::from(draw(0, &[self.serial.as_bytes()])).rem_euclid(every);
        let now = i128::from(after.as_millisecond());
        let slot = (now - phase).div_euclid(every) + 1;
        let next = i64::try_from(slot * every + phase).ok();
        next.and_then(|next| Timestamp::from_millisecond(next).ok()).unwrap_or(Timestamp::MAX)
    }

    /// When the server last heard of it, a connection without anything to do included.
    pub(crate) fn last_seen(&self, now: Timestamp, usual: SignedDuration) -> Option<Timestamp> {
        if !self.is_enrolled() || self.offline_until.is_some_and(|until| until > now) {
            return self.seen;
        }
        let every = self.every(usual);
        let slot = self.next_connect(now, usual).checked_sub(every).ok();
        let slot = slot.filter(|slot| *slot > self.enrolled_at);
        self.seen.max(slot).or(Some(self.enrolled_at))
    }
}

/// How the server addresses the device with a serial number.
fn reference(serial: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("vpp-sandbox/device/{serial}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_connects_once_in_every_interval() {
        let start: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        let device = Device::plain("D1", start);
        let every = SignedDuration::from_hours(4);
        let first = device.next_connect(start, every);
        assert!(first > start && first <= start + every, "{first}");
        assert_eq!(device.next_connect(first, every), first + every);
        assert_eq!(device.last_seen(start, every), Some(start), "it has just enrolled");
        assert_eq!(device.last_seen(first + every, every), Some(first + every));
    }

    #[test]
    fn a_device_that_is_off_is_not_heard_of() {
        let start: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        let every = SignedDuration::from_hours(1);
        let later = start + SignedDuration::from_hours(90);
        let device = Device { offline_until: Some(later), ..Device::plain("D1", start) };
        assert_eq!(device.last_seen(start + every * 5, every), None);
        assert!(device.last_seen(later + every, every) > Some(later));
    }
}
