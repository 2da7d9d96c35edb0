//! Tells devices to install what they were given a license of (`install: true` in a location).
//!
//! An installation is written into the journal together with the request for its license, all or
//! nothing, so that a run killed in between loses none. Nothing is sent before the license reads
//! back. It stays open in the journal until the device took it as done or refused it, until its
//! license is gone, or until it is given up: whichever run comes next finds it there and goes on.

mod book;
mod machine;
mod record;
mod summary;
mod wishes;

pub(super) use book::Installs;
pub(super) use wishes::Wishes;
