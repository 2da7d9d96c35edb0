//! The apply room from outside: manifests on disk, an Apple in this process, everything between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are not inside of `#[test]`, where these are allowed anyway"
)]

mod ends;
pub(crate) mod house;
mod installs;
mod journal;
mod kills;
mod leases;
mod numbers;
mod phones;
mod random;
mod reclaims;
mod requests;
mod seats;
pub(crate) mod tap;
