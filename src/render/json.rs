//! JSON that is harmless on a terminal too.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::escape;

/// Writes a value on one line, without the line break.
///
/// What is hidden on a terminal (see [`escape::is_hidden`]) is written as `\u….`: the same data to
/// every reader of JSON.
///
/// # Errors
/// Those of `out`.
pub fn write<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Harmless(escape::is_hidden));
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// The same for the inside of a `<script>` element, which no name can end.
///
/// # Errors
/// Those of `out`.
pub fn script<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    let markup = |c| matches!(c, '<' | '>' | '&') || escape::is_hidden(c);
    let mut serializer = serde_json::Serializer::with_formatter(out, Harmless(markup));
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// Writes a value on a line of its own.
///
/// # Errors
/// Those of `out`.
pub fn line<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    write(out, value)?;
    out.write_all(b"\n")
}

/// Writes the characters it names as references.
struct Harmless(fn(char) -> bool);

impl Formatter for Harmless {
    fn write_string_fragment<W>(&mut self, out: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut rest = fragment;
        while let Some(at) = rest.find(self.0) {
            let (clean, tail) = rest.split_at(at);
            out.write_all(clean.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(hidden) = chars.next() {
                for unit in hidden.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_a_script() {
        let text = "</script><!--&\u{2028}";
        let mut out = vec![];
        script(&mut out, text).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert_eq!(json, r#""\u003c/script\u003e\u003c!--\u0026\u2028""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn hidden_characters_are_escaped_and_read_back_the_same() {
        let text = "a\x1b[2J\u{9b}\u{202e}b\u{e0041}\n\u{7f}日本";
        let mut out = vec![];
        line(&mut out, text).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert_eq!(json, "\"a\\u001b[2J\\u009b\\u202eb\\udb40\\udc41\\n\\u007f日本\"\n");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
