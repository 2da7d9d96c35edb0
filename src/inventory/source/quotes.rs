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
    /// Outside quotes, after this byte: `\n` for any end of a line, and at the start.
    Outside {
        after: u8,
    },
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
        Self {
            inner,
            state: State::Outside { after: b'\n' },
            line: 1,
            opened: 1,
            starts: VecDeque::new(),
        }
    }

    /// The line the next record starts on. To be asked once for every record.
    pub(super) fn next_start(&mut self) -> Option<u64> {
        self.starts.pop_front()
    }

    /// Goes from quote to quote and, outside quotes, from line to line.
    fn check(&mut self, bytes: &[u8]) -> Result<(), BadQuote> {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            match self.state {
                State::Outside { after } => {
                    let quote = memchr::memchr(b'"', rest);
                    let (before, found) = rest.split_at(quote.unwrap_or(rest.len()));
                    let after = self.outside(before, after);
                    self.state = State::Outside { after };
                    let Some((quote, behind)) = found.split_first() else { break };
                    if after == b'\n' {
                        self.starts.push_back(self.line);
                    }
                    if matches!(after, b',' | b'\n') {
                        self.opened = self.line;
                        self.state = State::Quoted;
                    } else {
                        self.state = State::Outside { after: *quote };
                    }
                    rest = behind;
                }
                State::Quoted => {
                    let quote = memchr::memchr(b'"', rest);
                    let (quoted, found) = rest.split_at(quote.unwrap_or(rest.len()));
                    self.count_lines(quoted);
                    let Some((_, behind)) = found.split_first() else { break };
                    self.state = State::QuoteInQuoted;
                    rest = behind;
                }
                State::QuoteInQuoted => match first {
                    b'"' => {
                        self.state = State::Quoted;
                        rest = rest.get(1..).unwrap_or_default();
                    }
                    // Looked at again as the end of an unquoted field.
                    b',' | b'\n' | b'\r' => self.state = State::Outside { after: b'"' },
                    _ => return Err(BadQuote::ClosedEarly { line: self.opened }),
                },
            }
        }
        Ok(())
    }

    /// Takes in text without quotes and gives its last byte: `\n` for any end of a line.
    fn outside(&mut self, text: &[u8], mut after: u8) -> u8 {
        let mut start = 0;
        for end in memchr::memchr2_iter(b'\n', b'\r', text).chain([text.len()]) {
            if end > start {
                if after == b'\n' {
                    self.starts.push_back(self.line);
                }
                after = text.get(end - 1).copied().unwrap_or_default();
            }
            if let Some(&byte) = text.get(end) {
                self.line += u64::from(byte == b'\n');
                after = b'\n';
            }
            start = end + 1;
        }
        after
    }

    fn count_lines(&mut self, text: &[u8]) {
        let lines = memchr::memchr_iter(b'\n', text).count();
        self.line += u64::try_from(lines).unwrap_or_default();
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

    /// Byte by byte, as plainly as can be: what the faster one must agree with.
    fn plainly(bytes: &[u8]) -> Result<Vec<u64>, BadQuote> {
        let (mut line, mut opened, mut starts) = (1, 1, vec![]);
        let (mut record, mut field, mut quoted, mut closing) = (true, true, false, false);
        for &byte in bytes {
            let ends_line = matches!(byte, b'\n' | b'\r');
            if quoted && !closing {
                closing = byte == b'"';
            } else if closing && byte == b'"' {
                closing = false;
            } else if closing && !ends_line && byte != b',' {
                return Err(BadQuote::ClosedEarly { line: opened });
            } else {
                if record && !ends_line {
                    starts.push(line);
                }
                (quoted, closing) = (field && byte == b'"', false);
                opened = if quoted { line } else { opened };
                (record, field) = (ends_line, ends_line || byte == b',');
            }
            line += u64::from(byte == b'\n');
        }
        if quoted && !closing { Err(BadQuote::NeverClosed { line: opened }) } else { Ok(starts) }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            cases: 2000,
            ..Default::default()
        })]

        #[test]
        fn going_from_quote_to_quote_finds_what_going_byte_by_byte_does(
            text in "[a,\"\n\r]{0,24}",
            size in 1..9_usize,
        ) {
            let mut reader = Strict::new(text.as_bytes());
            let mut buffer = vec![0; size];
            let found = loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break Ok(std::iter::from_fn(|| reader.next_start()).collect()),
                    Ok(_) => {}
                    Err(error) => {
                        break Err(*error.into_inner().unwrap().downcast::<BadQuote>().unwrap());
                    }
                }
            };
            proptest::prop_assert_eq!(&found, &plainly(text.as_bytes()));
            if let Ok(starts) = found {
                let mut reader = csv::ReaderBuilder::new();
                let reader = reader.has_headers(false).flexible(true).from_reader(text.as_bytes());
                proptest::prop_assert_eq!(reader.into_records().count(), starts.len());
            }
        }
    }

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
