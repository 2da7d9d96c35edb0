//! Sets of holders in messages.

use std::collections::BTreeSet;

use crate::inventory::{MOST_EXAMPLES, examples, shown};
use crate::license::{HolderRef, HolderSet, Roster};

/// For example `3 devices and 1 person`.
pub(super) fn count_of(set: &HolderSet, roster: &Roster) -> String {
    let people = set.intersection_len(roster.users());
    let devices = set.len() - people;
    let devices_text = format!("{devices} {}", if devices == 1 { "device" } else { "devices" });
    let people_text = format!("{people} {}", if people == 1 { "person" } else { "people" });
    match (devices, people) {
        (_, 0) => devices_text,
        (0, _) => people_text,
        (_, _) => format!("{devices_text} and {people_text}"),
    }
}

/// The first few holders in the order people see, and how many more there are.
pub(super) fn first_names(set: &HolderSet, roster: &Roster) -> String {
    let mut first: BTreeSet<HolderRef<'_>> = BTreeSet::new();
    for holder in set.iter().filter_map(|id| roster.get(id)) {
        if first.len() < MOST_EXAMPLES {
            first.insert(holder);
        } else if first.last().is_some_and(|&last| holder < last) && first.insert(holder) {
            first.pop_last();
        }
    }
    let names: Vec<String> = first.into_iter().map(|holder| shown(holder.text())).collect();
    examples(&names, set.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_names_do_not_depend_on_numbering() {
        let mut roster = Roster::new();
        let set: HolderSet = ["H", "C", "A", "G", "B", "E", "D", "F"]
            .map(|name| roster.number(HolderRef::Device(name)).unwrap())
            .into_iter()
            .collect();
        assert_eq!(first_names(&set, &roster), "`A`, `B`, `C`, `D`, `E`, and 3 more");
        assert_eq!(count_of(&set, &roster), "8 devices");
    }
}
