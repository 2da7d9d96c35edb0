//! A reclaim as it is kept between runs.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::Rules;
use crate::license::{Asset, Holder, SerialNumber};
use crate::mdm::Device;
use crate::store::RunId;

/// One license on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reclaim {
    /// The run that began it.
    pub run: RunId,
    /// What is taken back.
    pub asset: Asset,
    /// Name of its manifest.
    pub name: String,
    /// The app's bundle identifier, where known.
    pub bundle_id: Option<String>,
    /// From whom.
    pub holder: Holder,
    /// When it was begun.
    pub since: Timestamp,
    /// When it last moved.
    pub moved: Timestamp,
    /// From when on it counts as unknown.
    pub deadline: Timestamp,
    /// Whether the deadline has passed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// What keeps the whole from starting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bar: Option<Bar>,
    /// Every device that must be rid of the app.
    pub targets: Vec<Target>,
    /// When the license was disassociated, as long as that is not read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
}

/// What keeps a reclaim from starting, until somebody does something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// The app's manifest has no `bundleId`.
    NoBundleId,
    /// The server knows no device of the person.
    NoDeviceOfUser,
}

/// How a reclaim ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Closing {
    /// Apple does not show the license any more.
    Verified {
        /// When that was read.
        at: Timestamp,
        /// Whether this reclaim released it; else it was gone already.
        ours: bool,
    },
    /// Nobody wants it back any more.
    Cancelled {
        /// When that was learned.
        at: Timestamp,
        /// Why.
        why: String,
    },
}

/// One device that must be rid of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Which.
    pub serial: SerialNumber,
    /// What the server said of it last.
    pub device: Option<Device>,
    /// Which removal this is, from 1.
    pub attempt: u32,
    /// How many lists were asked for.
    #[serde(default)]
    pub lists: u32,
    /// How many lists did not settle it.
    #[serde(default)]
    pub times: u32,
    /// How far it is.
    pub step: Step,
}

/// How far a device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The removal is to be sent.
    Wanted {
        /// Not before this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
        /// Why it waits or starts anew.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The removal was handed over.
    Sent {
        /// When.
        at: Timestamp,
        /// The server's own name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// Why it may not be waiting for the device.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unsure: Option<String>,
        /// When the device last said NotNow.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_now: Option<Timestamp>,
    },
    /// The device took the removal as done, or does not manage the app. The proof is still missing.
    Acknowledged {
        /// When the device said so.
        at: Timestamp,
        /// Whether it said that it does not manage the app.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not_managed: bool,
        /// What it is asked next.
        question: Question,
        /// The list that was asked for and is not there yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        listing: Option<Listing>,
        /// When the next list is asked for.
        next: Timestamp,
        /// Why the lists so far did not settle it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The app is proven gone.
    Absent {
        /// When the device said that it took the removal, or does not manage the app.
        acknowledged: Timestamp,
        /// When it made the list without the app.
        observed: Timestamp,
    },
    /// The device or the server refuses.
    Blocked {
        /// Since when.
        at: Timestamp,
        /// Why.
        obstacle: Obstacle,
        /// Its words.
        detail: String,
    },
    /// The device has left the server.
    Gone {
        /// When that was learned.
        at: Timestamp,
        /// What happened.
        why: String,
    },
}

/// Which list a device is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// All installed apps: the first witness.
    Installed,
    /// The managed apps: the second one, where the first cannot be enough.
    Managed,
}

/// A list that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Its number, from 1.
    pub number: u32,
    /// When it was asked for.
    pub at: Timestamp,
    /// The server's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Why a device cannot be rid of the app for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// The server does not know the device.
    UnknownDevice,
    /// The server has several enrolments of it.
    SeveralEnrolments,
    /// The app is there and not managed: the person's own copy.
    OwnCopy,
    /// A declaration manages the app.
    Declarative,
    /// A person's own device shows only managed apps, and there is no second witness.
    NoSecondWitness,
    /// Anything else the device or the server refused.
    Refused,
}

/// Where a reclaim is, one word.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The removal is not sent yet.
    Wanted,
    /// The removal is with the server, and the device has not answered.
    UninstallSent,
    /// The device took the removal as done; the proof is missing.
    Acknowledged,
    /// The app is proven gone; the license is not released yet.
    ProvenAbsent,
    /// The license is disassociated; Apple has not been read yet.
    Disassociated,
    /// Apple does not show the license any more.
    Verified,
    /// Something must be done first.
    Blocked,
    /// The deadline passed without a proof. The license stays; it goes on.
    Unknown,
    /// Nobody wants it back any more.
    Cancelled,
    /// The device has left the server; the license stays.
    Gone,
}

impl Phase {
    /// The word that stores and files use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::UninstallSent => "uninstall_sent",
            Self::Acknowledged => "acknowledged",
            Self::ProvenAbsent => "proven_absent",
            Self::Disassociated => "disassociated",
            Self::Verified => "verified",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UninstallSent => "uninstall sent",
            Self::ProvenAbsent => "proven absent",
            Self::Wanted
            | Self::Acknowledged
            | Self::Disassociated
            | Self::Verified
            | Self::Blocked
            | Self::Unknown
            | Self::Cancelled
            | Self::Gone => self.word(),
        })
    }
}

impl Reclaim {
    /// A reclaim that begins now. A device's license has its one target at once, a person's gets
    /// them when the server's devices are seen.
    pub fn begin(
        run: RunId,
        asset: Asset,
        name: &str,
        bundle_id: Option<&str>,
        holder: Holder,
        now: Timestamp,
        rules: &Rules,
    ) -> Self {
        let targets = match &holder {
            Holder::Device(serial) => vec![Target::new(serial.clone())],
            Holder::User(_) => vec![],
        };
        Self {
            run,
            asset,
            name: name.to_owned(),
            bundle_id: bundle_id.map(str::to_owned),
            holder,
            since: now,
            moved: now,
            deadline: later(now, rules.deadline),
            overdue: false,
            bar: None,
            targets,
            released: None,
            closing: None,
        }
    }

    /// Whether it is not through.
    pub fn is_open(&self) -> bool {
        self.closing.is_none()
    }

    /// Where it is. With several devices, where the last of them is.
    pub fn phase(&self, rules: &Rules) -> Phase {
        match &self.closing {
            Some(Closing::Verified { .. }) => return Phase::Verified,
            Some(Closing::Cancelled { .. }) => return Phase::Cancelled,
            None => {}
        }
        if self.released.is_some() {
            return Phase::Disassociated;
        }
        if self.bar.is_some() || self.targets.is_empty() {
            return Phase::Blocked;
        }
        let phases = || self.targets.iter().map(|target| target.phase(rules));
        if phases().all(|phase| phase == Phase::ProvenAbsent) {
            return Phase::ProvenAbsent;
        }
        if let Some(stuck) = [Phase::Blocked, Phase::Gone]
            .into_iter()
            .find(|stuck| phases().any(|phase| phase == *stuck))
        {
            return stuck;
        }
        if self.overdue {
            return Phase::Unknown;
        }
        phases().min().unwrap_or(Phase::Wanted)
    }

    /// Whether a device is asked or told again later, by itself.
    pub fn is_pausing(&self) -> bool {
        self.is_open()
            && self.bar.is_none()
            && self.targets.iter().any(|target| match &target.step {
                Step::Wanted { not_before, .. } => not_before.is_some() && target.device.is_some(),
                Step::Acknowledged { listing, .. } => listing.is_none(),
                Step::Sent { .. }
                | Step::Absent { .. }
                | Step::Blocked { .. }
                | Step::Gone { .. } => false,
            })
    }

    /// Whether every device is rid of the app for certain, or has left where that is enough.
    pub fn is_proven(&self, rules: &Rules) -> bool {
        self.is_open()
            && self.bar.is_none()
            && !self.targets.is_empty()
            && self.targets.iter().all(|target| target.phase(rules) == Phase::ProvenAbsent)
    }
}

impl Target {
    pub(super) fn new(serial: SerialNumber) -> Self {
        Self {
            serial,
            device: None,
            attempt: 1,
            lists: 0,
            times: 0,
            step: Step::Wanted { not_before: None, why: None },
        }
    }

    /// Where this device is.
    pub fn phase(&self, rules: &Rules) -> Phase {
        match self.step {
            Step::Wanted { .. } => Phase::Wanted,
            Step::Sent { .. } => Phase::UninstallSent,
            Step::Acknowledged { .. } => Phase::Acknowledged,
            Step::Absent { .. } => Phase::ProvenAbsent,
            Step::Blocked { .. } => Phase::Blocked,
            Step::Gone { .. } => match rules.when_gone {
                super::WhenGone::Release => Phase::ProvenAbsent,
                super::WhenGone::Keep => Phase::Gone,
            },
        }
    }
}

/// A moment and a while after it.
pub(super) fn later(at: Timestamp, by: jiff::SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
