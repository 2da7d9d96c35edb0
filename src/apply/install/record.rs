use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::apply::journal::{Wish, json};
use crate::license::{Asset, Holder, SerialNumber};
use crate::mdm::{Command, Device, Order};
use crate::reclaim::install_id;
use crate::store::{IntentKind, RunId};

/// One app that one device is told to install, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Install {
    /// The run that asked for it first; the ids of its commands follow from it.
    pub(super) run: RunId,
    pub(super) asset: Asset,
    /// Name of the app's manifest.
    pub(super) name: String,
    pub(super) bundle_id: Option<String>,
    /// Who holds the license: the device, or the person whose it is.
    pub(super) holder: Holder,
    pub(super) serial_number: SerialNumber,
    /// Which command for it this is, from 1.
    pub(super) attempt: u32,
    /// When it was asked for first.
    pub(super) since: Timestamp,
    /// When this command may be sent, where not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<Timestamp>,
    /// Why the command before this one did not do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
}

impl Install {
    /// Its command's id.
    pub(super) fn id(&self) -> Uuid {
        install_id(self.run, &self.serial_number, self.asset.adam_id, self.attempt)
    }

    /// Its command, before it is sent.
    pub(super) fn wish(&self) -> Wish {
        Wish { id: self.id(), kind: IntentKind::InstallApp, count: 1, body: json(self) }
    }

    pub(super) fn order(&self) -> Order {
        Order::Install { bundle_id: self.bundle_id.clone(), adam_id: self.asset.adam_id }
    }

    pub(super) fn command(&self, device: Device) -> Command {
        Command { id: self.id(), device, order: self.order(), attempt: self.attempt }
    }
}
