//! The manifest room from outside.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions,
    clippy::format_push_string,
    reason = "helpers of tests may fail as tests do"
)]

mod cases;
mod discovery;
mod folder;
mod limits;
mod meaning;
mod schema;
mod secrets;
mod texts;
mod written;
mod yaml;
