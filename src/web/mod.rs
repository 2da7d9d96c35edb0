//! What every client of a server over HTTP does alike: how long it waits, and how it tells that
//! nothing came back.

mod chain;
mod pause;
mod retry_after;

pub(crate) use chain::chain;
pub(crate) use pause::pause;
pub(crate) use retry_after::retry_after;
