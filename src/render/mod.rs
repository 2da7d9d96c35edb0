//! Typed results in, text out: for people, for machines, for pipelines.
//!
//! Everything writes to a `&mut dyn Write` and is told what it needs to know: which colors
//! ([`Styles`]) and what kind of terminal ([`Shape`]).
//!
//! **Architecture invariant:** nothing in here reads the environment, asks a terminal or looks at
//! a clock, and no text from outside reaches a terminal unescaped: every piece of a line goes
//! through [`escape`] when it is put there ([`text::Line::put`]).

mod annotation;
mod cause;
pub mod codes;
pub mod diagnostics;
pub mod diff;
pub mod escape;
mod examples;
mod fingerprint;
pub mod groups;
pub mod history;
pub mod holdings;
pub mod json;
mod location;
pub mod number;
mod page;
pub mod plan;
pub mod progress;
mod prose;
pub mod reclaims;
pub mod run;
pub mod seat_holdings;
mod served;
mod shape;
pub mod status;
mod styles;
pub mod table;
pub mod text;

pub use shape::{Shape, Symbols, Typed};
pub use styles::Styles;
