use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use crate::license::{Asset, ClientUserId, SerialNumber};
use crate::plan::Change;

/// Who gets what, with everything alike put together: a row is all assets with the same holders,
/// a column all holders with the same assets. A column is in a row wholly or not at all.
pub(super) struct Graph<'a> {
    pub(super) rows: Vec<Row>,
    pub(super) columns: Vec<Column>,
    /// Ascending.
    pub(super) devices: Vec<&'a SerialNumber>,
    /// Ascending.
    pub(super) users: Vec<&'a ClientUserId>,
}

pub(super) struct Row {
    /// Ascending.
    pub(super) assets: Vec<Asset>,
    /// Ascending.
    pub(super) columns: Vec<usize>,
}

#[derive(Default)]
pub(super) struct Column {
    /// Places in the graph's devices.
    pub(super) devices: Vec<usize>,
    /// Places in the graph's users.
    pub(super) users: Vec<usize>,
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
fn split(rows: Vec<(Vec<Asset>, Holders<'_>)>) -> Graph<'_> {
    let mut devices = Numbers::default();
    let mut users = Numbers::default();
    for (_, row) in &rows {
        row.devices.iter().for_each(|&device| devices.add(device));
        row.users.iter().for_each(|&user| users.add(user));
    }
    let (devices, users) = (devices.sorted(), users.sorted());
    // Devices first, then users, as people see them.
    let members: Vec<Vec<usize>> = rows
        .iter()
        .map(|(_, row)| {
            let of_devices = row.devices.iter().filter_map(|device| devices.places.get(device));
            let of_users = row.users.iter().filter_map(|user| users.places.get(user));
            let of_users = of_users.map(|place| devices.all.len() + place);
            of_devices.copied().chain(of_users).collect()
        })
        .collect();

    let classes = refine(devices.all.len() + users.all.len(), &members);
    // Classes are numbered anew by their first holder, so that the result depends on the pairs
    // alone.
    let mut names: HashMap<usize, usize> = HashMap::new();
    let mut columns: Vec<Column> = vec![];
    // The column of each holder that is its column's first.
    let mut first: Vec<Option<usize>> = Vec::with_capacity(classes.len());
    for (holder, class) in classes.into_iter().enumerate() {
        let next = columns.len();
        let column = *names.entry(class).or_insert(next);
        if column == next {
            columns.push(Column::default());
        }
        first.push((column == next).then_some(column));
        match holder.checked_sub(devices.all.len()) {
            None => columns[column].devices.push(holder),
            Some(user) => columns[column].users.push(user),
        }
    }
    let rows = rows.into_iter().zip(members).map(|((assets, _), members)| {
        let mut columns: Vec<usize> =
            members.into_iter().filter_map(|holder| first[holder]).collect();
        columns.sort_unstable();
        Row { assets, columns }
    });
    Graph { rows: rows.collect(), columns, devices: devices.all, users: users.all }
}

/// Names in order, and each one's place in it.
struct Numbers<'a, T> {
    all: Vec<&'a T>,
    places: HashMap<&'a T, usize>,
}

impl<T> Default for Numbers<'_, T> {
    fn default() -> Self {
        Self { all: vec![], places: HashMap::new() }
    }
}

impl<'a, T: Ord + Hash> Numbers<'a, T> {
    fn add(&mut self, name: &'a T) {
        if let Entry::Vacant(free) = self.places.entry(name) {
            free.insert(0);
            self.all.push(name);
        }
    }

    fn sorted(mut self) -> Self {
        self.all.sort_unstable();
        for (place, name) in self.all.iter().enumerate() {
            self.places.insert(name, place);
        }
        self
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
