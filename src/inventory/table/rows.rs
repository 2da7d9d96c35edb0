use std::collections::{BTreeSet, HashMap};

use super::checks;
use super::column::ColumnBuilder;
use super::{Keys, Table};
use crate::diagnostic::Diagnostic;
use crate::inventory::shown::{MOST_EXAMPLES, shown};
use crate::license::SerialNumber;
use crate::manifest::kind::Inventory;

/// One column of a source, by its place in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnId(pub(in crate::inventory) usize);

/// Which columns anybody reads; the others are not kept.
#[derive(Debug, Clone)]
pub(in crate::inventory) enum Wanted {
    /// A filter looks at whole rows.
    All,
    /// These, beside those with a meaning.
    Named(BTreeSet<String>),
}

/// The rows of a source that is being read.
///
/// Values lose the spaces around them. A row whose serial number (or user, where rows are people)
/// is empty is counted and left out.
#[derive(Debug)]
pub struct Rows<'m> {
    pub(super) inventory: &'m Inventory,
    pub(super) origin: String,
    wanted: Wanted,
    header: Vec<String>,
    by_name: HashMap<String, usize>,
    /// For each column of the header its place among those kept.
    kept: Vec<Option<usize>>,
    columns: Vec<ColumnBuilder>,
    lines: Vec<u32>,
    pub(super) skipped: Counted,
    pub(super) invalid: Counted,
    /// What the source itself found worth knowing.
    warned: Vec<Diagnostic>,
}

/// How often something happened, with the first few places.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) count: u64,
    pub(super) examples: Vec<String>,
}

impl Counted {
    pub(super) fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < MOST_EXAMPLES {
            self.examples.push(example());
        }
    }
}

/// More rows or text than a table can hold: 2³² lines, or 4 GiB of distinct values in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more rows, or more text in one column, than fit (2³² lines, 4 GiB)")]
pub struct TableFull;

impl<'m> Rows<'m> {
    pub(in crate::inventory) fn new(
        inventory: &'m Inventory,
        origin: String,
        wanted: Wanted,
    ) -> Self {
        Self {
            inventory,
            origin,
            wanted,
            header: vec![],
            by_name: HashMap::new(),
            kept: vec![],
            columns: vec![],
            lines: vec![],
            skipped: Counted::default(),
            invalid: Counted::default(),
            warned: vec![],
        }
    }

    /// The column of this name, added where the source has not shown it before: rows pushed
    /// until then are empty there.
    pub fn column(&mut self, name: &str) -> ColumnId {
        if let Some(&index) = self.by_name.get(name) {
            return ColumnId(index);
        }
        let index = self.header.len();
        self.header.push(name.to_owned());
        self.by_name.insert(name.to_owned(), index);
        let read = match &self.wanted {
            Wanted::All => true,
            Wanted::Named(names) => names.contains(name) || self.meanings().contains(&Some(name)),
        };
        self.kept.push(read.then_some(self.columns.len()));
        if read {
            self.columns.push(ColumnBuilder::new(name, self.lines.len()));
        }
        ColumnId(index)
    }

    /// The columns seen so far.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Takes in what the source itself found worth knowing.
    pub fn warn(&mut self, warnings: impl IntoIterator<Item = Diagnostic>) {
        self.warned.extend(warnings);
    }

    /// Takes one row in. `line` counts from 1.
    ///
    /// # Errors
    /// [`TableFull`].
    pub fn push<'v>(
        &mut self,
        line: u64,
        value: impl Fn(ColumnId) -> &'v str,
    ) -> Result<(), TableFull> {
        let [serial, user, ..] = self.meanings().map(|name| self.by_name.get(name?).copied());
        let rows_are_devices = self.inventory.columns.serial.is_some();
        let id_column = if rows_are_devices { serial } else { user };
        let id = id_column.map_or("", |column| value(ColumnId(column)).trim());
        if id.is_empty() {
            self.skipped.add(|| line.to_string());
            return Ok(());
        }
        let parsed = if rows_are_devices {
            let Ok(parsed) = id.parse::<SerialNumber>() else {
                self.invalid.add(|| format!("{} (line {line})", shown(id)));
                return Ok(());
            };
            Some(parsed)
        } else {
            None
        };
        self.lines.push(u32::try_from(line).map_err(|_| TableFull)?);
        for (column, kept) in self.kept.iter().enumerate() {
            let Some(builder) = kept.and_then(|kept| self.columns.get_mut(kept)) else { continue };
            let text = match &parsed {
                Some(parsed) if serial == Some(column) => parsed.as_str(),
                Some(_) | None => value(ColumnId(column)).trim(),
            };
            builder.push(text).map_err(|_| TableFull)?;
        }
        Ok(())
    }

    /// The table, with what is worth knowing about it, or all that is wrong with the rows.
    pub(in crate::inventory) fn finish(self) -> Result<(Table, Vec<Diagnostic>), Vec<Diagnostic>> {
        let errors = checks::errors(&self);
        if !errors.is_empty() {
            return Err(errors);
        }
        let [serial, user, email, managed_apple_id] = self
            .meanings()
            .map(|name| self.by_name.get(name?).and_then(|&column| *self.kept.get(column)?));
        let keys = Keys { serial, user, email, managed_apple_id };
        let Self { inventory, origin, header, columns, mut lines, skipped, warned, .. } = self;
        lines.shrink_to_fit();
        let columns = columns.into_iter().map(ColumnBuilder::finish).collect();
        let table = Table { origin, header, columns, lines, keys };
        let mut warnings = warned;
        warnings.extend(checks::warnings(inventory, &table, &skipped));
        Ok((table, warnings))
    }

    /// How many rows were kept.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Names of the columns with a meaning: serial, user, email, Managed Apple Account.
    fn meanings(&self) -> [Option<&'m str>; 4] {
        let columns = &self.inventory.columns;
        [&columns.serial, &columns.user, &columns.email, &columns.managed_apple_id]
            .map(|name| name.as_ref().map(|name| name.value.as_str()))
    }
}
