use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// One column: its distinct values in one buffer and, for each row, the number of its value.
///
/// Values are numbered in the order they first appear in, and every value is in some row.
#[derive(Debug, Default)]
pub(in crate::inventory) struct Column {
    name: String,
    codes: Vec<u32>,
    text: String,
    /// Where each value ends in `text`.
    ends: Vec<u32>,
}

impl Column {
    pub(in crate::inventory) fn name(&self) -> &str {
        &self.name
    }

    /// The number of each row's value.
    pub(in crate::inventory) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// How many distinct values.
    pub(in crate::inventory) fn distinct(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn code(&self, row: usize) -> usize {
        self.codes.get(row).map_or(usize::MAX, |&code| index(code))
    }

    pub(in crate::inventory) fn value(&self, row: usize) -> &str {
        at(&self.text, &self.ends, self.code(row)).unwrap_or_default()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|code| at(&self.text, &self.ends, code))
    }
}

/// A column while rows come in.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    column: Column,
    /// Values by hash. The hash is kept: growing would work them all out again.
    table: HashTable<Slot>,
    hasher: DefaultHashBuilder,
}

/// Half a hash and the number of the value it is of.
#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u32,
    code: u32,
}

impl Slot {
    /// The half spread over 64 bits: the table looks at the lowest and the highest.
    fn spread(self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// The lower half of a hash.
fn half(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default()
}

/// The column's distinct values are more than 4 GiB of text.
#[derive(Debug)]
pub(super) struct ColumnFull;

impl ColumnBuilder {
    /// A column whose first rows, seen before it was, are empty.
    pub(super) fn new(name: &str, rows: usize) -> Self {
        let mut builder = Self {
            column: Column { name: name.to_owned(), ..Column::default() },
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        };
        if rows > 0 {
            builder.column.codes = vec![0; rows];
            builder.column.ends.push(0);
            let slot = Slot { hash: half(builder.hasher.hash_one("")), code: 0 };
            builder.table.insert_unique(slot.spread(), slot, |slot| slot.spread());
        }
        builder
    }

    pub(super) fn push(&mut self, value: &str) -> Result<(), ColumnFull> {
        let Self { column: Column { codes, text, ends, .. }, table, hasher } = self;
        // Neighbors are often equal: exports are sorted by something.
        if let Some(&last) = codes.last()
            && at(text, ends, index(last)) == Some(value)
        {
            codes.push(last);
            return Ok(());
        }
        let code = u32::try_from(ends.len()).map_err(|_| ColumnFull)?;
        let slot = Slot { hash: half(hasher.hash_one(value)), code };
        let same = |known: &Slot| {
            known.hash == slot.hash && at(text, ends, index(known.code)) == Some(value)
        };
        if let Some(known) = table.find(slot.spread(), same) {
            codes.push(known.code);
            return Ok(());
        }
        let end = u32::try_from(text.len() + value.len()).map_err(|_| ColumnFull)?;
        text.push_str(value);
        ends.push(end);
        table.insert_unique(slot.spread(), slot, |slot| slot.spread());
        codes.push(code);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Column {
        drop(self.table);
        self.column.codes.shrink_to_fit();
        self.column.text.shrink_to_fit();
        self.column.ends.shrink_to_fit();
        self.column
    }
}

fn at<'a>(text: &'a str, ends: &[u32], code: usize) -> Option<&'a str> {
    let end = index(*ends.get(code)?);
    let start = match code.checked_sub(1) {
        Some(before) => index(*ends.get(before)?),
        None => 0,
    };
    text.get(start..end)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> Column {
        let mut builder = ColumnBuilder::new("c", 0);
        for value in values {
            builder.push(value).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn values_are_numbered_in_the_order_they_appear() {
        let column = column(&["b", "a", "b", "", "a", "a"]);
        assert_eq!(column.codes(), [0, 1, 0, 2, 1, 1]);
        assert_eq!(column.values().collect::<Vec<_>>(), ["b", "a", ""]);
        assert_eq!((column.value(4), column.value(3), column.value(99)), ("a", "", ""));
    }

    #[test]
    fn a_column_that_appears_late_is_empty_before() {
        let mut builder = ColumnBuilder::new("late", 2);
        builder.push("x").unwrap();
        builder.push("").unwrap();
        let column = builder.finish();
        assert_eq!((0..4).map(|row| column.value(row)).collect::<Vec<_>>(), ["", "", "x", ""]);
    }

    #[test]
    fn many_values_stay_findable_as_the_table_grows() {
        let values: Vec<String> = (0..10_000).map(|n| format!("v{}", n % 3000)).collect();
        let column = column(&values.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(column.distinct(), 3000);
        assert!(values.iter().enumerate().all(|(row, value)| column.value(row) == value));
    }
}
