use std::borrow::Cow;
use std::collections::HashMap;

use hashbrown::DefaultHashBuilder;

use crate::inventory::table::{Column, Table};

/// Largest table that is looked up by place rather than by hash, in entries.
const DENSE: usize = 1 << 22;

/// The distinct tuples of some columns, numbered in the order they first appear.
pub(super) struct Tuples<'t> {
    /// Which tuple each row has.
    ids: Cow<'t, [u32]>,
    /// For each tuple the first row that has it.
    first_rows: Vec<usize>,
}

impl<'t> Tuples<'t> {
    /// The tuples of these columns; of no columns, the one empty tuple.
    pub(super) fn of(table: &Table, columns: &[&'t Column]) -> Self {
        let ids: Cow<'t, [u32]> = match columns {
            [] => Cow::Owned(vec![0; table.rows()]),
            [first, rest @ ..] => {
                let (ids, _) = rest.iter().fold(
                    (Cow::Borrowed(first.codes()), first.distinct()),
                    |(ids, distinct), column| {
                        let (ids, distinct) = pair(&ids, distinct, column);
                        (Cow::Owned(ids), distinct)
                    },
                );
                ids
            }
        };
        let mut first_rows = vec![];
        for (row, &id) in ids.iter().enumerate() {
            if index(id) == first_rows.len() {
                first_rows.push(row);
            }
        }
        Self { ids, first_rows }
    }

    /// The tuple of each row.
    pub(super) fn ids(&self) -> impl Iterator<Item = usize> {
        self.ids.iter().map(|&id| index(id))
    }

    /// For each tuple the first row that has it.
    pub(super) fn first_rows(&self) -> &[usize] {
        &self.first_rows
    }
}

/// Numbers the distinct pairs of a row's id and its value in the column.
fn pair(ids: &[u32], distinct: usize, column: &Column) -> (Vec<u32>, usize) {
    let pairs = ids.iter().zip(column.codes()).map(|(&id, &code)| (index(id), index(code)));
    let width = column.distinct();
    let mut next = 0_u32;
    let mut number = |known: &mut u32| {
        if *known == u32::MAX {
            *known = next;
            next += 1;
        }
        *known
    };
    let size = distinct.checked_mul(width).filter(|&size| size <= DENSE);
    let numbered = if let Some(size) = size {
        let mut table = vec![u32::MAX; size];
        pairs.map(|(id, code)| table.get_mut(id * width + code).map_or(0, &mut number)).collect()
    } else {
        let mut table: HashMap<_, u32, DefaultHashBuilder> = HashMap::default();
        pairs.map(|pair| number(table.entry(pair).or_insert(u32::MAX))).collect()
    };
    (numbered, index(next))
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
