use std::collections::HashMap;

use super::bits::Bits;
use super::graph::Graph;
use super::{Block, Sizes};

/// Beyond so many cells the search for large rectangles is left out: what remains is linear.
const CELLS: usize = 1 << 22;
/// How many words of sets the search may touch, some milliseconds' worth: counted, not timed, so
/// that the same pairs give the same cover on every machine.
const WORK: usize = 3_000_000;
/// What putting a row or column together with its likes costs, in words.
const GROUPING: usize = 16;
/// How many rectangles the search tries to take out.
const STEPS: usize = 256;
/// How many rows and columns are looked at for the next one.
const STARTS: usize = 24;

/// Full rectangles that cover the graph exactly, by the best of the ways tried.
pub(super) fn blocks(graph: &Graph<'_>, sizes: Sizes) -> Vec<Block> {
    let (height, width) = (graph.rows.len(), graph.columns.len());
    if height.saturating_mul(width) > CELLS {
        return simple(graph, sizes);
    }
    let mut left = Left::of(graph);
    let (mut best_cost, mut best) = left.rest(graph, sizes);
    let mut best_taken = 0;
    let mut taken: Vec<Block> = vec![];
    let mut cost = 0;
    let mut work = 0;
    while taken.len() < STEPS && work < WORK {
        let Some(block) = left.largest(graph, sizes, &mut work) else { break };
        cost += size(graph, sizes, &block).requests;
        left.take(&block);
        taken.push(block);
        let (rest_cost, rest) = left.rest(graph, sizes);
        if cost + rest_cost < best_cost {
            (best_cost, best) = (cost + rest_cost, rest);
            best_taken = taken.len();
        }
        if cost >= best_cost {
            break;
        }
    }
    taken.truncate(best_taken);
    taken.append(&mut best);
    taken
}

/// The better of the two ways that need no search.
fn simple(graph: &Graph<'_>, sizes: Sizes) -> Vec<Block> {
    let mut rows_of = vec![vec![]; graph.columns.len()];
    for (row, of) in graph.rows.iter().enumerate() {
        of.columns.iter().for_each(|&column| rows_of[column].push(row));
    }
    let by_row = graph
        .rows
        .iter()
        .enumerate()
        .map(|(row, of)| Block { rows: vec![row], columns: of.columns.clone() });
    let by_column =
        rows_of.into_iter().enumerate().map(|(column, rows)| Block { rows, columns: vec![column] });
    better(graph, sizes, by_row.collect(), by_column.collect()).1
}

fn better(
    graph: &Graph<'_>,
    sizes: Sizes,
    one: Vec<Block>,
    other: Vec<Block>,
) -> (usize, Vec<Block>) {
    let cost = |blocks: &[Block]| -> usize {
        blocks.iter().map(|block| size(graph, sizes, block).requests).sum()
    };
    let (cost_of_one, cost_of_other) = (cost(&one), cost(&other));
    if cost_of_other < cost_of_one { (cost_of_other, other) } else { (cost_of_one, one) }
}

/// What a block carries and what it costs.
struct Size {
    pairs: usize,
    requests: usize,
}

fn size(graph: &Graph<'_>, sizes: Sizes, block: &Block) -> Size {
    let height = graph.height(block.rows.iter().copied());
    let (devices, users) = graph.weight(block.columns.iter().copied());
    Size { pairs: height * (devices + users), requests: sizes.requests(height, devices, users) }
}

/// The pairs not covered yet, seen from both sides.
struct Left {
    rows: Vec<Bits>,
    columns: Vec<Bits>,
}

impl Left {
    fn of(graph: &Graph<'_>) -> Self {
        let (height, width) = (graph.rows.len(), graph.columns.len());
        let mut of_columns = vec![vec![]; width];
        for (row, of) in graph.rows.iter().enumerate() {
            of.columns.iter().for_each(|&column| of_columns[column].push(row));
        }
        let rows = graph.rows.iter().map(|row| Bits::of(width, row.columns.iter().copied()));
        Self {
            rows: rows.collect(),
            columns: of_columns.into_iter().map(|rows| Bits::of(height, rows)).collect(),
        }
    }

    fn take(&mut self, block: &Block) {
        let columns = Bits::of(self.columns.len(), block.columns.iter().copied());
        let rows = Bits::of(self.rows.len(), block.rows.iter().copied());
        block.rows.iter().for_each(|&row| self.rows[row].subtract(&columns));
        block.columns.iter().for_each(|&column| self.columns[column].subtract(&rows));
    }

    /// Everything left, rows alike together or columns alike together.
    fn rest(&self, graph: &Graph<'_>, sizes: Sizes) -> (usize, Vec<Block>) {
        let by_row = alike(&self.rows)
            .into_iter()
            .map(|(rows, columns)| Block { rows, columns: columns.iter().collect() });
        let by_column = alike(&self.columns)
            .into_iter()
            .map(|(columns, rows)| Block { rows: rows.iter().collect(), columns });
        better(graph, sizes, by_row.collect(), by_column.collect())
    }

    /// The rectangle that carries most pairs a request, of those that start at a heavy row or
    /// column and take in everything that fits.
    fn largest(&self, graph: &Graph<'_>, sizes: Sizes, work: &mut usize) -> Option<Block> {
        let mut best: Option<(Size, Block)> = None;
        let mut offer = |block: Block| {
            let new = size(graph, sizes, &block);
            let wins = best.as_ref().is_none_or(|(old, _)| {
                // More pairs a request; of these the larger.
                let (a, b) = (new.pairs * old.requests, old.pairs * new.requests);
                a > b || (a == b && new.pairs > old.pairs)
            });
            if wins {
                best = Some((new, block));
            }
        };
        let columns = heaviest(&self.columns, |column, rows| {
            let (devices, users) = graph.weight(std::iter::once(column));
            (devices + users) * graph.height(rows.iter())
        });
        for start in columns {
            let rows = &self.columns[start];
            let fits = |(_, other): &(usize, &Bits)| rows.is_subset(other);
            let wide = self.columns.iter().enumerate().filter(fits).map(|(column, _)| column);
            offer(Block { rows: rows.iter().collect(), columns: wide.collect() });
            *work += rows.words() * self.columns.len();
        }
        let rows = heaviest(&self.rows, |row, columns| {
            let (devices, users) = graph.weight(columns.iter());
            (devices + users) * graph.height(std::iter::once(row))
        });
        for start in rows {
            let columns = &self.rows[start];
            let fits = |(_, other): &(usize, &Bits)| columns.is_subset(other);
            let tall = self.rows.iter().enumerate().filter(fits).map(|(row, _)| row);
            offer(Block { rows: tall.collect(), columns: columns.iter().collect() });
            *work += columns.words() * self.rows.len();
        }
        // Weighing above, and putting together what is left afterwards, look at every pair.
        let passes = self.rows.iter().chain(&self.columns).map(|bits| bits.words() + bits.len());
        *work += passes.sum::<usize>() * 2;
        *work += (self.rows.len() + self.columns.len()) * GROUPING;
        best.map(|(_, block)| block)
    }
}

/// The heaviest few that are not empty.
fn heaviest(all: &[Bits], weight: impl Fn(usize, &Bits) -> usize) -> Vec<usize> {
    let mut weighed: Vec<(std::cmp::Reverse<usize>, usize)> = all
        .iter()
        .enumerate()
        .filter(|(_, bits)| !bits.is_empty())
        .map(|(index, bits)| (std::cmp::Reverse(weight(index, bits)), index))
        .collect();
    weighed.sort_unstable();
    weighed.into_iter().take(STARTS).map(|(_, index)| index).collect()
}

/// Equal sets that are not empty, put together in the order they come.
fn alike(all: &[Bits]) -> Vec<(Vec<usize>, &Bits)> {
    let mut places: HashMap<&Bits, usize> = HashMap::new();
    let mut groups: Vec<(Vec<usize>, &Bits)> = vec![];
    for (index, bits) in all.iter().enumerate().filter(|(_, bits)| !bits.is_empty()) {
        let next = groups.len();
        let place = *places.entry(bits).or_insert(next);
        if place == next {
            groups.push((vec![], bits));
        }
        groups[place].0.push(index);
    }
    groups
}
