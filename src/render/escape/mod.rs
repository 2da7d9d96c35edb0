//! Names from outside made harmless, one file per place they can end up in.
//!
//! Apps, devices, users, file names and the contents of manifests are chosen by other people.
//! Nothing they choose may move the cursor, hide a word, start a command or compute a formula.

mod csv;
mod github;
mod hidden;
mod markdown;
mod terminal;
mod xml;

pub use csv::csv_cell;
pub use github::{github_message, github_property};
pub use hidden::is_hidden;
pub use markdown::{markdown, markdown_code};
pub use terminal::{ascii, lines, terminal};
pub use xml::xml;
