//! Behaviour users see, one module per subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions,
    clippy::type_complexity,
    clippy::wildcard_enum_match_arm,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::unused_self,
    clippy::print_stderr,
    clippy::needless_pass_by_value,
    reason = "a test that cannot go on says where, and its numbers are small"
)]

mod apple;
mod apply;
mod base;
mod cli;
mod desired;
mod diff;
mod docs;
mod format;
mod init;
mod intune;
mod inventory;
mod manifest;
mod mdm;
mod pipelines;
mod plan;
mod render;
mod sandbox;
mod store;
