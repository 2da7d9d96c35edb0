//! What a run did, for people and for machines.

mod human;
mod installs;
mod markdown;
mod sections;
mod waits;

pub use human::human;
pub use installs::InstallRow;
pub use markdown::markdown;
pub use sections::{FailureRow, RunSections, SeatRunRow, StepRow};
pub use waits::WaitRow;

use std::io::{self, Write};

use super::json as writer;
use crate::apply::outcome::{Event, RunReport};

/// Writes the whole report as one line of JSON.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, report: &RunReport) -> io::Result<()> {
    writer::line(out, report)
}

/// Writes one event as one line of the stream, and flushes it: someone is watching.
///
/// # Errors
/// Those of `out`.
pub fn event(out: &mut dyn Write, event: &Event) -> io::Result<()> {
    writer::line(out, event)?;
    out.flush()
}
