//! CSV files with a header line.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read};

use camino::{Utf8Path, Utf8PathBuf};
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use jiff::Timestamp;

use super::path::{self, Refusal};
use super::quotes::{BadQuote, Strict};
use super::{Freshness, Source};
use crate::diagnostic::{Diagnostic, Span};
use crate::inventory::codes;
use crate::inventory::shown::{MOST_EXAMPLES, printable, shown};
use crate::inventory::table::{ColumnId, Rows};

/// How much of the file is in memory at once, in bytes.
const BUFFER: usize = 1 << 18;

/// One CSV file below the folder of the manifests.
pub(in crate::inventory) struct CsvFile<'m> {
    pub(in crate::inventory) folder: &'m Utf8Path,
    pub(in crate::inventory) path: &'m Utf8Path,
    /// Where the manifest names it.
    pub(in crate::inventory) span: Span,
}

impl Source for CsvFile<'_> {
    fn origin(&self) -> String {
        printable(self.path.as_str())
    }

    fn read(&self, rows: &mut Rows<'_>) -> Result<Freshness, Vec<Diagnostic>> {
        let path = self.confined().map_err(|refused| vec![refused])?;
        let unreadable = |error: &io::Error| vec![self.unreadable(&path::reason(error))];
        let file = fs_err::File::open(&path).map_err(|error| unreadable(&error))?;
        let written = file.metadata().and_then(|metadata| metadata.modified()).ok();
        self.read_text(file, rows)?;
        Ok(Freshness::AsOf(written.and_then(|time| Timestamp::try_from(time).ok())))
    }
}

impl CsvFile<'_> {
    fn confined(&self) -> Result<Utf8PathBuf, Diagnostic> {
        path::confine(self.folder, self.path).map_err(|refusal| match refusal {
            Refusal::Outside(how) => Diagnostic::error(
                &codes::OUTSIDE,
                format!("{} leads out of the folder of the manifests: {how}", shown(self.path.as_str())),
            )
            .at(self.span, "not opened")
            .help("put the file below the folder of the manifests: whoever opens a pull request must not choose which files of this machine are read"),
            Refusal::Unreadable(why) => self.unreadable(&why),
        })
    }

    fn unreadable(&self, why: &str) -> Diagnostic {
        let message = format!("{} cannot be read: {why}", shown(self.path.as_str()));
        Diagnostic::error(&codes::UNREADABLE, message)
            .at(self.span, "read from here")
            .help("the path is relative to the folder of the manifests")
    }

    fn malformed(&self, line: u64, message: &str) -> Diagnostic {
        Diagnostic::error(&codes::MALFORMED, format!("{}:{line}: {message}", self.origin()))
            .at(self.span, "read from here")
    }

    fn read_text(&self, file: impl Read, rows: &mut Rows<'_>) -> Result<(), Vec<Diagnostic>> {
        let mut file = BufReader::with_capacity(BUFFER, file);
        self.skip_byte_order_mark(&mut file)?;
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(Strict::new(file));
        let mut record = StringRecord::new();
        let mut read = |record: &mut StringRecord| {
            let read = reader.read_record(record);
            let line = reader.get_mut().next_start().unwrap_or(1);
            match read {
                Ok(true) => Ok(Some(line)),
                Ok(false) => Ok(None),
                Err(error) => Err(self.failure(&error, line)),
            }
        };
        let Some(line) = read(&mut record).map_err(|failure| vec![failure])? else {
            let empty = self.malformed(1, "the file is empty: it needs a header line");
            return Err(vec![empty]);
        };
        let width = record.len();
        let places = self.header(line, &record, rows)?;
        let mut bad = vec![];
        loop {
            let line = match read(&mut record) {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(failure) => {
                    bad.push(failure);
                    break;
                }
            };
            if record.len() != width {
                let has = record.len();
                let message = format!("the row has {has} fields and the header {width}");
                bad.push(self.malformed(line, &message));
                if bad.len() == MOST_EXAMPLES {
                    break;
                }
                continue;
            }
            let value = |ColumnId(column): ColumnId| {
                places.get(column).and_then(|&place| record.get(place)).unwrap_or_default()
            };
            rows.push(line, value).map_err(|full| vec![self.unreadable(&full.to_string())])?;
        }
        if bad.is_empty() { Ok(()) } else { Err(bad) }
    }

    /// Where each column stands in a record. Columns without a name, as spreadsheets leave them,
    /// are not columns.
    fn header(
        &self,
        line: u64,
        record: &StringRecord,
        rows: &mut Rows<'_>,
    ) -> Result<Vec<usize>, Vec<Diagnostic>> {
        let mut seen = HashSet::new();
        let twice: Vec<Diagnostic> = record
            .iter()
            .map(str::trim)
            .filter(|name| !name.is_empty() && !seen.insert(*name))
            .map(|name| self.malformed(line, &format!("the header names {} twice", shown(name))))
            .collect();
        if !twice.is_empty() {
            return Err(twice);
        }
        let named = record.iter().map(str::trim).enumerate().filter(|(_, name)| !name.is_empty());
        let places = named
            .map(|(place, name)| {
                rows.column(name);
                place
            })
            .collect();
        Ok(places)
    }

    fn skip_byte_order_mark(&self, file: &mut impl BufRead) -> Result<(), Vec<Diagnostic>> {
        let start =
            file.fill_buf().map_err(|error| vec![self.unreadable(&path::reason(&error))])?;
        if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
            let utf16 = self
                .malformed(1, "the text is UTF-16, not UTF-8")
                .help("export it again as \"CSV UTF-8\"");
            return Err(vec![utf16]);
        }
        if start.starts_with(&[0xEF, 0xBB, 0xBF]) {
            file.consume(3);
        }
        Ok(())
    }

    fn failure(&self, error: &csv::Error, line: u64) -> Diagnostic {
        match error.kind() {
            ErrorKind::Io(error) => {
                match error.get_ref().and_then(|inner| inner.downcast_ref::<BadQuote>()) {
                    Some(bad) => self.malformed(bad.line(), &bad.to_string()),
                    None => self.unreadable(&path::reason(error)),
                }
            }
            ErrorKind::Utf8 { .. } => self
                .malformed(line, "the row is not UTF-8")
                .help("export it again as \"CSV UTF-8\""),
            // The others are about writing, or about rules that are switched off here.
            ErrorKind::UnequalLengths { .. }
            | ErrorKind::Seek
            | ErrorKind::Serialize(_)
            | ErrorKind::Deserialize { .. }
            | _ => self.malformed(line, &error.to_string()),
        }
    }
}
