//! The plan room from outside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may, as tests may")]

mod cover;
mod file;
mod fingerprint;
mod people;
mod placing;
mod properties;
mod schema;
mod seats;
mod snapshots;

use vpp as house;

#[allow(dead_code, reason = "the suite and the unit tests each use their part of the model world")]
mod world;
