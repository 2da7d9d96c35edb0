//! The one place that knows which YAML crates are in use.
//!
//! Two ways in: [`from_str`] reads one document that this machine wrote or that nobody reviews into
//! a type; [`read`] reads what people write and reviewers judge, keeps every place, and never stops
//! at the first mistake. A third keeps how everything was written, comments too, for rewriting a text
//! without changing what it says: [`tokens`]. One way out: [`to_string`].

mod fault;
mod node;
mod plain;
mod reader;
mod text;
mod tokens;

pub use fault::{Fault, FaultKind};
pub use node::{Entry, Node, Place, Style, Value};
pub use plain::{Meaning, meaning};
pub use reader::{Document, MAX_DEPTH, MAX_NODES, Read, read};
pub use text::{NotText, text_of};
pub use tokens::{Placed, Token, Tokens, Written, tokens};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A text that is not the YAML asked for.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What is wrong, with line and column where known.
    pub message: String,
}

/// Reads one document.
///
/// # Errors
/// Where the text is not YAML, or not a `T`.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_yaml::from_str(text).map_err(|error| Error { message: error.to_string() })
}

/// Writes one document, quoting what a YAML 1.1 reader would change.
///
/// # Errors
/// Where the value cannot be written as YAML.
pub fn to_string<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_yaml::to_string(value).map_err(|error| Error { message: error.to_string() })
}
