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
/// Whole numbers where text is wanted are taken as written. Keys given twice, anchors, aliases,
/// merge keys and unknown tags are refused, and so are texts with more than [`MAX_NODES`] values.
///
/// # Errors
/// Where the text is not YAML, or not a `T`.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_merge_keys: 0,
            max_nodes: MAX_NODES,
            // Every value is an event, and every list and mapping has an end.
            max_events: 2 * MAX_NODES,
        },
        merge_keys: serde_yaml::options::MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
    };
    serde_yaml::from_str_with_options(text, options)
        .map_err(|error| Error { message: error.to_string() })
}

/// Writes one document, quoting what a YAML 1.1 reader would change.
///
/// # Errors
/// Where the value cannot be written as YAML.
pub fn to_string<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_yaml::to_string(value).map_err(|error| Error { message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_document_is_read_as_strictly_as_manifests() {
        type Texts = std::collections::BTreeMap<String, String>;
        let texts: Texts = from_str("a: 012345678901\nb: 1E10\nc: 'no'\n").unwrap();
        assert_eq!(texts.into_values().collect::<Vec<_>>(), ["012345678901", "1E10", "no"]);
        for bad in ["a: 1\na: 2\n", "a: &x b\n", "a: &x b\nc: *x\n", "<<: { a: b }\n", "a: !x b\n"]
        {
            assert!(from_str::<Texts>(bad).is_err(), "{bad}");
        }
        let many = format!("[{}]", "a,".repeat(300_000));
        assert_eq!(from_str::<Vec<String>>(&many).unwrap().len(), 300_000);
        assert!(from_str::<bool>("yes").is_err());
    }
}
