//! One way to write manifests: `vpp fmt`.
//!
//! The text is read into a tree that keeps every comment and how each value was written, and
//! printed anew: two spaces of indentation, keys in the order of the schema, quotes only where some
//! YAML reader would change the text without them, at most one empty line in a row, `---` between
//! documents. Lists in brackets stay so while they fit on a line.
//!
//! **Architecture invariant:** a text is never given back before it has been read again and found
//! to hold the same values and the same comments.

mod attach;
mod print;
mod same;
mod scalar;
mod shape;
mod tree;

use std::borrow::Cow;

use crate::yaml::Fault;

/// Why a text is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not YAML, or uses what manifests may not use.
    #[error("line {}, column {}: not the YAML of manifests", .0.place.line, .0.place.column)]
    Fault(Fault),
    /// What would be written would not say the same: a defect of this program.
    #[error("it cannot be formatted without changing it; please report this with the file")]
    Changed,
}

/// A text as it is to be written, whatever kinds of documents it holds.
///
/// Formatting twice gives the same as formatting once. A byte order mark is dropped.
///
/// # Errors
/// [`Error::Fault`] where [`crate::yaml::read`] finds a fault; [`Error::Changed`] where the result
/// would not say the same.
pub fn format(text: &str) -> Result<String, Error> {
    let text = normalized(text);
    let read = crate::yaml::read(&text);
    let inside = read.documents.iter().flat_map(|document| &document.faults);
    if let Some(fault) = read.faults.iter().chain(inside).next() {
        return Err(Error::Fault(fault.clone()));
    }
    let parsed = tree::parse(&text).map_err(Error::Fault)?;
    let comments = parsed.comments.iter().map(|comment| comment.text).collect();
    let formatted = print::print(&text, &attach::attach(parsed));
    if same::same(&read, comments, &formatted) { Ok(formatted) } else { Err(Error::Changed) }
}

/// One value as it stands on a line: in quotes only where some YAML reader would change it.
pub fn value(text: &str) -> Cow<'_, str> {
    scalar::on_line(text, crate::yaml::Written::Double, false)
}

/// Without a byte order mark, and with line feeds for line ends.
fn normalized(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}
