//! The one place that knows which YAML crate is in use.

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
