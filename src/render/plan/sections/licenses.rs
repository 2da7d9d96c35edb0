use crate::actual::Stock;
use crate::plan::{LicenseRow, Plan};

/// How an asset stands once the plan is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LicenseState {
    /// The location does not own it.
    NotOwned,
    /// Somebody goes without.
    Short,
    /// Nobody goes without, and none is free.
    NoneLeft,
    /// Some are free.
    Fine,
}

/// Licenses after apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseSummary<'p> {
    /// Location, asset and how it stands: the worst first, then those with the fewest free.
    pub rows: Vec<(&'p str, &'p LicenseRow, LicenseState)>,
    /// Wanted, and no license for them.
    pub short: u64,
}

impl<'p> LicenseSummary<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut rows: Vec<(&str, &LicenseRow, LicenseState)> = plan
            .locations
            .iter()
            .flat_map(|location| {
                location.licenses.iter().map(|row| (location.name.as_str(), row, state(row)))
            })
            .collect();
        rows.sort_by_key(|(_, row, state)| {
            (*state, std::cmp::Reverse(row.short), row.free_after.is_none(), row.free_after)
        });
        let short = crate::render::number::sum(rows.iter().map(|(_, row, _)| row.short));
        Self { rows, short }
    }

    /// How many assets stand so.
    pub fn count(&self, state: LicenseState) -> u64 {
        crate::render::number::count(self.rows.iter().filter(|row| row.2 == state).count())
    }
}

fn state(row: &LicenseRow) -> LicenseState {
    match (row.stock, row.short, row.free_after) {
        (None, ..) => LicenseState::NotOwned,
        (Some(_), 1.., _) => LicenseState::Short,
        (Some(Stock::Limited { .. }), 0, Some(0)) => LicenseState::NoneLeft,
        (Some(Stock::Limited { .. } | Stock::Unlimited), 0, _) => LicenseState::Fine,
    }
}
