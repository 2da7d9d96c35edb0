//! What inventories take in and what they refuse.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_collect,
    reason = "helpers of tests, outside the functions clippy knows as tests"
)]

mod csv;
mod exec;
pub(crate) mod fake;
mod faults;
mod filter;
mod rosters;
mod servers;
pub(crate) mod world;
