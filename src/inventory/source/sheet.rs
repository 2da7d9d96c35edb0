use std::collections::HashMap;

use roaring::RoaringBitmap;

use crate::inventory::table::{ColumnId, Rows, TableFull};

/// What a server lists, put together: a row for each id, and which rows are in which of the sets
/// the manifest picks.
///
/// A server's rows come in pages that may be asked for again, and sets come after the things in
/// them, so they cannot go into the table one by one. Texts lie one after the other in one piece of
/// memory: a hundred thousand rows take a few dozen megabytes.
#[derive(Debug)]
pub(super) struct Sheet {
    columns: Vec<String>,
    text: String,
    /// Where each value of each row ends.
    ends: Vec<usize>,
    /// The line each row has in messages.
    lines: Vec<u64>,
    rows: HashMap<Box<str>, u32>,
    /// The rows each picked set has, by the column's name.
    picked: Vec<(String, RoaringBitmap)>,
}

impl Sheet {
    pub(super) fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self {
            columns: columns.into_iter().map(Into::into).collect(),
            text: String::new(),
            ends: vec![],
            lines: vec![],
            rows: HashMap::new(),
            picked: vec![],
        }
    }

    /// Takes a row in; false where there is one with this id already.
    pub(super) fn add(&mut self, id: &str, values: &[&str]) -> bool {
        let line = self.len() + 1;
        self.add_line(line, id, values)
    }

    /// The same, for a row that stands on a line of a file.
    pub(super) fn add_line(&mut self, line: u64, id: &str, values: &[&str]) -> bool {
        let Ok(row) = u32::try_from(self.rows.len()) else { return false };
        if self.rows.contains_key(id) {
            return false;
        }
        self.rows.insert(id.into(), row);
        self.lines.push(line);
        for at in 0..self.columns.len() {
            self.text.push_str(values.get(at).copied().unwrap_or_default());
            self.ends.push(self.text.len());
        }
        true
    }

    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.lines.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    /// The values of a column, in the order of the rows; `None` where there is no such column.
    pub(super) fn values(&self, column: &str) -> Option<impl ExactSizeIterator<Item = &str>> {
        let at = self.columns.iter().position(|name| name == column)?;
        Some((0..self.lines.len()).map(move |row| self.value(row, at)))
    }

    /// A set the manifest picks, for now with nothing in it.
    pub(super) fn pick(&mut self, column: &str) -> Picked {
        self.picked.push((column.to_owned(), RoaringBitmap::new()));
        Picked(self.picked.len() - 1)
    }

    /// Puts the row with this id into a picked set; false where there is no such row.
    pub(super) fn mark(&mut self, Picked(set): Picked, id: &str) -> bool {
        let (Some(&row), Some((_, rows))) = (self.rows.get(id), self.picked.get_mut(set)) else {
            return false;
        };
        rows.insert(row);
        true
    }

    /// Hands every row over.
    pub(super) fn give(self, rows: &mut Rows<'_>) -> Result<(), TableFull> {
        let all: Vec<_> = (0..self.lines.len()).map(|row| (row, "")).collect();
        self.give_with(rows, None, &all)
    }

    /// Hands over the given rows, each with a value of a column more.
    pub(super) fn give_with(
        mut self,
        rows: &mut Rows<'_>,
        more: Option<&str>,
        given: &[(usize, &str)],
    ) -> Result<(), TableFull> {
        self.rows = HashMap::new();
        let width = self.columns.len();
        let picked = self.picked.iter().map(|(name, _)| name.as_str());
        for name in self.columns.iter().map(String::as_str).chain(picked).chain(more) {
            rows.column(name);
        }
        let in_set = |row: usize, set: usize| {
            let (_, set) = self.picked.get(set)?;
            let within = u32::try_from(row).is_ok_and(|row| set.contains(row));
            Some(if within { "true" } else { "false" })
        };
        for &(row, last) in given {
            let line = self.lines.get(row).copied().unwrap_or_default();
            rows.push(line, |ColumnId(column)| match column.checked_sub(width) {
                None => self.value(row, column),
                Some(set) => in_set(row, set).unwrap_or(last),
            })?;
        }
        Ok(())
    }

    fn value(&self, row: usize, column: usize) -> &str {
        let at = row * self.columns.len() + column;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(at).copied().unwrap_or_default();
        self.text.get(start.unwrap_or_default()..end).unwrap_or_default()
    }
}

/// One of the sets a manifest picks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picked(usize);
