use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::license::SerialNumber;

/// A device as its server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its serial number.
    pub serial: SerialNumber,
    /// How the server addresses it: an enrolment id, a UDID, a host's UUID.
    pub reference: String,
    /// What it is.
    pub platform: Platform,
    /// How it is enrolled.
    pub enrolment: Enrolment,
    /// The person whose device it is, as the server names them, where it does.
    pub user: Option<String>,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// When it enrolled last: a command from before is gone.
    pub enrolled_at: Option<Timestamp>,
}

/// What a device is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// iPhone and iPad.
    Ios,
    /// Mac.
    Macos,
    /// Apple TV.
    Tvos,
    /// Vision Pro.
    Visionos,
    /// Watch.
    Watchos,
    /// The server does not say.
    #[default]
    Unknown,
}

/// How a device is enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    /// The organization's device.
    Device,
    /// A person's own device: only managed apps are seen (user enrolment).
    User,
    /// Not enrolled any more.
    None,
}
