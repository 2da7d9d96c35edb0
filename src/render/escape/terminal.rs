use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

use super::is_hidden;

/// Marks above and below one character that a script may need; more of them cover other lines.
const MARKS: usize = 8;

/// How continuous integration marks a line as a command. GitHub and Azure look for these
/// anywhere in a line, and TeamCity at its start.
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// A text for one place on one line of a terminal that speaks UTF-8.
///
/// Everything hidden becomes visible: `\n`, `\t`, `\u{1b}`, `\u{202e}`. Marks that a pipeline's
/// log would take for a command are broken up, and piled-up marks are spelled out.
pub fn terminal(text: &str) -> Cow<'_, str> {
    escape(text, false)
}

/// The same for a terminal that shows nothing but ASCII.
///
/// Known signs get their ASCII likeness (`→` becomes `->`), everything else its number: an
/// 8-bit terminal would read the second byte of `ě` as the start of an escape sequence.
pub fn ascii(text: &str) -> Cow<'_, str> {
    escape(text, true)
}

/// A message of several lines: each is escaped, the line breaks stay.
pub fn lines(text: &str) -> String {
    text.lines().map(terminal).collect::<Vec<_>>().join("\n")
}

fn escape(text: &str, ascii: bool) -> Cow<'_, str> {
    let commands = COMMANDS.iter().any(|mark| text.contains(mark));
    let mut piled = piles(MARKS);
    if !commands && !text.chars().any(|c| is_hidden(c) || piled(c) || (ascii && !c.is_ascii())) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut piled = piles(MARKS);
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        let command = c == '#' && COMMANDS.iter().any(|mark| rest.starts_with(mark));
        if piled(c) || is_hidden(c) || command {
            number(&mut safe, c);
        } else if ascii && !c.is_ascii() {
            match likeness(c) {
                Some(like) => safe.push_str(like),
                None => number(&mut safe, c),
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Tells of each character of a text whether it is one mark too many.
fn piles(most: usize) -> impl FnMut(char) -> bool {
    let mut marks = 0usize;
    move |c| {
        let mark = !c.is_ascii() && c.width() == Some(0);
        marks = if mark { marks + 1 } else { 0 };
        marks > most
    }
}

fn number(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        other => {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(other));
        }
    }
}

fn likeness(c: char) -> Option<&'static str> {
    Some(match c {
        '→' => "->",
        '…' => "...",
        '×' | '✗' => "x",
        '·' | '•' | '–' | '—' | '−' | '‑' | '─' => "-",
        '‘' | '’' => "'",
        '“' | '”' | '„' => "\"",
        '≤' => "<=",
        '≥' => ">=",
        '✓' => "+",
        '\u{a0}' | '\u{202f}' => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are_in_any_script() {
        for name in ["Notability", "Größe & Maß", "日本語", "Ελλάδα", "عربي", "a\\b", "❤️"]
        {
            assert!(matches!(terminal(name), Cow::Borrowed(same) if same == name), "{name}");
        }
    }

    #[test]
    fn what_moves_the_cursor_or_hides_becomes_visible() {
        assert_eq!(terminal("\x1b[2J"), "\\u{1b}[2J");
        assert_eq!(terminal("a\u{9b}31mb"), "a\\u{9b}31mb");
        assert_eq!(terminal("one\r\ntwo\tthree"), "one\\r\\ntwo\\tthree");
        assert_eq!(terminal("gpj\u{202e}exe"), "gpj\\u{202e}exe");
        assert_eq!(terminal("Pa\u{200b}ges\u{e0041}"), "Pa\\u{200b}ges\\u{e0041}");
    }

    #[test]
    fn pipeline_commands_are_broken_up() {
        assert_eq!(terminal("x ##[add-mask]y"), "x \\u{23}#[add-mask]y");
        assert_eq!(terminal("##vso[task.setvariable]"), "\\u{23}#vso[task.setvariable]");
        assert_eq!(terminal("## a comment"), "## a comment");
    }

    #[test]
    fn piled_up_marks_are_spelled_out() {
        let name = |marks: usize| format!("Z{}", "\u{301}".repeat(marks));
        assert_eq!(terminal(&name(MARKS)), name(MARKS));
        assert_eq!(terminal(&name(MARKS + 1)), format!("{}\\u{{301}}", name(MARKS)));
    }

    #[test]
    fn ascii_terminals_get_ascii_only() {
        assert_eq!(ascii("a → b … “c”"), "a -> b ... \"c\"");
        assert_eq!(ascii("ěx"), "\\u{11b}x");
    }
}
