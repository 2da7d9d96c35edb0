use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// No pause of our own is longer.
const LONGEST: Duration = Duration::from_secs(30);

/// How long to wait after the `tries`-th try: twice as long each time, and by chance between half
/// of that and all of it, so that many runs do not come back at the same moment.
pub(crate) fn pause(first: Duration, tries: u32) -> Duration {
    let whole = first.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST);
    // Every hasher is keyed anew; no more chance than this is needed.
    let chance = u32::try_from(RandomState::new().hash_one(tries) % 1001).unwrap_or(500);
    whole / 2 + whole / 2 * chance / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_differ() {
        let first = Duration::from_millis(500);
        for (tries, whole) in [(1, 500), (2, 1000), (3, 2000), (7, 30_000), (4_000_000_000, 30_000)]
        {
            let pauses: Vec<_> = (0..50).map(|_| pause(first, tries)).collect();
            let whole = Duration::from_millis(whole);
            assert!(pauses.iter().all(|p| (whole / 2..=whole).contains(p)), "{tries}: {pauses:?}");
            assert!(pauses.iter().any(|p| *p != pauses[0]), "no chance in {pauses:?}");
        }
    }
}
