//! Takes licenses back from holders who have the app: removal, proof, release, read-back.
//!
//! The room `reclaim` decides; here its acts are carried out. What a run begins is kept in the
//! store and continued by the next one: a command is in the journal before it is sent, and a
//! reclaim is written down before and after each of its steps.

mod book;
mod devices;
mod follow;
mod round;
mod summary;

pub use devices::{Hand, Hands};

pub(super) use book::Book;
pub(super) use devices::Fleet;
pub(super) use follow::{catch_up, follow};
pub(super) use summary::counts;
