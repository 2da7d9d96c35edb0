//! One file to text, within limits that hold before anything is parsed.

use std::io::Read;
use std::ops::Range;

use super::discover::File;
use super::{codes, secret};
use crate::diagnostic::{Diagnostic, Span};
use crate::yaml::Place;

/// Bytes one file may have: 32 MiB. Two million serial numbers fit.
pub const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes all files together may have: 512 MiB.
pub const MAX_FOLDER_BYTES: u64 = 512 * 1024 * 1024;
/// Files a folder may have.
pub const MAX_FILES: usize = 100_000;

/// A file's text, or why there is none.
pub(super) struct Opened {
    /// Without a byte order mark and with tokens made unreadable. Where there is a problem, what is
    /// needed to show it.
    pub(super) text: String,
    /// Where tokens stood.
    pub(super) tokens: Vec<Range<usize>>,
    pub(super) problem: Option<Problem>,
}

/// Why a file could not be read.
pub(super) struct Problem {
    pub(super) place: Place,
    code: &'static crate::diagnostic::Code,
    message: String,
    label: &'static str,
    help: String,
}

impl Problem {
    pub(super) fn diagnostic(self, span: Span) -> Diagnostic {
        let Self { place: _, code, message, label, help } = self;
        Diagnostic::error(code, message).at(span, label).help(help)
    }
}

pub(super) fn open(file: &File) -> Opened {
    match bytes(file) {
        Ok(bytes) => text(bytes),
        Err(problem) => Opened { text: String::new(), tokens: Vec::new(), problem: Some(problem) },
    }
}

fn bytes(file: &File) -> Result<Vec<u8>, Problem> {
    let start = Place { start: 0, end: 0, line: 1, column: 1 };
    let failed = |error: &std::io::Error| Problem {
        place: start,
        code: &codes::FILE,
        message: format!("cannot read {}: {}", file.shown, error.kind()),
        label: "",
        help: "check the file and its permissions, or name it in `.vppignore`".to_owned(),
    };
    let opened = std::fs::File::open(&file.path).map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    // The size on disk is only a hint: what counts is what is read.
    let mut limited = opened.take(MAX_FILE_BYTES + 1);
    limited.read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(Problem {
            place: start,
            code: &codes::TOO_LARGE,
            message: format!("{} is larger than {} MiB", file.shown, MAX_FILE_BYTES >> 20),
            label: "",
            help: "split it, or keep long lists of devices in an Inventory".to_owned(),
        });
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> Opened {
    let looks_like_utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let (text, problem) = match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{FEFF}') {
                text.drain(..'\u{FEFF}'.len_utf8());
            }
            (text, None)
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or_default();
            let lossy = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let replacement = '\u{FFFD}'.len_utf8();
            let place = secret::place(&lossy, &(at..at + replacement));
            let help = if looks_like_utf16 {
                "this looks like UTF-16: save it as UTF-8"
            } else {
                "save it as UTF-8"
            };
            let problem = Problem {
                place,
                code: &codes::ENCODING,
                message: format!("byte {at} (0x{byte:02X}) is not UTF-8"),
                label: "not UTF-8",
                help: help.to_owned(),
            };
            (lossy, Some(problem))
        }
    };
    let tokens = secret::find(&text);
    let text = if tokens.is_empty() { text } else { secret::hide(&text, &tokens) };
    Opened { text, tokens, problem }
}
