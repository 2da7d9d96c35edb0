use std::io::{self, Read};

/// Passes CSV through and stops at a quote that would swallow rows.
///
/// The `csv` crate reads leniently: a quote that is never closed takes all rows after it into one
/// field, and text after a closing quote is joined to the field. Both can leave a row with the
/// right number of fields, and rows that are gone without a word.
pub(super) struct Strict<R> {
    inner: R,
    state: State,
    line: u64,
    /// Line of the last opening quote.
    opened: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Bare,
    Quoted,
    /// After a quote inside a quoted field: the field's end, or the first half of `""`.
    QuoteInQuoted,
}

/// A quote that would swallow rows.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum BadQuote {
    #[error("a quote is opened here and never closed")]
    NeverClosed { line: u64 },
    #[error("there is text after a closing quote; a quote within a quoted field is written twice")]
    ClosedEarly { line: u64 },
}

impl BadQuote {
    pub(super) fn line(&self) -> u64 {
        match self {
            Self::NeverClosed { line } | Self::ClosedEarly { line } => *line,
        }
    }
}

impl<R> Strict<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, state: State::FieldStart, line: 1, opened: 1 }
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), BadQuote> {
        for &byte in bytes {
            self.state = match (self.state, byte) {
                (State::FieldStart, b'"') => {
                    self.opened = self.line;
                    State::Quoted
                }
                (State::Quoted, b'"') => State::QuoteInQuoted,
                (State::QuoteInQuoted, b'"') | (State::Quoted, _) => State::Quoted,
                (State::FieldStart | State::Bare | State::QuoteInQuoted, b',' | b'\n' | b'\r') => {
                    State::FieldStart
                }
                (State::QuoteInQuoted, _) => {
                    return Err(BadQuote::ClosedEarly { line: self.opened });
                }
                (State::FieldStart | State::Bare, _) => State::Bare,
            };
            self.line += u64::from(byte == b'\n');
        }
        Ok(())
    }
}

impl<R: Read> Read for Strict<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let checked = if count == 0 && !buffer.is_empty() && self.state == State::Quoted {
            Err(BadQuote::NeverClosed { line: self.opened })
        } else {
            self.check(buffer.get(..count).unwrap_or_default())
        };
        checked.map_err(|bad| io::Error::new(io::ErrorKind::InvalidData, bad))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<String, BadQuote> {
        let mut out = String::new();
        // One byte at a time: states must survive the edges of buffers.
        let reader = Strict::new(text.as_bytes());
        let mut reader = io::BufReader::with_capacity(1, reader);
        match reader.read_to_string(&mut out) {
            Ok(_) => Ok(out),
            Err(error) => Err(*error.into_inner().unwrap().downcast::<BadQuote>().unwrap()),
        }
    }

    #[test]
    fn well_formed_text_passes_unchanged() {
        for text in
            ["", "a,b\n1,2\n", "a,\"b\nc\"\r\n\"\",\"x \"\"y\"\"\"", "5\" disk,it's 5\"\n", "\"a\""]
        {
            assert_eq!(check(text).unwrap(), text);
        }
    }

    #[test]
    fn a_quote_that_swallows_rows_is_found_where_it_opens() {
        assert_eq!(check("a,b\n1,\"x\n2,y\n"), Err(BadQuote::NeverClosed { line: 2 }));
        assert_eq!(check("a,b\n1,\"x\n2,\"y\n"), Err(BadQuote::ClosedEarly { line: 2 }));
        assert_eq!(check("\"a\" ,b\n"), Err(BadQuote::ClosedEarly { line: 1 }));
    }
}
