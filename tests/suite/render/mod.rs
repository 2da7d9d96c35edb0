//! The render room from outside.
#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests may")]

mod diagnostics;
mod formats;
mod golden;
mod html;
mod markdown;
mod plan;
mod plan_holds;
mod progress;
mod run;
mod scanning;
mod schema;
mod world;
