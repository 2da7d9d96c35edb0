//! Lines made of styled pieces, measured in the columns a terminal gives them.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::escape;

/// Columns a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { UnicodeWidthStr::width(text) }
}

/// One line: pieces of text, each with its style.
///
/// Whatever is put in is escaped for the terminal on the way: no piece holds a control
/// character, and with `ascii` nothing but ASCII.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    ascii: bool,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    style: Style,
    text: String,
}

impl Line {
    /// An empty line; with `ascii` it will hold nothing but ASCII.
    pub fn new(ascii: bool) -> Self {
        Self { ascii, pieces: vec![] }
    }

    /// Adds a text in a style.
    pub fn put(mut self, style: Style, text: &str) -> Self {
        self.push(style, text);
        self
    }

    /// Adds a text in a style.
    pub fn push(&mut self, style: Style, text: &str) {
        let safe = if self.ascii { escape::ascii(text) } else { escape::terminal(text) };
        if !safe.is_empty() {
            self.pieces.push(Piece { style, text: safe.into_owned() });
        }
    }

    /// Adds so many spaces.
    pub fn gap(self, columns: usize) -> Self {
        self.put(Style::new(), &" ".repeat(columns))
    }

    /// Adds another line's pieces.
    pub fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|piece| width(&piece.text)).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Its text without styles.
    pub fn plain(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// At most so many columns of it; what is cut off is replaced by `more`.
    pub fn clip(mut self, columns: usize, more: &str) -> Self {
        if self.width() <= columns {
            return self;
        }
        let mut left = columns.saturating_sub(width(more));
        let mut kept = Vec::with_capacity(self.pieces.len());
        for piece in self.pieces {
            let head = head(&piece.text, left);
            let whole = head.len() == piece.text.len();
            left = left.saturating_sub(width(head));
            kept.push(Piece { style: piece.style, text: head.to_owned() });
            if !whole {
                break;
            }
        }
        if let Some(last) = kept.last_mut() {
            last.text.push_str(head(more, columns));
        }
        self.pieces = kept;
        self
    }

    /// Broken at spaces into lines of at most `columns`, the second and later ones indented. A
    /// word longer than a line is broken wherever the line ends.
    pub fn wrap(self, columns: usize, indent: usize) -> Vec<Self> {
        if self.width() <= columns {
            return vec![self];
        }
        let room = columns.max(indent + 8);
        let fresh = || Self::new(self.ascii).gap(indent);
        let (mut lines, mut line) = (vec![], Self::new(self.ascii));
        let mut used = 0;
        // A line's own leading spaces are no place to break.
        let mut at_start = true;
        for piece in &self.pieces {
            for word in piece.text.split_inclusive(' ') {
                let mut word = word;
                while !word.is_empty() {
                    let bare = width(word.trim_end_matches(' '));
                    if used + bare <= room {
                        used += width(word);
                        at_start &= bare == 0;
                        line.pieces.push(Piece { style: piece.style, text: word.to_owned() });
                        break;
                    }
                    let part =
                        if at_start { head(word, room.saturating_sub(used).max(2)) } else { "" };
                    if !part.is_empty() {
                        line.pieces.push(Piece { style: piece.style, text: part.to_owned() });
                        word = word.get(part.len()..).unwrap_or_default();
                    }
                    lines.push(std::mem::replace(&mut line, fresh()).trimmed());
                    used = indent;
                    at_start = true;
                }
            }
        }
        if !at_start || lines.is_empty() {
            lines.push(line.trimmed());
        }
        lines
    }

    /// Without the spaces at its end.
    fn trimmed(mut self) -> Self {
        while let Some(last) = self.pieces.last_mut() {
            last.text.truncate(last.text.trim_end_matches(' ').len());
            if !last.text.is_empty() {
                break;
            }
            self.pieces.pop();
        }
        self
    }

    /// Writes it with a line break.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = self.trimmed();
        // GitHub takes a line that starts so for a command, whatever spaces are before it.
        if line.plain().trim_start().starts_with("::")
            && let Some(first) = line.pieces.iter_mut().find(|piece| piece.text.contains(':'))
        {
            first.text = first.text.replacen(':', "\\u{3a}", 1);
        }
        for Piece { style, text } in &line.pieces {
            if style.is_plain() || text.trim_start_matches(' ').is_empty() {
                out.write_all(text.as_bytes())?;
            } else {
                write!(out, "{}{text}{}", style.render(), style.render_reset())?;
            }
        }
        out.write_all(b"\n")
    }
}

/// As much of a text's start as fits in so many columns.
fn head(text: &str, columns: usize) -> &str {
    if width(text) <= columns {
        return text;
    }
    if text.is_ascii() {
        return text.get(..columns).unwrap_or(text);
    }
    // Characters join (an emoji and its selector), so the start is measured, not the characters.
    let mut kept = "";
    for (at, c) in text.char_indices() {
        let Some(start) = text.get(..at + c.len_utf8()) else { break };
        if width(start) > columns {
            break;
        }
        kept = start;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::new(false).put(Style::new(), text)
    }

    fn wrapped(text: &str, columns: usize, indent: usize) -> Vec<String> {
        line(text).wrap(columns, indent).iter().map(Line::plain).collect()
    }

    #[test]
    fn clipping_counts_columns_not_characters() {
        assert_eq!(line("日本語日本語").clip(7, "…").plain(), "日本語…");
        assert_eq!(line("short").clip(5, "…").plain(), "short");
        assert_eq!(line("longer").clip(5, "…").plain(), "long…");
        assert_eq!(line("x").clip(0, "…").plain(), "");
    }

    #[test]
    fn lines_break_at_spaces_and_only_there_where_they_can() {
        assert_eq!(
            wrapped("  one two three four five", 13, 4),
            ["  one two", "    three", "    four five"]
        );
        assert_eq!(wrapped("abcdefghijklmnop", 12, 2), ["abcdefghijkl", "  mnop"]);
        assert_eq!(wrapped("ab cdefghijklmnop", 12, 2), ["ab", "  cdefghijkl", "  mnop"]);
    }

    #[test]
    fn no_line_starts_a_command() {
        let mut out = vec![];
        line("  ::error::x").write(&mut out).unwrap();
        assert_eq!(out, b"  \\u{3a}:error::x\n");
    }

    #[test]
    fn spaces_at_the_end_are_not_written() {
        let mut out = vec![];
        line("a  ").gap(3).write(&mut out).unwrap();
        assert_eq!(out, b"a\n");
    }
}
