use std::fmt;

/// A stable name of one kind of problem, with the text `vpp explain` prints.
///
/// Each room keeps its own table of them (`codes.rs`).
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// For example `VPP-M012`: M manifests, I inventories, D desired state, A Apple, G guards.
    pub id: &'static str,
    /// The problem in a few words.
    pub title: &'static str,
    /// What it means, why it matters and what to do, in sentences.
    pub explain: &'static str,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
