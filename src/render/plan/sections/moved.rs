use jiff::Timestamp;

use crate::plan::{Drift, Plan};
use crate::render::number::sum;

/// What other hands moved since the last apply, the most first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved<'p> {
    /// One per asset.
    pub rows: Vec<&'p Drift>,
}

impl<'p> Moved<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut rows: Vec<&Drift> = plan.drift.iter().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.gained.saturating_add(row.lost)));
        Self { rows }
    }

    /// How many hold something that they did not hold then.
    pub fn gained(&self) -> u64 {
        sum(self.rows.iter().map(|row| row.gained))
    }

    /// How many do not hold any more what they held then.
    pub fn lost(&self) -> u64 {
        sum(self.rows.iter().map(|row| row.lost))
    }

    /// Since when: the last run, where all locations have the same one.
    pub fn since(&self) -> String {
        let when = |at: Timestamp| at.strftime("%Y-%m-%d %H:%MZ").to_string();
        match self.rows.split_first() {
            Some((first, rest)) if rest.iter().all(|row| row.run == first.run) => {
                // A saved plan can hold any text here.
                let id = first.run.chars().filter(char::is_ascii_alphanumeric);
                let run: String = id.take(8).collect();
                format!("run {run} of {}", when(first.since))
            }
            Some(_) | None => "the last run at each location".to_owned(),
        }
    }
}
