use std::collections::VecDeque;
use std::io::{self, Read};

/// Passes CSV through, notes on which line each record starts, and stops at a quote that would
/// swallow rows.
///
/// The `csv` crate reads leniently: a quote that is never closed takes all rows after it into one
/// field, and text after a closing quote is joined to the field. Both can leave a row with the
/// right number of fields, and rows that are gone without a word. Its own line numbers count from
/// the end of the record before, which is wrong after blank lines and `\r\n`.
pub(super) struct Strict<R> {
    inner: R,
    state: State,
    line: u64,
    /// Line of the last opening quote.
    opened: u64,
    /// Lines of the records that have passed and were not asked for.
    starts: VecDeque<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    RecordStart,
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
        Self { inner, state: State::RecordStart, line: 1, opened: 1, starts: VecDeque::new() }
    }

    /// The line the next record starts on. To be asked once for every record.
    pub(super) fn next_start(&mut self) -> Option<u64> {
        self.starts.pop_front()
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), BadQuote> {
        for &byte in bytes {
            if self.state == State::RecordStart && !matches!(byte, b'\n' | b'\r') {
                self.starts.push_back(self.line);
            }
            self.state = match (self.state, byte) {
                (State::RecordStart | State::FieldStart, b'"') => {
                    self.opened = self.line;
                    State::Quoted
                }
                (State::Quoted, b'"') => State::QuoteInQuoted,
                (State::QuoteInQuoted, b'"') | (State::Quoted, _) => State::Quoted,
                (_, b',') => State::FieldStart,
                (_, b'\n' | b'\r') => State::RecordStart,
                (State::QuoteInQuoted, _) => {
                    return Err(BadQuote::ClosedEarly { line: self.opened });
                }
                (State::RecordStart | State::FieldStart | State::Bare, _) => State::Bare,
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
    fn records_start_where_people_see_them() {
        let text = "\n\r\na,b\r\n\n\"x\ny\",z\n\n,\n\"\"\rlast";
        let mut reader = Strict::new(text.as_bytes());
        io::copy(&mut reader, &mut io::sink()).unwrap();
        let starts: Vec<u64> = std::iter::from_fn(|| reader.next_start()).collect();
        assert_eq!(starts, [3, 5, 8, 9, 9]);
        let records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .into_records()
            .count();
        assert_eq!(records, starts.len());
    }

    #[test]
    fn a_quote_that_swallows_rows_is_found_where_it_opens() {
        assert_eq!(check("a,b\n1,\"x\n2,y\n"), Err(BadQuote::NeverClosed { line: 2 }));
        assert_eq!(check("a,b\n1,\"x\n2,\"y\n"), Err(BadQuote::ClosedEarly { line: 2 }));
        assert_eq!(check("\"a\" ,b\n"), Err(BadQuote::ClosedEarly { line: 1 }));
    }
}
