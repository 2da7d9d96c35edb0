//! The plan file: one JSON document, written and read back whole. It may be packed (zstd).

use std::borrow::Cow;
use std::io::{self, Read, Write};

use serde::Deserialize;

use super::{FORMAT_VERSION, LintFinding, Plan, lint};

/// A file that is not a plan this tool may act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// Something else, or a plan somebody broke.
    #[error("this is no plan file: {why}; make one with `vpp plan --out plan.json`")]
    NotAPlan {
        /// What is wrong with it, with line and column where known.
        why: String,
    },
    /// It ends too early.
    #[error(
        "the plan file ends in the middle (line {line}): it was not written or copied whole; \
         copy it again, or make a new one with `vpp plan --out plan.json`"
    )]
    Truncated {
        /// The last line there is.
        line: usize,
    },
    /// A newer tool wrote it.
    #[error(
        "the plan file has format version {found}, and this vpp reads {}: use the vpp that wrote \
         it, or make a new plan with this one",
        FORMAT_VERSION
    )]
    NewerVersion {
        /// The version in the file.
        found: String,
    },
    /// What it says does not fit together: it was changed after it was written.
    #[error(
        "the plan file was changed after it was written: {}; change the manifests and make a new \
         plan",
        list(findings)
    )]
    Edited {
        /// What does not fit; the fingerprint and the totals are computed again, too.
        findings: Vec<LintFinding>,
    },
}

fn list(findings: &[LintFinding]) -> String {
    let shown: Vec<String> = findings.iter().take(3).map(ToString::to_string).collect();
    let more = findings.len().saturating_sub(shown.len());
    let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    format!("{}{more}", shown.join("; "))
}

/// Writes the plan as one line of JSON.
///
/// # Errors
/// Where it cannot be written.
pub fn write(plan: &Plan, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, plan)?;
    out.write_all(b"\n")
}

/// How a packed file begins.
const PACKED: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// Nothing longer than this is a plan: 20 million changed pairs take a tenth of it.
const LONGEST: u64 = 4 << 30;

/// The text of a file, packed or not. Its first bytes say which; its name is not asked.
fn unpack(bytes: &[u8]) -> Result<Cow<'_, [u8]>, PlanFileError> {
    if !bytes.starts_with(&PACKED) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut text = Vec::new();
    let unpacked = zstd::stream::read::Decoder::with_buffer(bytes)
        .and_then(|packed| packed.take(LONGEST).read_to_end(&mut text));
    match unpacked {
        Ok(_) => Ok(Cow::Owned(text)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            let ends = memchr::memchr_iter(b'\n', &text).count();
            Err(PlanFileError::Truncated { line: ends + 1 })
        }
        Err(error) => {
            Err(PlanFileError::NotAPlan { why: format!("it cannot be unpacked: {error}") })
        }
    }
}

/// Reads a plan back and holds it against itself.
///
/// # Errors
/// Where it is not a plan, not whole, of a newer format, or changed since it was written.
pub fn read(bytes: &[u8]) -> Result<Plan, PlanFileError> {
    let bytes = unpack(bytes)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| PlanFileError::NotAPlan { why: format!("it is not UTF-8: {error}") })?;
    if text.trim().is_empty() {
        return Err(PlanFileError::NotAPlan { why: "it is empty".to_owned() });
    }
    let header: Header = serde_json::from_str(text).map_err(|error| refused(&error))?;
    let major = |version: &str| version.split('.').next().and_then(|n| n.parse::<u32>().ok());
    match (major(&header.format_version), major(FORMAT_VERSION)) {
        (Some(found), Some(ours)) if found == ours => {}
        (Some(found), Some(ours)) if found > ours => {
            return Err(PlanFileError::NewerVersion { found: header.format_version });
        }
        (_, _) => {
            let why = format!("its format_version is `{}`", header.format_version);
            return Err(PlanFileError::NotAPlan { why });
        }
    }
    let plan: Plan = serde_json::from_str(text).map_err(|error| refused(&error))?;
    let findings = lint(&plan);
    if findings.is_empty() { Ok(plan) } else { Err(PlanFileError::Edited { findings }) }
}

/// The part of every version's file that says which version it is.
#[derive(Deserialize)]
struct Header {
    format_version: String,
}

fn refused(error: &serde_json::Error) -> PlanFileError {
    if error.is_eof() {
        PlanFileError::Truncated { line: error.line() }
    } else {
        PlanFileError::NotAPlan { why: error.to_string() }
    }
}
