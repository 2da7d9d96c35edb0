use std::collections::BTreeMap;

use cel::common::ast::{Expr, operators};
use cel::{ExecutionError, IdedExpr};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use roaring::RoaringBitmap;

use super::Filter;
use super::evaluate::{Evaluator, NoAnswer};
use super::reads::Reads;
use super::row::Shape;
use super::tuples::Tuples;
use crate::inventory::table::{Column, Table};

/// Stack of a thread that evaluates, in bytes: CEL's interpreter takes tens of kilobytes a level in a
/// debug build. Only what is used of it becomes memory.
const STACK: usize = 16 << 20;

/// Rows of one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowSet(RoaringBitmap);

impl RowSet {
    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().map(|row| usize::try_from(row).unwrap_or(usize::MAX))
    }

    /// How many rows.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why a filter selects nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterProblem {
    /// It reads a column the table does not have.
    UnknownColumn {
        /// The column.
        name: String,
    },
    /// It uses a name that means nothing: only `row` does.
    UnknownName {
        /// The name.
        name: String,
    },
    /// It is neither true nor false.
    NotBool {
        /// First row it gave that for.
        row: usize,
        /// CEL's name of the type it gave.
        got: String,
    },
    /// It failed.
    Failed {
        /// First row it failed for.
        row: usize,
        /// Why, without the values of the row.
        why: String,
    },
}

/// The rows each filter selects.
///
/// An expression is evaluated once per distinct tuple of the columns it reads; one made of parts
/// joined by `&&`, part by part, so that a million rows of 200 schools and 13 grades cost 213
/// evaluations.
pub fn select(table: &Table, filters: &[&Filter]) -> Vec<Result<RowSet, FilterProblem>> {
    match ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(|| select_here(table, filters)),
        Err(error) => {
            let problem = FilterProblem::Failed { row: 0, why: error.to_string() };
            filters.iter().map(|_| Err(problem.clone())).collect()
        }
    }
}

fn select_here(table: &Table, filters: &[&Filter]) -> Vec<Result<RowSet, FilterProblem>> {
    let shape = Shape::of(table);
    let mut found: Vec<Option<Result<RowSet, FilterProblem>>> =
        filters.iter().map(|filter| static_problem(table, filter).map(Err)).collect();
    let mut parts = vec![];
    for (index, filter) in filters.iter().enumerate() {
        if found.get(index).is_some_and(Option::is_none) {
            parts.extend(conjuncts(filter.program.expression()).into_iter().map(|expression| {
                Part { filter: index, expression, columns: columns(table, &Reads::of(expression)) }
            }));
        }
    }
    let by_parts = evaluate(table, &shape, parts);
    let mut whole = vec![];
    for (index, answers) in by_parts {
        let filter = filters.get(index);
        if let Some(Ok(rows)) = intersection(answers)
            && let Some(slot) = found.get_mut(index)
        {
            *slot = Some(Ok(rows));
        } else if let Some(filter) = filter {
            // A part may fail where another, on its own, is false: `row.n != "" && int(row.n) > 5`.
            // Only the whole expression can tell.
            let columns = columns(table, &filter.reads);
            whole.push(Part { filter: index, expression: filter.program.expression(), columns });
        }
    }
    for (index, answers) in evaluate(table, &shape, whole) {
        if let Some(slot) = found.get_mut(index) {
            *slot = intersection(answers);
        }
    }
    found.into_iter().map(|result| result.unwrap_or_else(|| Ok(RowSet::default()))).collect()
}

/// What is wrong with a filter for every row of the table.
fn static_problem(table: &Table, filter: &Filter) -> Option<FilterProblem> {
    let reads = &filter.reads;
    let known = |name: &String| table.header().contains(name);
    if let Some(name) = reads.columns.iter().find(|name| !known(name)) {
        return Some(FilterProblem::UnknownColumn { name: name.clone() });
    }
    reads.unbound.first().map(|name| FilterProblem::UnknownName { name: name.clone() })
}

/// One expression to evaluate, and the columns it reads.
struct Part<'e, 't> {
    filter: usize,
    expression: &'e IdedExpr,
    columns: Vec<(usize, &'t Column)>,
}

type Answers = Vec<Result<RowSet, FilterProblem>>;

/// Evaluates the parts, those over the same columns together, and gives each filter its answers.
fn evaluate<'t>(
    table: &'t Table,
    shape: &'t Shape<'t>,
    parts: Vec<Part<'_, 't>>,
) -> BTreeMap<usize, Answers> {
    let mut by_columns: BTreeMap<Vec<usize>, Vec<Part<'_, 't>>> = BTreeMap::new();
    for part in parts {
        let key = part.columns.iter().map(|&(index, _)| index).collect();
        by_columns.entry(key).or_default().push(part);
    }
    let mut answers: BTreeMap<usize, Answers> = BTreeMap::new();
    // One set of columns after the other: the numbers of its tuples take four bytes a row.
    for parts in by_columns.into_values() {
        let columns: Vec<&Column> = parts
            .first()
            .map(|part| part.columns.iter().map(|&(_, column)| column).collect())
            .unwrap_or_default();
        let tuples = Tuples::of(table, &columns);
        let found: Vec<_> = parts
            .par_iter()
            .map(|part| (part.filter, rows(part.expression, shape, &tuples)))
            .collect();
        for (filter, rows) in found {
            answers.entry(filter).or_default().push(rows);
        }
    }
    answers
}

/// The rows one expression selects.
fn rows<'t>(
    expression: &IdedExpr,
    shape: &'t Shape<'t>,
    tuples: &Tuples<'_>,
) -> Result<RowSet, FilterProblem> {
    let mut evaluator = Evaluator::new(expression, shape);
    let answers = tuples
        .first_rows()
        .iter()
        .map(|&row| evaluator.answer(row).map_err(|no_answer| problem(row, no_answer)))
        .collect::<Result<Vec<bool>, _>>()?;
    let rows = if answers.iter().all(|&answer| answer) {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..u32::try_from(tuples.ids().count()).unwrap_or(u32::MAX));
        all
    } else if answers.iter().any(|&answer| answer) {
        let selected = (0_u32..).zip(tuples.ids());
        RoaringBitmap::from_sorted_iter(
            selected
                .filter(|&(_, id)| answers.get(id).copied().unwrap_or(false))
                .map(|(row, _)| row),
        )
        .unwrap_or_default()
    } else {
        RoaringBitmap::new()
    };
    Ok(RowSet(rows))
}

fn intersection(answers: Answers) -> Option<Result<RowSet, FilterProblem>> {
    answers.into_iter().reduce(|all, next| {
        let RowSet(all) = all?;
        Ok(RowSet(all & next?.0))
    })
}

/// The parts of `a && b && c`.
fn conjuncts(expression: &IdedExpr) -> Vec<&IdedExpr> {
    let mut parts = vec![];
    let mut open = vec![expression];
    while let Some(next) = open.pop() {
        if let Expr::Call(call) = &next.expr
            && call.func_name == operators::LOGICAL_AND
        {
            open.extend(call.args.iter().rev());
        } else {
            parts.push(next);
        }
    }
    parts
}

fn columns<'t>(table: &'t Table, reads: &Reads) -> Vec<(usize, &'t Column)> {
    let read = |column: &Column| {
        reads.whole || reads.columns.contains(column.name()) || reads.tested.contains(column.name())
    };
    table.columns().iter().enumerate().filter(|(_, column)| read(column)).collect()
}

fn problem(row: usize, no_answer: NoAnswer) -> FilterProblem {
    match no_answer {
        NoAnswer::NotBool(got) => FilterProblem::NotBool { row, got },
        NoAnswer::Failed(error) => FilterProblem::Failed { row, why: reason(&error) },
    }
}

/// CEL's message. It can repeat values of the row, so it is made printable where it is shown.
fn reason(error: &ExecutionError) -> String {
    error.to_string()
}
