use crate::diagnostic::{At, Code, Diagnostic, FileId, Span};
use crate::manifest::codes;
use crate::yaml::Place;

/// Errors, and warnings, kept per file. A hostile file could make one of every few bytes.
const MOST: usize = 1_000;

/// The problems of one file.
#[derive(Debug)]
pub(in crate::manifest) struct Report {
    file: FileId,
    kept: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
}

impl Report {
    pub(in crate::manifest) fn new(file: FileId) -> Self {
        Self { file, kept: Vec::new(), errors: 0, warnings: 0 }
    }

    /// The span of a place of this file.
    pub(in crate::manifest) fn span(&self, place: Place) -> Span {
        let Place { start, end, line, column } = place;
        let offset = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        Span { file: self.file, start: offset(start), end: offset(end), line, column }
    }

    /// A value with its place.
    pub(in crate::manifest) fn at<T>(&self, value: T, place: Place) -> At<T> {
        At::new(value, self.span(place))
    }

    pub(in crate::manifest) fn add(&mut self, diagnostic: Diagnostic) {
        let count = if diagnostic.is_error() { &mut self.errors } else { &mut self.warnings };
        *count += 1;
        if *count <= MOST {
            self.kept.push(diagnostic);
        }
    }

    /// Whether this was said of this line already.
    pub(in crate::manifest) fn says(&self, code: &Code, line: u32) -> bool {
        self.kept.iter().any(|said| {
            said.code == code && said.labels.first().is_some_and(|label| label.span.line == line)
        })
    }

    /// Counts problems that were not even made.
    pub(in crate::manifest) fn add_uncounted(&mut self, errors: usize) {
        self.errors += errors;
    }

    /// Whether another error would only be counted: no suggestion needs to be looked for.
    pub(in crate::manifest) fn is_full(&self) -> bool {
        self.errors >= MOST
    }

    pub(in crate::manifest) fn finish(mut self, path: &camino::Utf8Path) -> Vec<Diagnostic> {
        let cut = |count: usize| count.saturating_sub(MOST);
        if cut(self.errors) > 0 {
            let message = format!("{} more errors in {path} are not shown", cut(self.errors));
            self.kept.push(Diagnostic::error(&codes::TOO_MANY, message));
        }
        if cut(self.warnings) > 0 {
            let message = format!("{} more warnings in {path} are not shown", cut(self.warnings));
            self.kept.push(Diagnostic::warning(&codes::TOO_MANY, message));
        }
        self.kept
    }
}

/// A piece of the input as it may stand in a message: cut short, control characters escaped.
pub(in crate::manifest) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            short.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) {
            short.extend(c.escape_unicode());
        } else {
            short.push(c);
        }
    }
    short
}

/// Characters that change how the text around them looks: directions, joiners, line separators.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_escaped_and_cut() {
        assert_eq!(shown("a\u{1b}[31mb\u{202e}c"), "a\\u{1b}[31mb\\u{202e}c");
        assert_eq!(shown(&"x".repeat(1_000)).chars().count(), 61);
    }
}
