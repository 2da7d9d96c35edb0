//! Problems of the input, for people, for machines and for pipelines.

mod github;
mod human;
mod json;
mod junit;
mod place;
mod sarif;
mod window;

pub use github::github;
pub use human::human;
pub use json::json;
pub use junit::junit;
pub use sarif::sarif;

use crate::diagnostic::Diagnostic;

/// How many errors, and how many warnings.
fn counts(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    (errors, diagnostics.len() - errors)
}
