use crate::diagnostic::{Sources, Span};

/// A span in lines and columns, all from 1, columns in characters, the end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

impl<'a> Place<'a> {
    pub(super) fn of(sources: &'a Sources, span: Span) -> Self {
        let text = sources.get(span.file).and_then(|file| file.text.get(span.start..span.end));
        let text = text.unwrap_or_default();
        let whole = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let breaks = whole(text.matches('\n').count());
        let end_column = match text.rsplit_once('\n') {
            Some((_, last)) => whole(last.chars().count()).saturating_add(1),
            None => span.column.saturating_add(whole(text.chars().count())),
        };
        Self {
            file: sources.path(span).as_str(),
            line: span.line,
            column: span.column,
            end_line: span.line.saturating_add(breaks),
            end_column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_over_line_breaks_and_wide_characters() {
        let mut sources = Sources::new();
        let file = sources.add("a.yaml".into(), "x: é日\ny: 1\n");
        let span = Span { file, start: 3, end: 8, line: 1, column: 4 };
        let place = Place::of(&sources, span);
        assert_eq!((place.end_line, place.end_column), (1, 6));
        let place = Place::of(&sources, Span { end: 12, ..span });
        assert_eq!((place.end_line, place.end_column), (2, 4));
    }

    #[test]
    fn a_span_of_another_text_is_a_point() {
        let mut sources = Sources::new();
        let file = sources.add("a.yaml".into(), "é");
        let place = Place::of(&sources, Span { file, start: 1, end: 900, line: 7, column: 3 });
        assert_eq!((place.line, place.end_line, place.end_column), (7, 7, 3));
    }
}
