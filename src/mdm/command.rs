//! What is asked of devices, and what is known of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Device;
use crate::license::AdamId;

/// One command for one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its id (`CommandUUID`), chosen by us before anything is sent.
    pub id: Uuid,
    /// For which device.
    pub device: Device,
    /// What it shall do.
    pub order: Order,
    /// Which try of the same thing this is, from 1.
    pub attempt: u32,
}

/// What a device shall do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// RemoveApplication: the app and its data go.
    Remove {
        /// The app's bundle identifier.
        bundle_id: String,
        /// The app's number in the store.
        adam_id: AdamId,
    },
    /// InstalledApplicationList for these apps, whoever installed them.
    ListInstalled {
        /// Their bundle identifiers.
        bundle_ids: Vec<String>,
        /// Only an answer observed after this moment counts.
        not_before: Timestamp,
    },
    /// ManagedApplicationList for these apps: the second witness.
    ListManaged {
        /// Their bundle identifiers.
        bundle_ids: Vec<String>,
        /// Only an answer observed after this moment counts.
        not_before: Timestamp,
    },
    /// InstallApplication with a license of the location.
    Install {
        /// The app's bundle identifier, where known.
        bundle_id: Option<String>,
        /// The app's number in the store.
        adam_id: AdamId,
    },
}

/// How handing a command over went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The server has it.
    Queued {
        /// The server's own name for it, where it gives one.
        reference: Option<String>,
    },
    /// The server has seen this id before. That does not mean that the device will get it.
    Known,
    /// It may have it: no answer, or one that leaves it open.
    Unclear {
        /// Why, with endpoint.
        why: String,
    },
    /// The server does not have it and never will.
    Refused {
        /// Why, with endpoint.
        why: String,
        /// Whether asking again later can help.
        retryable: bool,
    },
}

/// A question about a command sent earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Its id.
    pub id: Uuid,
    /// The server's own name for it.
    pub reference: Option<String>,
    /// For which device.
    pub device: Device,
    /// What it was to do.
    pub order: Order,
    /// When it was handed over.
    pub sent_at: Timestamp,
}

/// What is known of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing yet.
    Waiting,
    /// The device said NotNow and will be asked again by its server.
    NotNow {
        /// When it said so.
        at: Timestamp,
    },
    /// It is gone: the device checked out, enrolled anew or was wiped after the command was sent.
    Lost {
        /// When that happened.
        at: Timestamp,
        /// What happened, for people.
        why: String,
        /// Whether the device is enrolled (again).
        enrolled: bool,
    },
    /// The device took a removal or an installation as done. No proof of anything.
    Acknowledged {
        /// When it said so.
        at: Timestamp,
    },
    /// The device listed apps.
    Listed(AppsReply),
    /// The device or the server refused.
    Failed {
        /// When it said so.
        at: Timestamp,
        /// How.
        fault: Fault,
        /// Its words.
        detail: String,
    },
}

/// A device's list of apps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppsReply {
    /// When the device made the list. A server that cannot say gives the moment it got it.
    pub observed_at: Timestamp,
    /// What the list covers.
    pub scope: Scope,
    /// For every app that was asked for.
    pub apps: BTreeMap<String, Presence>,
}

/// What a list of apps covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All apps.
    All,
    /// Only managed ones: absence here proves nothing about an app the person installed.
    Managed,
}

/// Whether an app is on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is there.
    Present,
    /// It is being installed, downloaded or waits to be.
    Installing,
    /// It is not there.
    Absent,
    /// The list does not say: an entry without identifier, a status nobody knows.
    Unknown,
}

/// How a device or server refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The app is on the device and not managed, or is not there at all.
    NotManaged,
    /// The app is managed by a declaration, whose removal is not ours.
    Declarative,
    /// Apple has no license for the device yet (9610): the documented race after assigning.
    LicenseNotFound,
    /// The command made no sense to it.
    Format,
    /// Anything else.
    Other,
}
