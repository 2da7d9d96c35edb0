use super::Place;

/// One thing a text does that manifests may not do, or that is no YAML at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which thing.
    pub kind: FaultKind,
    /// Where.
    pub place: Place,
    /// The earlier place it belongs to: the first of two equal keys, the opening bracket.
    pub earlier: Option<Place>,
}

/// What a text does that it may not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// It is no YAML; the reason in the words of the parser.
    Syntax(String),
    /// A tab stands where YAML counts spaces.
    Tab,
    /// Lists and mappings stand deeper in each other than [`super::MAX_DEPTH`].
    TooDeep,
    /// It has more values than [`super::MAX_NODES`].
    TooMany,
    /// A character that no text file has, such as NUL.
    Control(char),
    /// One mapping has a key twice.
    DuplicateKey(String),
    /// A key that is a list or a mapping.
    KeyNotText,
    /// `&name`.
    Anchor,
    /// `*name`.
    Alias,
    /// `<<:`.
    MergeKey,
    /// `!name`, `!!str`.
    Tag,
    /// `%YAML`, `%TAG`.
    Directive,
}

impl FaultKind {
    /// Whether nothing of the document could be kept.
    pub fn loses_document(&self) -> bool {
        match self {
            Self::Syntax(_)
            | Self::Tab
            | Self::TooDeep
            | Self::TooMany
            | Self::Control(_)
            | Self::Directive => true,
            Self::DuplicateKey(_)
            | Self::KeyNotText
            | Self::Anchor
            | Self::Alias
            | Self::MergeKey
            | Self::Tag => false,
        }
    }
}
