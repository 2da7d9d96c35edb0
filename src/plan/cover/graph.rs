use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use crate::license::{Asset, ClientUserId, HolderRef, SerialNumber};
use crate::plan::Change;

/// Who gets what, with everything alike put together: a row is all assets with the same holders,
/// a column all holders with the same assets. A column is in a row wholly or not at all.
pub(super) struct Graph<'a> {
    pub(super) rows: Vec<Row>,
    pub(super) columns: Vec<Column<'a>>,
}

pub(super) struct Row {
    /// Ascending.
    pub(super) assets: Vec<Asset>,
    /// Ascending.
    pub(super) columns: Vec<usize>,
}

#[derive(Default)]
pub(super) struct Column<'a> {
    pub(super) devices: Vec<&'a SerialNumber>,
    pub(super) users: Vec<&'a ClientUserId>,
}

/// The holders of one asset, ascending and each once.
#[derive(Default, PartialEq, Eq, Hash)]
struct Holders<'a> {
    devices: Vec<&'a SerialNumber>,
    users: Vec<&'a ClientUserId>,
}

impl<'a> Graph<'a> {
    pub(super) fn of(changes: impl Iterator<Item = &'a Change>) -> Self {
        let mut assets: BTreeMap<Asset, Holders<'a>> = BTreeMap::new();
        for change in changes {
            let Holders { devices, users } = assets.entry(change.asset).or_default();
            devices.extend(&change.devices);
            users.extend(&change.users);
        }
        let mut same: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut rows: Vec<(Vec<Asset>, Holders<'a>)> = vec![];
        for (asset, mut holders) in assets {
            holders.devices.sort_unstable();
            holders.devices.dedup();
            holders.users.sort_unstable();
            holders.users.dedup();
            if holders.devices.is_empty() && holders.users.is_empty() {
                continue;
            }
            let mut hasher = DefaultHasher::new();
            holders.hash(&mut hasher);
            let alike = same.entry(hasher.finish()).or_default();
            if let Some(&row) = alike.iter().find(|&&row| rows[row].1 == holders) {
                rows[row].0.push(asset);
            } else {
                alike.push(rows.len());
                rows.push((vec![asset], holders));
            }
        }
        split(rows)
    }

    /// Devices and users of some columns.
    pub(super) fn weight(&self, columns: impl Iterator<Item = usize>) -> (usize, usize) {
        columns.fold((0, 0), |(devices, users), column| {
            let column = &self.columns[column];
            (devices + column.devices.len(), users + column.users.len())
        })
    }

    /// Assets of some rows.
    pub(super) fn height(&self, rows: impl Iterator<Item = usize>) -> usize {
        rows.map(|row| self.rows[row].assets.len()).sum()
    }
}

/// Puts holders that are in the same rows together, by partition refinement: every row splits each
/// class it cuts through. One step a pair.
fn split<'a>(rows: Vec<(Vec<Asset>, Holders<'a>)>) -> Graph<'a> {
    let mut numbers: HashMap<HolderRef<'a>, usize> = HashMap::new();
    let mut holders: Vec<Named<'a>> = vec![];
    let members: Vec<Vec<usize>> = rows
        .iter()
        .map(|(_, row)| {
            let devices = row.devices.iter().map(|&device| Named::Device(device));
            let users = row.users.iter().map(|&user| Named::User(user));
            let named = devices.chain(users).map(|named| match numbers.entry(named.key()) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(free) => {
                    holders.push(named);
                    *free.insert(holders.len() - 1)
                }
            });
            named.collect()
        })
        .collect();

    let classes = refine(holders.len(), &members);
    // Classes are numbered anew by their first holder, so that the result depends on the pairs
    // alone.
    let mut names: HashMap<usize, usize> = HashMap::new();
    let mut columns: Vec<Column<'a>> = vec![];
    let mut first: Vec<bool> = vec![];
    let mut of: Vec<usize> = vec![];
    for (class, named) in classes.into_iter().zip(&holders) {
        let next = columns.len();
        let column = *names.entry(class).or_insert(next);
        first.push(column == next);
        of.push(column);
        if column == next {
            columns.push(Column::default());
        }
        match named {
            Named::Device(device) => columns[column].devices.push(device),
            Named::User(user) => columns[column].users.push(user),
        }
    }
    let rows = rows.into_iter().zip(members).map(|((assets, _), members)| {
        let mut columns: Vec<usize> =
            members.into_iter().filter(|&holder| first[holder]).map(|holder| of[holder]).collect();
        columns.sort_unstable();
        Row { assets, columns }
    });
    Graph { rows: rows.collect(), columns }
}

/// A holder of a change.
#[derive(Clone, Copy)]
enum Named<'a> {
    Device(&'a SerialNumber),
    User(&'a ClientUserId),
}

impl<'a> Named<'a> {
    fn key(self) -> HolderRef<'a> {
        match self {
            Self::Device(device) => HolderRef::Device(device.as_str()),
            Self::User(user) => HolderRef::User(user.as_str()),
        }
    }
}

/// A class number for each holder, the same for holders that are in the same rows.
fn refine(holders: usize, rows: &[Vec<usize>]) -> Vec<usize> {
    let mut class = vec![0; holders];
    let mut sizes = vec![holders];
    // For each class the row that split it last, and the class its members went to.
    let mut splits: Vec<(usize, usize)> = vec![(usize::MAX, 0)];
    let mut free: Vec<usize> = vec![];
    for (row, members) in rows.iter().enumerate() {
        let mut emptied = vec![];
        for &holder in members {
            let old = class[holder];
            if splits[old].0 != row {
                let new = free.pop().unwrap_or_else(|| {
                    sizes.push(0);
                    splits.push((usize::MAX, 0));
                    sizes.len() - 1
                });
                splits[new] = (usize::MAX, 0);
                splits[old] = (row, new);
            }
            let new = splits[old].1;
            class[holder] = new;
            sizes[new] += 1;
            sizes[old] -= 1;
            if sizes[old] == 0 {
                emptied.push(old);
            }
        }
        free.append(&mut emptied);
    }
    class
}

#[cfg(test)]
mod tests {
    use super::refine;

    #[test]
    fn holders_of_the_same_rows_share_a_class() {
        let class = refine(5, &[vec![0, 1, 2], vec![1, 2, 3], vec![0, 1, 2, 3, 4]]);
        assert_eq!(class[1], class[2]);
        let mut different = vec![class[0], class[1], class[3], class[4]];
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 4);
    }
}
