//! Inventories: sources of rows (a CSV file, a program, a server, a roster) to columnar tables, and
//! CEL filters over them. No network to Apple; nothing here knows of groups' members or of licenses.
//!
//! **Architecture invariant:** a source is read whole or it is an error. Half an inventory would
//! look like people and devices that left, and their licenses would be taken back.

mod ask;
mod codes;
mod filter;
mod load;
mod memory;
mod secret;
mod shown;
mod source;
mod table;

pub use ask::Patience;
pub use codes::CODES;
pub use filter::{Filter, FilterProblem, NoFilter, RowSet, select};
pub use load::{Environment, LoadedInventories, SourceReport, load_all, load_references};
pub use memory::{InProcess, Memory};
pub(crate) use shown::{MOST_EXAMPLES, examples, printable, shown};
pub use source::{Freshness, Source};
pub use table::{ColumnId, KeyColumn, Rows, Table, TableFull};
