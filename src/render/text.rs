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
        self.join(style, &safe);
    }

    /// Adds a text that is escaped, to the last piece where the style is the same.
    fn join(&mut self, style: Style, text: &str) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.style == style => last.text.push_str(text),
            _ => self.pieces.push(Piece { style, text: text.to_owned() }),
        }
    }

    /// Adds so many spaces.
    pub fn gap(self, columns: usize) -> Self {
        self.put(Style::new(), &" ".repeat(columns))
    }

    /// Adds another line's pieces.
    pub fn append(&mut self, other: Self) {
        for Piece { style, text } in other.pieces {
            self.join(style, &text);
        }
    }

    /// Columns it takes. Characters of neighboring pieces can join, so the pieces' own columns
    /// are not summed.
    pub fn width(&self) -> usize {
        match self.pieces.as_slice() {
            [] => 0,
            [only] => width(&only.text),
            several if several.iter().all(|piece| piece.text.is_ascii()) => {
                several.iter().map(|piece| piece.text.len()).sum()
            }
            _ => width(&self.plain()),
        }
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
    pub fn clip(self, columns: usize, more: &str) -> Self {
        if self.width() <= columns {
            return self;
        }
        let plain = self.plain();
        let kept = head(&plain, columns.saturating_sub(width(more)));
        let mut line = self.part(0, kept.len());
        line.join(line.pieces.last().map_or(Style::new(), |last| last.style), head(more, columns));
        line
    }

    /// At most so many columns of its end; what is cut off before it is replaced by `more`.
    pub fn clip_start(self, columns: usize, more: &str) -> Self {
        if self.width() <= columns {
            return self;
        }
        let plain = self.plain();
        let kept = tail(&plain, columns.saturating_sub(width(more)));
        let end = self.part(plain.len() - kept.len(), plain.len());
        let mut line = Self::new(self.ascii);
        line.join(
            end.pieces.first().map_or(Style::new(), |first| first.style),
            head(more, columns),
        );
        line.append(end);
        line
    }

    /// The pieces from one byte of its text to another.
    fn part(&self, from: usize, to: usize) -> Self {
        let mut part = Self::new(self.ascii);
        let mut at = 0;
        for Piece { style, text } in &self.pieces {
            let start = from.saturating_sub(at).min(text.len());
            let end = to.saturating_sub(at).min(text.len());
            part.join(*style, text.get(start..end.max(start)).unwrap_or_default());
            at += text.len();
        }
        part
    }

    /// Broken at spaces into lines of at most `columns`, the second and later ones indented. A
    /// word longer than a line is broken wherever the line ends.
    pub fn wrap(self, columns: usize, indent: usize) -> Vec<Self> {
        if self.width() <= columns {
            return vec![self];
        }
        let room = columns.max(indent + 8);
        let plain = self.plain();
        let mut lines = vec![];
        let (mut start, mut at, mut left) = (0, 0, room);
        // Where the line so far has nothing but spaces there is nothing to gain by breaking it.
        let mut words = false;
        let mut finish = |start: usize, end: usize| {
            let mut line = Self::new(self.ascii);
            if !lines.is_empty() {
                line = line.gap(indent);
            }
            line.append(self.part(start, end));
            lines.push(line.trimmed());
        };
        for word in plain.split_inclusive(' ') {
            let mut word = word;
            loop {
                let bare = word.trim_end_matches(' ');
                if width(bare) <= left {
                    left = left.saturating_sub(width(word));
                    words |= !bare.is_empty();
                    at += word.len();
                    break;
                }
                if !words {
                    // One character at the least, or this would not end.
                    let one = word.chars().next().map_or(0, char::len_utf8);
                    let part = head(word, left).len().max(one);
                    at += part;
                    word = word.get(part..).unwrap_or_default();
                }
                finish(start, at);
                (start, left, words) = (at, room - indent, false);
            }
        }
        if words {
            finish(start, at);
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

/// So many characters per column are looked at: marks without a width could go on for ever.
const CROWDED: usize = 8;

/// As much of a text's start as fits in so many columns.
fn head(text: &str, columns: usize) -> &str {
    if text.is_ascii() {
        return text.get(..columns).unwrap_or(text);
    }
    // Characters join (an emoji and its selector), so the start is measured, not the characters.
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let starts = ends.take(columns.saturating_mul(CROWDED)).filter_map(|end| text.get(..end));
    starts.take_while(|start| width(start) <= columns).last().unwrap_or_default()
}

/// As much of a text's end as fits in so many columns.
fn tail(text: &str, columns: usize) -> &str {
    let starts = text.char_indices().rev().take(columns.saturating_mul(CROWDED));
    let ends = starts.filter_map(|(at, _)| text.get(at..));
    ends.take_while(|end| width(end) <= columns).last().unwrap_or_default()
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
        assert_eq!(line("apps/日本語.yaml:12").clip_start(12, "…").plain(), "…語.yaml:12");
        assert_eq!(line("short").clip_start(5, "…").plain(), "short");
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
    fn a_name_of_marks_without_a_width_takes_no_time() {
        let marks = "a\u{301}".repeat(3) + &"\u{301}".repeat(1_000_000) + " é";
        assert_eq!(line(&marks).clip(10, "…").width(), 10);
        assert!(line(&format!("{marks}{}", "b".repeat(99))).clip_start(10, "…").width() <= 10);
        assert_eq!(line(&"é".repeat(40)).wrap(10, 2).len(), 5);
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
