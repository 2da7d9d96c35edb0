//! Rows of one inventory, column by column: a million of them in a few dozen megabytes.

mod checks;
mod column;
mod rows;

pub(super) use column::Column;
pub(super) use rows::Wanted;
pub use rows::{ColumnId, Rows, TableFull};

use crate::diagnostic::nearest;

/// The rows of one inventory. A column is its distinct values and, for each row, which of them.
#[derive(Debug)]
pub struct Table {
    /// Where it came from, for messages: a path, or a command.
    origin: String,
    /// Names of all columns of the source, in its order; some may not have been kept.
    header: Vec<String>,
    /// The columns kept, in the order of the header.
    columns: Vec<Column>,
    /// Line of each row in the source, from 1.
    lines: Vec<u32>,
    keys: Keys,
}

/// Which of the columns kept mean what.
#[derive(Debug, Clone, Copy, Default)]
struct Keys {
    serial: Option<usize>,
    user: Option<usize>,
    email: Option<usize>,
    managed_apple_id: Option<usize>,
}

/// One column with a meaning, for walking over all rows: `value(code(row))` is the row's value.
#[derive(Debug, Clone, Copy)]
pub struct KeyColumn<'a>(&'a Column);

impl<'a> KeyColumn<'a> {
    /// The distinct values in the order of the rows they first appear in; one may be empty.
    pub fn values(self) -> impl Iterator<Item = &'a str> {
        self.0.values()
    }

    /// Which of the distinct values the row has.
    pub fn code(self, row: usize) -> usize {
        self.0.code(row)
    }

    /// The row's value; `None` where it is empty.
    pub fn get(self, row: usize) -> Option<&'a str> {
        Some(self.0.value(row)).filter(|value| !value.is_empty())
    }
}

impl Table {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// Where it came from, for messages: a path relative to the manifests, or a command.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Names of all columns of the source.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The row's place for people, for example `inventory/devices.csv:17`.
    pub fn place(&self, row: usize) -> String {
        format!("{}:{}", self.origin, self.lines.get(row).copied().unwrap_or(0))
    }

    /// Serial numbers, trimmed and upper-cased: every row has one. `None` where rows are people.
    pub fn serials(&self) -> Option<KeyColumn<'_>> {
        self.key(self.keys.serial)
    }

    /// `clientUserId`s. Where rows are people every row has one.
    pub fn users(&self) -> Option<KeyColumn<'_>> {
        self.key(self.keys.user)
    }

    /// E-mail addresses of the rows' people.
    pub fn emails(&self) -> Option<KeyColumn<'_>> {
        self.key(self.keys.email)
    }

    /// Managed Apple Accounts of the rows' people.
    pub fn managed_apple_ids(&self) -> Option<KeyColumn<'_>> {
        self.key(self.keys.managed_apple_id)
    }

    /// The row's value in a column, as filters see it; `None` where the column is not there or
    /// was not kept because nothing reads it.
    pub fn value(&self, row: usize, column: &str) -> Option<&str> {
        self.column(column).map(|column| column.value(row))
    }

    /// The column a mistyped name most likely means.
    pub fn nearest_column(&self, name: &str) -> Option<&str> {
        nearest(name, self.header.iter().map(String::as_str))
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name() == name)
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn key(&self, index: Option<usize>) -> Option<KeyColumn<'_>> {
        self.columns.get(index?).map(KeyColumn)
    }
}
