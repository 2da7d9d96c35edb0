//! What manifests and inventories add up to.
#![expect(
    clippy::unwrap_used,
    clippy::format_collect,
    reason = "helpers of tests, outside the functions clippy knows as tests"
)]

mod entries;
mod groups;
mod people;
mod properties;
