//! Problems of the input, for people, for machines and for GitHub.

mod github;
mod human;
mod json;
mod place;
mod window;

pub use github::github;
pub use human::human;
pub use json::json;

use crate::diagnostic::Diagnostic;

/// How many errors, and how many warnings.
fn counts(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    (errors, diagnostics.len() - errors)
}
