//! Asks servers that keep inventories: one request at a time, tried again within the inventory's
//! time, over a client that lives as long as the source is read.
//!
//! `load_all` reads each inventory on a thread of its own, and programs and files block it. A
//! source on the network drives its own little runtime on that thread ([`drive`]): the room asks
//! nothing of whoever calls it (a command with a runtime, one without, a test with a paused clock),
//! blocking one source never holds up another, and when a source is done nothing of it goes on.
//!
//! **Architecture invariant:** a secret goes to the address it is for and nowhere else. No redirect
//! is followed, no page link leads to another host, and nothing crosses a network in the clear.

mod address;
mod asker;
mod bearer;
mod drive;
mod scrub;
mod trouble;
mod wire;

pub(super) use address::Address;
pub(super) use asker::Asker;
pub use asker::Patience;
pub(super) use bearer::{Fixed, Grant, Granted, Session, granted};
pub(super) use drive::drive;
pub(super) use trouble::Trouble;
pub(super) use wire::Request;

#[cfg(test)]
mod tests;
