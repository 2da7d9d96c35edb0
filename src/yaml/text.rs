use std::borrow::Cow;

use super::{Meaning, Node, Style, Value, meaning};

/// Why a node is not the text that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotText {
    /// It is a list.
    Sequence,
    /// It is a mapping.
    Mapping,
    /// It was refused before, and that has been said.
    Refused,
    /// Without quotes it is something else to some YAML reader: never [`Meaning::Text`].
    Unquoted(Meaning),
}

/// The text of a node that must be text.
///
/// With `digits`, a whole number in plain decimal digits counts as text too: every reader that
/// takes it for a number writes it back the same, so nothing is lost.
///
/// # Errors
/// Where some YAML reader would not see this text.
pub fn text_of<'n, 't>(node: &'n Node<'t>, digits: bool) -> Result<&'n Cow<'t, str>, NotText> {
    match &node.value {
        Value::Sequence(_) => Err(NotText::Sequence),
        Value::Mapping(_) => Err(NotText::Mapping),
        Value::Refused => Err(NotText::Refused),
        Value::Scalar(text, Style::Quoted | Style::Block) => Ok(text),
        Value::Scalar(text, Style::Plain) => match meaning(text) {
            Meaning::Text => Ok(text),
            Meaning::Integer if digits => Ok(text),
            other @ (Meaning::Null
            | Meaning::Boolean
            | Meaning::Integer
            | Meaning::Number
            | Meaning::Time
            | Meaning::Reserved) => Err(NotText::Unquoted(other)),
        },
    }
}
