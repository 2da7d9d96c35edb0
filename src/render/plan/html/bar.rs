use crate::actual::Stock;
use crate::plan::LicenseRow;

/// The length of the whole bar.
const WHOLE: u64 = 1000;

/// The licenses of one asset as parts of a bar of 1,000: what stays assigned, what is given, what
/// comes back, and what is short beyond the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bar {
    /// From 0.
    pub(super) stays: u64,
    /// After what stays.
    pub(super) given: u64,
    /// Assigned now and free after, beside what stays and is given.
    pub(super) back: u64,
    /// At the end: wanted and not there.
    pub(super) short: u64,
    /// Where the licenses that there are end; after it are those that are missing.
    pub(super) total: u64,
}

impl Bar {
    /// `None` where there is no total to draw against.
    pub(super) fn of(row: &LicenseRow) -> Option<Self> {
        let Some(Stock::Limited { total, available: _, retired: _ }) = row.stock else {
            return None;
        };
        let stays = row.assigned.saturating_sub(row.release);
        let used = stays.saturating_add(row.assign);
        // What comes back is given again first.
        let back = row.assigned.saturating_sub(used);
        let end = total.max(used).max(row.assigned);
        let whole = end.saturating_add(row.short);
        if whole == 0 {
            return None;
        }
        let part = |number: u64| {
            let scaled = u128::from(number) * u128::from(WHOLE) / u128::from(whole);
            u64::try_from(scaled).unwrap_or(WHOLE)
        };
        let (stays_at, used_at) = (part(stays), part(used));
        Some(Self {
            stays: stays_at,
            given: used_at.saturating_sub(stays_at),
            back: part(used.saturating_add(back)).saturating_sub(used_at),
            short: WHOLE.saturating_sub(part(end)),
            total: part(end),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::{Asset, AssetKind, PricingParam};

    fn row(total: u64, assigned: u64, assign: u64, release: u64, short: u64) -> LicenseRow {
        let asset = Asset { adam_id: "1".parse().unwrap(), pricing_param: PricingParam::Standard };
        LicenseRow {
            asset,
            kind: AssetKind::App,
            name: "Pages".into(),
            stock: Some(Stock::Limited { total, available: total - assigned, retired: 0 }),
            assigned,
            desired: 0,
            assign,
            release,
            uninstall: 0,
            short,
            free_after: None,
        }
    }

    #[test]
    fn the_parts_are_where_the_numbers_are() {
        let bar = Bar::of(&row(100, 50, 20, 10, 0)).unwrap();
        assert_eq!(bar, Bar { stays: 400, given: 200, back: 0, short: 0, total: 1000 });
        let bar = Bar::of(&row(100, 50, 0, 10, 0)).unwrap();
        assert_eq!(bar, Bar { stays: 400, given: 0, back: 100, short: 0, total: 1000 });
        let bar = Bar::of(&row(100, 50, 50, 0, 100)).unwrap();
        assert_eq!(bar, Bar { stays: 250, given: 250, back: 0, short: 500, total: 500 });
    }

    #[test]
    fn any_numbers_have_a_bar_that_ends_where_it_must() {
        let most = u64::MAX;
        for (total, assigned, assign) in [(most, most, most), (0, 0, 0), (1, 1, most)] {
            let row = row(total, assigned, assign, 3, most);
            let bar = Bar::of(&row).unwrap();
            assert!(bar.stays + bar.given + bar.back + bar.short <= WHOLE, "{bar:?}");
        }
    }
}
