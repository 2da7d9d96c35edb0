//! When a run stops by itself: too many errors of one kind.

use std::collections::BTreeMap;

use crate::manifest::kind::Breaker as Bounds;

/// The kind of an error: Apple's number, or none where Apple gave none.
pub(super) type ErrorKind = Option<i64>;

/// Counts what was tried and what failed, and says when to stop.
#[derive(Debug, Clone)]
pub(super) struct Breaker {
    bounds: Bounds,
    tried: u64,
    failed: BTreeMap<ErrorKind, u64>,
    row: Option<(ErrorKind, u64)>,
}

impl Breaker {
    /// A breaker that has seen nothing.
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, tried: 0, failed: BTreeMap::new(), row: None }
    }

    /// Takes note of pairs that worked.
    pub(super) fn worked(&mut self, pairs: u64) {
        self.tried += pairs;
        if pairs > 0 {
            self.row = None;
        }
    }

    /// Takes note of pairs that failed one after the other.
    pub(super) fn failed(&mut self, kind: ErrorKind, pairs: u64) {
        self.tried += pairs;
        *self.failed.entry(kind).or_default() += pairs;
        self.row = match self.row {
            Some((last, count)) if last == kind => Some((kind, count + pairs)),
            Some(_) | None => Some((kind, pairs)),
        };
    }

    /// Takes note of one request's pairs, which Apple works on in no particular order: only where
    /// all of them failed they go on with a row of failures.
    pub(super) fn request(&mut self, worked: u64, failed: &BTreeMap<ErrorKind, u64>) {
        for (&kind, &pairs) in failed {
            self.failed(kind, pairs);
        }
        self.worked(worked);
    }

    /// Why nothing more should be started, if so.
    pub(super) fn tripped(&self) -> Option<String> {
        if let Some((kind, count)) = self.row
            && count >= u64::from(self.bounds.errors_in_a_row)
        {
            return Some(format!(
                "{count} failures in a row with {} (the policy stops a run at {})",
                name(kind),
                self.bounds.errors_in_a_row
            ));
        }
        // A share of a handful says nothing; the small first requests of a run look after those.
        if self.tried < u64::from(self.bounds.errors_in_a_row) {
            return None;
        }
        self.failed.iter().find_map(|(&kind, &count)| {
            let percent = percent(count, self.tried);
            (percent > self.bounds.error_percent).then(|| {
                format!(
                    "{count} of {} tried failed with {}, {percent:.1} % (the policy stops a run \
                     above {} %)",
                    self.tried,
                    name(kind),
                    self.bounds.error_percent
                )
            })
        })
    }
}

fn name(kind: ErrorKind) -> String {
    kind.map_or_else(|| "no error number".to_owned(), |number| format!("error {number}"))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a share for people; pair counts stay far below 2^52"
)]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker(error_percent: f64, errors_in_a_row: u32) -> Breaker {
        Breaker::new(Bounds { error_percent, errors_in_a_row, canary: 1 })
    }

    #[test]
    fn a_share_above_the_bound_of_one_kind_trips() {
        let mut it = breaker(5.0, 50);
        it.worked(95);
        it.failed(Some(9609), 5);
        assert_eq!(it.tripped(), None);
        it.failed(Some(9609), 1);
        let why = it.tripped().unwrap();
        assert!(why.starts_with("6 of 101 tried failed with error 9609, 5.9 %"), "{why}");
    }

    #[test]
    fn different_kinds_are_not_added_up() {
        let mut it = breaker(5.0, 50);
        it.worked(90);
        it.failed(Some(9609), 5);
        it.failed(Some(9709), 5);
        assert_eq!(it.tripped(), None);
    }

    #[test]
    fn a_share_of_a_handful_does_not_trip() {
        let mut it = breaker(5.0, 20);
        it.worked(3);
        it.failed(Some(9609), 1);
        assert_eq!(it.tripped(), None);
    }

    #[test]
    fn failures_among_successes_of_one_request_are_no_row() {
        let mut it = breaker(5.0, 20);
        it.request(980, &BTreeMap::from([(Some(9609), 20)]));
        assert_eq!(it.tripped(), None);
        it.request(0, &BTreeMap::from([(Some(9609), 20)]));
        assert!(it.tripped().unwrap().starts_with("20 failures in a row with error 9609"));
    }

    #[test]
    fn so_many_in_a_row_trip_and_one_success_starts_the_count_again() {
        let mut it = breaker(100.0, 20);
        it.failed(Some(9709), 19);
        it.worked(1);
        it.failed(Some(9709), 19);
        assert_eq!(it.tripped(), None);
        it.failed(Some(9709), 1);
        assert!(it.tripped().unwrap().starts_with("20 failures in a row with error 9709"));
    }
}
