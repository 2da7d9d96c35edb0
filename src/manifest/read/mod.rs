//! One file's text to typed documents. Knows nothing of other files.

mod address;
mod asset;
mod condition;
mod depth;
mod document;
mod faults;
mod fields;
mod group;
mod intune;
mod inventory;
mod location;
mod mdm;
mod policy;
mod report;
mod roster;
mod secret;
mod source;
mod subscription;
mod time;
mod value;

pub(super) use document::{Found, Kind, Typed, read_file};
pub(super) use report::{Report, shown};
