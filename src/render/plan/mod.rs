//! A plan, for people and for machines.
//!
//! What people read is made in two steps: [`Sections`] says what there is to say, grouped by
//! cause and with every sum, and the printer lays it out. Only the second knows of widths.

mod csv;
mod diff;
mod github;
mod html;
mod human;
mod markdown;
mod sections;

pub use csv::csv;
pub use diff::diff;
pub use github::{github, github_outputs};
pub use html::html;
pub use human::human;
pub use markdown::{Markdown, markdown};
pub use sections::{
    AssignRow, CauseRow, Claim, Cost, LeftRow, LicenseState, LicenseSummary, LocationRow, Moved,
    Place, ReclaimRow, SeatLeft, SeatMove, SeatsSection, Sections, Totals, UnderWay, Verdict,
};
pub(in crate::render) use sections::{base_said, installs, minute, phases, remarks, seat_state};

use std::io::{self, Write};

use super::json as writer;
use crate::plan::Plan;

/// Writes the plan as one line of JSON: the content of a plan file.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    writer::line(out, plan)
}
