//! Documents as people write them: what each key is called, takes and means.
//!
//! The JSON Schema for editors is made from these types, comments included, and whoever writes
//! manifests (`export`, `init`) fills them in and serializes them. Reading does not go through them:
//! the reader keeps places and goes on after mistakes, which derived readers do not. A test holds
//! the two against each other, key by key.

mod asset;
mod group;
mod intune;
mod inventory;
mod location;
mod mdm;
mod policy;
mod source;
mod subscription;
mod value;

pub use asset::{App, AppEntry, Book, BookEntry, BookIntent, BookReclaim, Locations, Pricing};
pub use group::Group;
pub use intune::IntuneMdm;
pub use inventory::{Csv, Exec, Inventory};
pub use location::{Licenses, Location, Notifications, Owner, Retire, Token, Users};
pub use mdm::{DeviceColumn, FleetMdm, Mdm, MdmExec, MicroMdm, NanoMdm, SandboxMdm};
pub use policy::{
    Allowance, Freeze, Limit, Limits, Policy, Protection, Run, Share, Stock, Stop, TokenExpiry,
    WarnBelow,
};
pub use source::{
    AppleBusiness, AppleSchool, AsmRoster, AsmRosterDevices, Entra, Federated, Fleet, Jamf,
    OneRoster, OneRosterDevices, Picks, RowsAre,
};
pub use subscription::{SeatEntry, SeatReclaim, Subscription};
pub use value::{
    AdamId, BundleId, Column, Day, Days, Duration, Guard, Id, Loopback, Moment, Name, Percent,
    Reference, Text, Variable,
};

use serde::Serialize;

/// The only `apiVersion` there is.
pub const API_VERSION: &str = "vpp/v1";

/// One document of any kind. Serializes with its header first.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// One pool of licenses at Apple.
    Location(Location),
    /// Where groups get their members.
    Inventory(Box<Inventory>),
    /// A named set of devices and people.
    Group(Group),
    /// An app and who should have it.
    App(App),
    /// A book and who should have it.
    Book(Book),
    /// A subscription and who should hold a seat.
    Subscription(Subscription),
    /// The rules a plan must keep.
    Policy(Policy),
    /// How to reach a device-management server.
    Mdm(Box<Mdm>),
}

impl Serialize for Document {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Headed<'d, T> {
            api_version: &'static str,
            kind: &'static str,
            #[serde(flatten)]
            document: &'d T,
        }
        fn headed<T: Serialize, S: serde::Serializer>(
            kind: &'static str,
            document: &T,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            Headed { api_version: API_VERSION, kind, document }.serialize(serializer)
        }
        match self {
            Self::Location(document) => headed("Location", document, serializer),
            Self::Inventory(document) => headed("Inventory", document, serializer),
            Self::Group(document) => headed("Group", document, serializer),
            Self::App(document) => headed("App", document, serializer),
            Self::Book(document) => headed("Book", document, serializer),
            Self::Subscription(document) => headed("Subscription", document, serializer),
            Self::Policy(document) => headed("Policy", document, serializer),
            Self::Mdm(document) => headed("Mdm", document, serializer),
        }
    }
}
