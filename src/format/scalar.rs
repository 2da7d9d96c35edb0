//! Single values: which quotes they need.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::yaml::{Meaning, Written, meaning};

/// A value on one line. `id` is whether it is an id: text, even where it is all digits.
///
/// What was written without quotes stays so, unless it is an id that YAML would read as something
/// else; quotes stay where YAML would make something else of the text.
pub(super) fn on_line(text: &str, written: Written, id: bool) -> Cow<'_, str> {
    let plain = match written {
        Written::Plain => {
            let kept = !id || matches!(meaning(text), Meaning::Text | Meaning::Null);
            // Text that was folded from several lines may hold line breaks.
            kept && !text.contains('\n')
        }
        Written::Single | Written::Double | Written::Literal | Written::Folded => {
            needs_no_quotes(text)
        }
    };
    if plain { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// Whether every YAML reader takes this text, without quotes and wherever it stands, for itself.
/// Stricter than YAML: what looks like punctuation keeps its quotes.
fn needs_no_quotes(text: &str) -> bool {
    let mut last = ' ';
    for c in text.chars() {
        let fits = c.is_alphanumeric() || "_./@%+-".contains(c) || (c == ' ' && last != ' ');
        if !fits {
            return false;
        }
        last = c;
    }
    let first = text.chars().next();
    first.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '/' || c == '.')
        && text.chars().any(char::is_alphanumeric)
        && last != ' '
        && meaning(text) == Meaning::Text
}

/// In double quotes, or in single ones where that saves escapes.
fn quoted(text: &str) -> String {
    let is_printable = !text.chars().any(needs_escape);
    if is_printable && text.contains(['"', '\\']) && !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if needs_escape(c) => {
                let number = u32::from(c);
                // Writing to a string cannot fail.
                let _ = if number > 0xFFFF {
                    write!(out, "\\U{number:08X}")
                } else {
                    write!(out, "\\u{number:04X}")
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// What no line may hold, or what some reader takes for a line break.
fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// A `|` or `>` block.
pub(super) struct Block<'t> {
    /// What follows the key.
    pub(super) header: String,
    /// Its lines, without indentation.
    pub(super) lines: Vec<Cow<'t, str>>,
    /// Whether empty lines below belong to it.
    pub(super) keeps: bool,
}

/// A text as a block; `None` where it is better off in quotes.
pub(super) fn block<'t>(
    source: &'t str,
    start: u32,
    end: u32,
    parent_column: u32,
    value: &'t str,
    written: Written,
) -> Option<Block<'t>> {
    let body = value.trim_end_matches('\n');
    let last = body.rsplit('\n').next().unwrap_or_default();
    // An invisible last line, or invisible characters, are better seen in quotes.
    if last.trim().is_empty() || body.chars().any(|c| needs_escape(c) && c != '\t' && c != '\n') {
        return None;
    }
    let breaks = value.len() - body.len();
    let (mark, mut lines): (_, Vec<Cow<'t, str>>) = match written {
        Written::Literal => ('|', body.split('\n').map(Cow::Borrowed).collect()),
        Written::Folded => ('>', folded(source, start, end, parent_column)?),
        Written::Plain | Written::Single | Written::Double => return None,
    };
    let first = lines.iter().find(|line| !line.is_empty());
    let leading = first.is_none_or(|line| line.starts_with([' ', '\t']));
    lines.extend((1..breaks).map(|_| Cow::Borrowed("")));
    let chomping = match breaks {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let indicator = if leading { "2" } else { "" };
    Some(Block { header: format!("{mark}{indicator}{chomping}"), lines, keeps: breaks > 1 })
}

/// The lines of a folded block as they were written, without their indentation.
fn folded(source: &str, start: u32, end: u32, parent_column: u32) -> Option<Vec<Cow<'_, str>>> {
    let (start, end) = (super::tree::index(start), super::tree::index(end));
    let line_start = source.get(..start)?.rfind('\n')?;
    // Empty lines above the first line are part of it; the header is the line above them.
    let before = source.get(..line_start)?;
    let header_end = before.trim_end_matches(['\n', ' ', '\t']).len();
    let header_end = header_end + source.get(header_end..)?.find('\n')?;
    let header = source.get(..header_end)?.rsplit('\n').next()?;
    let last = source.get(end..)?.find('\n').map_or(source.len(), |at| end + at);
    let text = source.get(header_end + 1..last)?;
    let explicit = indicator(header);
    let indentation = if let Some(spaces) = explicit {
        super::tree::index(parent_column).saturating_sub(1) + spaces
    } else {
        let line = text.split('\n').find(|line| !line.trim_matches(' ').is_empty())?;
        line.len() - line.trim_start_matches(' ').len()
    };
    text.split('\n')
        .map(|line| {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            line.get(spaces.min(indentation)..).map(Cow::Borrowed)
        })
        .collect()
}

/// The digit behind the `>` of a header line.
fn indicator(header: &str) -> Option<usize> {
    header.char_indices().filter(|(_, c)| *c == '>').find_map(|(at, _)| {
        let rest = header.get(at + 1..)?;
        let marks = rest.len()
            - rest.trim_start_matches(|c: char| "+-".contains(c) || c.is_ascii_digit()).len();
        let (marks, rest) = rest.split_at_checked(marks)?;
        let ends = rest.trim().is_empty()
            || (rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#'));
        let digit = marks.chars().find(char::is_ascii_digit)?;
        if ends { digit.to_digit(10).map(super::tree::index) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_stand_where_a_reader_would_change_the_text_and_nowhere_else() {
        let table = [
            ("northfield", "northfield"),
            ("Northfield Schools", "Northfield Schools"),
            ("j.alvarez@northfield.example", "j.alvarez@northfield.example"),
            ("10%", "10%"),
            ("no", "\"no\""),
            ("012345678901", "\"012345678901\""),
            ("1E10", "\"1E10\""),
            ("2026-12-20", "\"2026-12-20\""),
            ("", "\"\""),
            (" padded", "\" padded\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("- a", "\"- a\""),
            ("...", "\"...\""),
            ("row.grade == \"7\"", "'row.grade == \"7\"'"),
            ("it's \"so\"", "\"it's \\\"so\\\"\""),
            ("C:\\x", "'C:\\x'"),
            ("a\nb", "\"a\\nb\""),
            ("a\u{85}b\u{2028}", "\"a\\u0085b\\u2028\""),
        ];
        for (text, expected) in table {
            for written in [Written::Single, Written::Double] {
                assert_eq!(on_line(text, written, false), expected);
            }
        }
    }

    #[test]
    fn only_ids_are_given_quotes() {
        assert_eq!(on_line("360593530", Written::Plain, true), "\"360593530\"");
        assert_eq!(on_line("012345678901", Written::Plain, true), "\"012345678901\"");
        assert_eq!(on_line("DMPXK1A2HJ0M", Written::Plain, true), "DMPXK1A2HJ0M");
        assert_eq!(on_line("200", Written::Plain, false), "200");
        assert_eq!(on_line("true", Written::Plain, false), "true");
        assert_eq!(on_line("", Written::Plain, true), "");
    }
}
