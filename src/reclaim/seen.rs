use jiff::Timestamp;
use uuid::Uuid;

use crate::mdm::{Ask, Command, Delivery, Device, Standing};

/// Something that was learned of a reclaim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The server's devices with the holder's serial number, or of the holder.
    Devices {
        /// All of them, also those that are not enrolled any more.
        devices: Vec<Device>,
        /// Whether one that is not among them is certainly not enrolled.
        all: bool,
    },
    /// A command was written into the journal by a run that was killed: it may have been sent.
    Intended {
        /// Its id.
        id: Uuid,
        /// When it was written down.
        at: Timestamp,
    },
    /// A command was handed over, or not.
    Delivered {
        /// Its id.
        id: Uuid,
        /// How that went.
        delivery: Delivery,
    },
    /// What has become of a command.
    Standing {
        /// Its id.
        id: Uuid,
        /// What.
        standing: Standing,
    },
    /// Nobody wants the license back any more.
    Unwanted {
        /// Why, for people.
        why: String,
    },
    /// The license was disassociated, and not read back yet.
    Released,
    /// Apple was read: whether it still shows the license.
    Held(bool),
}

/// What is to be done for a reclaim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Hand this command over, once it is in the journal.
    Send(Command),
    /// Ask what has become of this one.
    Ask(Ask),
    /// The app is proven gone: disassociate.
    Release,
}
