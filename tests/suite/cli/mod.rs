//! The program from outside, as shells and pipelines run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are not inside of `#[test]`, where these are allowed anyway"
)]

mod apple;
mod claims;
mod delta;
mod exits;
mod groups;
mod installs;
mod intune;
mod killed;
mod labels;
mod manifests;
mod memory;
mod outputs;
mod places;
mod quickstart;
mod reading;
mod receive;
mod reclaims;
mod saved;
mod secrets;
mod shell;
mod snapshots;
mod subscriptions;
mod webhooks;
