use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::people::hex;

/// What a `versionId` is about. Each data set has its own versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dataset {
    Assets,
    Assignments,
    Users,
    Subscriptions,
}

impl Dataset {
    fn tag(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::Assignments => "assignments",
            Self::Users => "users",
            Self::Subscriptions => "subscriptions",
        }
    }

    /// The text of a version: opaque, and of no use for another data set or location.
    pub(crate) fn version_id(self, uid: &str, version: u64) -> String {
        format!("{}{version:016x}", self.check(uid, version))
    }

    /// The version behind a text; `None` where this data set never gave it.
    pub(crate) fn parse(self, uid: &str, text: &str) -> Option<u64> {
        let (check, digits) = text.split_at_checked(16)?;
        let version = u64::from_str_radix(digits, 16).ok()?;
        (digits.len() == 16 && check == self.check(uid, version)).then_some(version)
    }

    fn check(self, uid: &str, version: u64) -> String {
        hex(&[self.tag().as_bytes(), uid.as_bytes(), &version.to_le_bytes()], 8)
    }
}

/// How many entries are kept at most, whatever the versions.
const MOST_ENTRIES: usize = 250_000;

/// Versions of a data set, and what each of them brought. Apple does not say how long it remembers
/// a version; here it is bounded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChangeLog<T> {
    current: u64,
    /// The oldest version whose followers are all still known.
    oldest: u64,
    entries: VecDeque<(u64, T)>,
    keep: u64,
}

impl<T> ChangeLog<T> {
    /// A log whose versions count on from `first`.
    pub(crate) fn new(first: u64, keep: u64) -> Self {
        Self { current: first, oldest: first, entries: VecDeque::new(), keep }
    }

    pub(crate) fn current(&self) -> u64 {
        self.current
    }

    /// Makes a new version that brought these.
    pub(crate) fn record(&mut self, changed: impl IntoIterator<Item = T>) {
        self.current = self.current.saturating_add(1);
        let version = self.current;
        self.entries.extend(changed.into_iter().map(|item| (version, item)));
        self.oldest = self.oldest.max(self.current.saturating_sub(self.keep));
        while let Some((version, _)) = self.entries.front() {
            if self.entries.len() <= MOST_ENTRIES && *version > self.oldest {
                break;
            }
            self.oldest = self.oldest.max(*version);
            self.entries.pop_front();
        }
    }

    /// What came after a version; `None` where it is not known (any more).
    pub(crate) fn since(&self, version: u64) -> Option<impl Iterator<Item = &T>> {
        if version < self.oldest || version > self.current {
            return None;
        }
        let first = self.entries.partition_point(|(at, _)| *at <= version);
        Some(self.entries.range(first..).map(|(_, item)| item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_belong_to_their_data_set_and_location() {
        let id = Dataset::Users.version_id("1", 7);
        assert_eq!(Dataset::Users.parse("1", &id), Some(7));
        assert_eq!(Dataset::Assignments.parse("1", &id), None);
        assert_eq!(Dataset::Users.parse("2", &id), None);
        for bad in ["", "x", "é23456789012345678901234567890é", &id[1..]] {
            assert_eq!(Dataset::Users.parse("1", bad), None, "{bad}");
        }
    }

    #[test]
    fn a_log_answers_for_the_versions_it_keeps() {
        let mut log = ChangeLog::new(1, 2);
        for n in 0..5 {
            log.record([n]);
        }
        let since = |version| log.since(version).map(|items| items.copied().collect::<Vec<_>>());
        assert_eq!(log.current(), 6);
        assert_eq!(since(6), Some(vec![]));
        assert_eq!(since(4), Some(vec![3, 4]));
        assert_eq!(since(3), None);
        assert_eq!(since(7), None);
    }

    #[test]
    fn a_log_never_grows_without_end() {
        let mut log = ChangeLog::new(1, u64::MAX);
        let before = log.current();
        log.record(0..300_000);
        assert!(log.entries.len() <= MOST_ENTRIES);
        assert!(log.since(before).is_none(), "what was dropped must not be answered in part");
    }
}
