//! Where rows come from: one file per kind of source, behind one small trait.

mod apple;
mod csv;
mod entra;
mod exec;
mod fleet;
mod jamf;
mod json_rows;
mod path;
mod quotes;
mod roster;
mod server;
mod sheet;

pub(super) use apple::Apple;
pub(super) use csv::CsvFile;
pub(super) use entra::Entra;
pub(super) use exec::Program;
pub(super) use fleet::Fleet;
pub(super) use jamf::Jamf;
pub(super) use roster::Roster;
pub(super) use server::Given;

use jiff::Timestamp;

use super::table::Rows;
use crate::diagnostic::Diagnostic;

/// Something that has the rows of an inventory.
///
/// A source is complete or an error: it never gives some of its rows. It says how old its data
/// is, because an export of last month looks exactly like one of today.
pub trait Source: Sync {
    /// What people know it by, for messages: a path relative to the manifests, or a command.
    fn origin(&self) -> String;

    /// Hands over every row.
    ///
    /// # Errors
    /// All that is wrong with the source, each with its place. The rows are thrown away then.
    fn read(&self, rows: &mut Rows<'_>) -> Result<Freshness, Vec<Diagnostic>>;
}

/// How old a source's data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Asked for in this run.
    Live,
    /// As of this moment, for a file when it was last written; `None` where nobody can say.
    AsOf(Option<Timestamp>),
}
