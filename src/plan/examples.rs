//! A few holders to show, the same ones from run to run.

use crate::license::{HolderRef, HolderSet, Roster};

/// How many holders an example list shows.
const SHOWN: usize = 3;

/// At most three holders of the set: those whose names hash lowest, so that the choice does not
/// churn when others come and go.
pub(super) fn examples(roster: &Roster, set: &HolderSet) -> Vec<String> {
    let mut lowest: Vec<(u64, HolderRef<'_>)> = Vec::with_capacity(SHOWN + 1);
    for holder in set.iter().filter_map(|id| roster.get(id)) {
        let key = (hash(holder.text()), holder);
        if lowest.len() < SHOWN || lowest.last().is_some_and(|last| key < *last) {
            let place = lowest.partition_point(|other| *other < key);
            lowest.insert(place, key);
            lowest.truncate(SHOWN);
        }
    }
    lowest.into_iter().map(|(_, holder)| holder.text().to_owned()).collect()
}

/// FNV-1a with a final mix: not for keys, only for an order that has nothing to do with the names.
fn hash(text: &str) -> u64 {
    let sum = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (sum ^ (sum >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(numbers: impl Iterator<Item = u32>) -> Vec<String> {
        let mut roster = Roster::new();
        let set =
            numbers.map(|n| roster.number(HolderRef::Device(&format!("S{n}"))).unwrap()).collect();
        examples(&roster, &set)
    }

    #[test]
    fn the_same_holders_are_shown_whatever_their_numbers() {
        assert_eq!(shown(0..1000).len(), 3);
        assert_eq!(shown(0..1000), shown((0..1000).rev()));
        assert_eq!(shown(0..2).len(), 2);
    }

    #[test]
    fn a_holder_that_leaves_changes_only_its_own_place() {
        let before = shown(0..1000);
        let first: u32 = before[0][1..].parse().unwrap();
        let after = shown((0..1000).filter(|n| *n != first));
        assert_eq!(before[1..], after[..2]);
    }
}
