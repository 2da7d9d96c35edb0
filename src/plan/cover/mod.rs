//! As few write requests as can be found: changes covered with rectangles.
//!
//! One request of Apple's carries assets × holders (Apple's page: associate-assets), so the pairs
//! to write must be cut into full rectangles: assets × (devices + users), never a pair that is not
//! wanted, never a pair twice, each within Apple's limits. The least number of rectangles is
//! NP-hard to find; several cheap ways are tried and the best is taken:
//!
//! 1. assets with the same holders together,
//! 2. holders with the same assets together,
//! 3. large rectangles first, greedily, and what is left in way 1 or 2, stopping wherever the sum
//!    is lowest.
//!
//! **Guarantee:** never more requests than writing one asset at a time would need, since way 1
//! alone never needs more, and never more than writing one kind of holder (those who get the same
//! assets) at a time, which is way 2. The result depends on the pairs only, not on their order or
//! on causes. How far it can be from the least is not known in general; [`lower_bound`] says how
//! far it is at most in a given case.

mod bits;
mod graph;
mod greedy;
mod rank;

use crate::actual::Limits;
use crate::license::{Asset, ClientUserId, SerialNumber};
use crate::plan::{Change, numbers};
use graph::Graph;

/// One write request: every asset with every device and user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rectangle {
    /// Ascending; at least one.
    pub assets: Vec<Asset>,
    /// Ascending by serial number.
    pub devices: Vec<SerialNumber>,
    /// Ascending by `clientUserId`.
    pub users: Vec<ClientUserId>,
}

impl Rectangle {
    /// How many licenses move.
    pub fn pairs(&self) -> usize {
        self.assets.len() * (self.devices.len() + self.users.len())
    }
}

/// Covers the changes of one action and one location exactly.
pub fn rectangles<'a>(
    changes: impl Iterator<Item = &'a Change>,
    limits: &Limits,
) -> Vec<Rectangle> {
    let graph = Graph::of(changes);
    let sizes = Sizes::of(limits);
    let mut rectangles = vec![];
    for block in greedy::blocks(&graph, sizes) {
        cut(&graph, &block, sizes, &mut rectangles);
    }
    rectangles
}

/// Requests no cover can do without: by the number of pairs, by the asset with the most holders, by
/// the holder with the most assets, and by the rank of the pairs as a table.
pub fn lower_bound<'a>(changes: impl Iterator<Item = &'a Change>, limits: &Limits) -> u64 {
    let graph = Graph::of(changes);
    let sizes = Sizes::of(limits);
    let (mut devices, mut users) = (0, 0);
    let mut bound = 0;
    let mut degrees = vec![0; graph.columns.len()];
    for row in &graph.rows {
        let (of_devices, of_users) = graph.weight(row.columns.iter().copied());
        devices += row.assets.len() * of_devices;
        users += row.assets.len() * of_users;
        bound = bound.max(sizes.requests(1, of_devices, of_users));
        for &column in &row.columns {
            degrees[column] += row.assets.len();
        }
    }
    let widest = degrees.into_iter().max().unwrap_or(0);
    let by_pairs = devices
        .div_ceil(sizes.assets.saturating_mul(sizes.devices))
        .max(users.div_ceil(sizes.assets.saturating_mul(sizes.users)));
    let bound = bound.max(widest.div_ceil(sizes.assets)).max(by_pairs);
    numbers::count(bound.max(rank::rank(&graph)))
}

/// Apple's limits for one request; a limit of nothing counts as one.
#[derive(Clone, Copy)]
struct Sizes {
    assets: usize,
    devices: usize,
    users: usize,
}

impl Sizes {
    fn of(limits: &Limits) -> Self {
        Self {
            assets: limits.assets.max(1),
            devices: limits.serial_numbers.max(1),
            users: limits.client_user_ids.max(1),
        }
    }

    /// Requests for a full rectangle of this size.
    fn requests(self, assets: usize, devices: usize, users: usize) -> usize {
        assets.div_ceil(self.assets)
            * devices.div_ceil(self.devices).max(users.div_ceil(self.users))
    }
}

/// A full rectangle of any size: rows and columns of the graph.
struct Block {
    rows: Vec<usize>,
    columns: Vec<usize>,
}

/// Cuts a block into requests.
fn cut(graph: &Graph<'_>, block: &Block, sizes: Sizes, rectangles: &mut Vec<Rectangle>) {
    let mut assets: Vec<Asset> =
        block.rows.iter().flat_map(|&row| &graph.rows[row].assets).copied().collect();
    assets.sort_unstable();
    let columns = || block.columns.iter().map(|&column| &graph.columns[column]);
    let mut devices: Vec<usize> = columns().flat_map(|column| &column.devices).copied().collect();
    let mut users: Vec<usize> = columns().flat_map(|column| &column.users).copied().collect();
    devices.sort_unstable();
    users.sort_unstable();
    let parts = devices.len().div_ceil(sizes.devices).max(users.len().div_ceil(sizes.users));
    for assets in assets.chunks(sizes.assets) {
        for part in 0..parts {
            rectangles.push(Rectangle {
                assets: assets.to_vec(),
                devices: chunk(&graph.devices, &devices, sizes.devices, part),
                users: chunk(&graph.users, &users, sizes.users, part),
            });
        }
    }
}

/// The names of one part of the places.
fn chunk<T: Clone>(names: &[&T], places: &[usize], size: usize, part: usize) -> Vec<T> {
    let places = places.chunks(size).nth(part).unwrap_or_default();
    places.iter().map(|&place| names[place].clone()).collect()
}
