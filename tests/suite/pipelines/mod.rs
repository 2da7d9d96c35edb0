//! The pipelines below `examples/pipelines`, run: every script in them by bash, against a sandbox,
//! a stand-in for GitHub and a repository in a temporary folder.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests are not inside of `#[test]`, where these are allowed anyway"
)]

mod expression;
mod files;
mod github;
mod gitlab;
mod hooks;
mod kubernetes;
mod place;
mod runner;
mod shards;
