//! Who may send, and how each proves who it is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::ByName;
use super::seal::Secret;

/// Everything but what never needs escaping in a path (RFC 3986, "unreserved").
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One sender.
#[derive(Debug, Clone)]
pub struct Door {
    /// Name of the Mdm or Location.
    pub name: String,
    /// How it proves who it is.
    pub kind: Kind,
    /// What it proves it with.
    pub secret: Secret,
    /// For a location, the library its notifications must be about.
    pub uid: Option<String>,
}

/// How a sender proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A signature over the body (NanoMDM, NanoHUB).
    Signed,
    /// A password in the address of the webhook (MicroMDM, which does not sign), or a signature.
    Password,
    /// A signature over a moment and the body (a program of ours).
    Program,
    /// A bearer token (Apple).
    Bearer,
}

/// All senders.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    mdms: ByName<Door>,
    locations: ByName<Door>,
}

impl Doors {
    /// Lets an Mdm send to `/mdm/NAME`.
    pub fn add_mdm(&mut self, name: &str, kind: Kind, secret: Secret) {
        let door = Door { name: name.to_owned(), kind, secret, uid: None };
        self.mdms.insert(name.to_owned(), door);
    }

    /// Lets Apple send a location's notifications to `/apple/NAME`.
    pub fn add_location(&mut self, name: &str, uid: Option<String>, secret: Secret) {
        let door = Door { name: name.to_owned(), kind: Kind::Bearer, secret, uid };
        self.locations.insert(name.to_owned(), door);
    }

    /// Whether nobody may send.
    pub fn is_empty(&self) -> bool {
        self.mdms.is_empty() && self.locations.is_empty()
    }

    /// Where each sender sends to, for people: `/mdm/campus`.
    pub fn paths(&self) -> Vec<String> {
        let path = |room: &str, name: &String| {
            let name = utf8_percent_encode(name, RESERVED);
            format!("/{room}/{name}")
        };
        let mdms = self.mdms.keys().map(|name| path("mdm", name));
        mdms.chain(self.locations.keys().map(|name| path("apple", name))).collect()
    }

    pub(super) fn mdm(&self, name: &str) -> Option<&Door> {
        self.mdms.get(name)
    }

    pub(super) fn location(&self, name: &str) -> Option<&Door> {
        self.locations.get(name)
    }

    /// Every sender's name in figures.
    pub(super) fn names(&self) -> Vec<String> {
        let mdms = self.mdms.keys().cloned();
        mdms.chain(self.locations.values().map(Door::label)).collect()
    }
}

impl Door {
    /// A location's name in figures, apart from that of an Mdm of the same name.
    pub(super) fn label(&self) -> String {
        format!("apple/{}", self.name)
    }
}
