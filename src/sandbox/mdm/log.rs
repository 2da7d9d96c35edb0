use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that happened to a device, an app on it, or a license of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceEvent {
    /// When, by the sandbox's clock.
    pub at: Timestamp,
    /// Serial number; for the license of a person their `clientUserId`.
    pub holder: String,
    /// What happened.
    pub what: Happened,
    /// The app's bundle id, or else its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The command it is about or comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
    /// Apple's name of that command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_type: Option<String>,
    /// Of a license that was given back: the holder's devices that still had the app.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub still_on: Vec<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Happened {
    /// A command was queued.
    Queued,
    /// A command was answered: done, or listed.
    Acknowledged,
    /// A command was refused.
    Refused,
    /// A command was put off.
    NotNow,
    /// An app is gone, by a command.
    Removed,
    /// An app is there, by a command.
    Installed,
    /// An app is gone, by the person.
    RemovedByPerson,
    /// An app is there, by the person.
    InstalledByPerson,
    /// The device enrolled (again).
    Enrolled,
    /// The device left the server.
    CheckedOut,
    /// The device was erased.
    Wiped,
    /// A license was given back at Apple, by a request to its API.
    Released,
}

impl DeviceEvent {
    pub(crate) fn new(at: Timestamp, holder: &str, what: Happened) -> Self {
        Self {
            at,
            holder: holder.to_owned(),
            what,
            app: None,
            command: None,
            request_type: None,
            still_on: Vec::new(),
        }
    }

    pub(crate) fn app(mut self, app: &str) -> Self {
        self.app = Some(app.to_owned());
        self
    }

    pub(crate) fn command(mut self, id: Option<Uuid>, name: Option<&str>) -> Self {
        self.command = id;
        self.request_type = name.map(str::to_owned);
        self
    }
}

/// How many events are remembered.
const MOST: usize = 200_000;

/// What happened, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Log(VecDeque<DeviceEvent>);

impl Log {
    pub(crate) fn note(&mut self, event: DeviceEvent) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }

    pub(crate) fn events(&self) -> Vec<DeviceEvent> {
        self.0.iter().cloned().collect()
    }
}
