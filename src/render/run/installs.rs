use std::collections::BTreeMap;

use crate::apply::outcome::{Failure, InstallOutcome, InstallTotals, RunReport};
use crate::render::number::{counted, grouped};

/// Installations of which the same is to be said, over all apps and locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallRow<'r> {
    /// Whether it has failed, or is not possible.
    pub failed: bool,
    /// What is said.
    pub why: &'r str,
    /// Apps by name, and how many of each.
    pub hit: Vec<(&'r str, u64)>,
    /// How many.
    pub count: u64,
}

/// What is to be said of installations: what failed first, then the most.
pub(super) fn installs(report: &RunReport) -> Vec<InstallRow<'_>> {
    let mut rows: BTreeMap<(bool, &str), InstallRow<'_>> = BTreeMap::new();
    for location in &report.locations {
        let now = location.changes.iter();
        let now = now.filter_map(|one| Some((one.name.as_str(), one.installs.as_ref()?)));
        let earlier = location.installs.iter().map(|one| (one.name.as_str(), &one.outcome));
        for (name, outcome) in now.chain(earlier) {
            let InstallOutcome { sent: _, acknowledged: _, failed, waits, impossible } = outcome;
            let failures = failed.iter().chain(impossible);
            let failures = failures.map(|Failure { message, count, .. }| (true, message, *count));
            let waits = waits.iter().map(|wait| (false, &wait.why, wait.count));
            for (failed, why, count) in failures.chain(waits) {
                let row = rows.entry((failed, why.as_str())).or_insert_with(|| InstallRow {
                    failed,
                    why,
                    hit: vec![],
                    count: 0,
                });
                row.count = row.count.saturating_add(count);
                match row.hit.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, hit)) => *hit = hit.saturating_add(count),
                    None => row.hit.push((name, count)),
                }
            }
        }
    }
    let mut rows: Vec<InstallRow<'_>> = rows.into_values().collect();
    rows.sort_by_key(|row| (!row.failed, std::cmp::Reverse(row.count)));
    rows
}

/// How installations went: `40 commands sent: 38 acknowledged, 1 failed, 1 waits`.
pub(super) fn went(totals: InstallTotals) -> String {
    let InstallTotals { sent, acknowledged, failed, waits, impossible } = totals;
    let parts: Vec<String> = [
        (acknowledged, "acknowledged"),
        (failed, "failed"),
        (waits, if waits == 1 { "waits" } else { "wait" }),
        (impossible, "not possible"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{} {what}", grouped(count)))
    .collect();
    let sent = counted(sent, "command sent", "commands sent");
    if parts.is_empty() { sent } else { format!("{sent}: {}", parts.join(", ")) }
}
