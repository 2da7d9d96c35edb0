//! What is wrong with the input, where, and what to do: the type every reading part reports in.
//!
//! Parsing and resolving never stop at the first problem; they return what they could make and a
//! list of these.

mod code;
mod source;

pub use code::Code;
pub use source::{At, FileId, SourceFile, Sources, Span};

use serde::Serialize;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing is planned while one stands.
    Error,
    /// Worth knowing; the run goes on.
    Warning,
}

/// One underlined place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Which text is underlined.
    pub span: Span,
    /// What is said of it; may be empty.
    pub text: String,
}

/// One problem of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Diagnostic {
    /// Which problem it is.
    pub code: &'static Code,
    /// How bad.
    pub level: Level,
    /// What happened, in one sentence without a full stop.
    pub message: String,
    /// Where: the first is the place itself, the others belong to the story.
    pub labels: Vec<Label>,
    /// What to do next, a line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, level: Level::Error, message: message.into(), labels: vec![], help: vec![] }
    }

    /// A warning.
    pub fn warning(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, level: Level::Warning, message: message.into(), labels: vec![], help: vec![] }
    }

    /// Adds the place, underlined, with what to say of it.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a line of what to do next.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Whether it stops the run.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

/// The candidate a mistyped word most likely means, if one is near enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| {
            let (a, b) = (word.to_ascii_lowercase(), candidate.to_ascii_lowercase());
            (strsim::jaro_winkler(&a, &b), strsim::damerau_levenshtein(&a, &b), candidate)
        })
        .filter(|&(likeness, distance, _)| distance <= 2 || likeness >= 0.88)
        .min_by(|a, b| a.1.cmp(&b.1).then(b.0.total_cmp(&a.0)))
        .map(|(_, _, candidate)| candidate)
}
