use std::borrow::Cow;

/// Where a node stands in its text. Small on purpose: a large manifest has millions of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Column of the first byte in characters, from 1.
    pub column: u32,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: YAML decides what it is.
    Plain,
    /// In single or double quotes: text.
    Quoted,
    /// As a `|` or `>` block: text.
    Block,
}

/// One value of a document and where it stands. Texts borrow from the source where they can.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'t> {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub value: Value<'t>,
}

/// What a node is. Scalars keep the text as written: what YAML would make of it is asked later,
/// where it is known what is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'t> {
    /// A single value.
    Scalar(Cow<'t, str>, Style),
    /// A list.
    Sequence(Vec<Node<'t>>),
    /// Keys and values, in the order written, without the repeated keys.
    Mapping(Vec<Entry<'t>>),
    /// Something that was refused (an alias, a tagged value); its fault has been reported, so
    /// nothing more should be said about it.
    Refused,
}

/// One key of a mapping with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'t> {
    /// The key as text.
    pub key: Cow<'t, str>,
    /// How the key was written.
    pub key_style: Style,
    /// Where the key stands.
    pub key_place: Place,
    /// Its value.
    pub value: Node<'t>,
}

impl Node<'_> {
    /// The value of a key; `None` where this is no mapping or has no such key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Mapping(entries) => {
                entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
            }
            Value::Scalar(..) | Value::Sequence(_) | Value::Refused => None,
        }
    }

    /// The text of a scalar, however it was written.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            Value::Sequence(_) | Value::Mapping(_) | Value::Refused => None,
        }
    }

    /// Whether nothing was written, or `null` or `~` without quotes.
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar(text, Style::Plain) => super::meaning(text) == super::Meaning::Null,
            Value::Scalar(..) | Value::Sequence(_) | Value::Mapping(_) | Value::Refused => false,
        }
    }
}
