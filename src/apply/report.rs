//! From what became of pairs and people to the report.

use crate::apple::error_number;
use crate::license::{HolderRef, HolderSet, Roster};
use crate::plan::Action;

use super::outcome::{ChangeReport, Failure};
use super::work::{Fate, Item, Reason, Work};

/// One per change, in the plan's order.
pub(super) fn changes(work: &Work<'_>) -> Vec<ChangeReport> {
    work.items.iter().map(|item| change(&work.roster, item)).collect()
}

fn change(roster: &Roster, item: &Item<'_>) -> ChangeReport {
    let Item { change, open, sent: _, tried: _, applied, already, failed, withheld, .. } = item;
    let waits = change.action == Action::Uninstall || item.later;
    let failures = |fates: &[Fate]| {
        fates.iter().map(|fate| failure(&fate.reason, names(roster, &fate.holders))).collect()
    };
    let withheld_pairs: u64 = withheld.iter().map(|fate| fate.holders.len()).sum();
    ChangeReport {
        asset: change.asset,
        kind: change.kind,
        name: change.name.clone(),
        action: change.action,
        cause: change.cause.clone(),
        applied: applied.len(),
        already: already.len(),
        failed: failures(failed),
        not_tried: withheld_pairs + if waits { 0 } else { open.len() },
        withheld: failures(withheld),
        waits: if waits { open.len() + item.parked.len() } else { 0 },
        reclaims: vec![],
        installs: None,
    }
}

fn names(roster: &Roster, holders: &HolderSet) -> Vec<String> {
    roster.sorted(holders).into_iter().map(HolderRef::text).map(str::to_owned).collect()
}

/// One kind of failure and everyone it hit.
pub(super) fn failure(reason: &Reason, holders: Vec<String>) -> Failure {
    let known = reason.number.and_then(error_number);
    Failure {
        number: reason.number.and_then(|number| i32::try_from(number).ok()),
        message: reason.message.clone(),
        help: known.map(|entry| entry.next.to_owned()),
        count: length(holders.len()),
        holders,
    }
}

/// A length as the reports count.
pub(super) fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
