//! CEL filters over the rows of a table, evaluated once per distinct tuple of what they read.

mod compile;
mod evaluate;
mod reads;
mod row;
mod select;
mod tuples;

pub use compile::NoFilter;
pub use select::{FilterProblem, RowSet, select};

use cel::Program;
use reads::Reads;

/// A compiled `where` expression and what it reads of a row.
#[derive(Debug)]
pub struct Filter {
    program: Program,
    reads: Reads,
}

impl Filter {
    /// Compiles an expression, however hostile. This is the one way to CEL's parser that cannot
    /// overflow a stack.
    ///
    /// # Errors
    /// Why the text is no filter.
    pub fn compile(text: &str) -> Result<Self, NoFilter> {
        let program = compile::compile(text)?;
        let reads = Reads::of(program.expression());
        Ok(Self { program, reads })
    }

    /// Names of the columns it reads, as `row.name` or `row["name"]`.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.reads.columns.iter().chain(&self.reads.tested).map(String::as_str)
    }

    /// Whether it uses `row` in another way, so that any column may matter.
    pub fn reads_whole_rows(&self) -> bool {
        self.reads.whole
    }
}
