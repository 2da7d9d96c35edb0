//! The small first request of a run.
//!
//! It is one request more than the cover of the whole needs, and leaves a hole in it. A hole can
//! break a full rectangle into two, so the trial's pair is sent a second time with the rest, but
//! only where that saves a request: assigning what is assigned changes nothing at Apple.

use std::collections::BTreeMap;

use crate::license::{Asset, HolderRef, HolderSet};
use crate::plan::Action;

use super::work::{Pairs, Work};

/// One small part of the work that can be done at once: a release if there is one, else an assign
/// of an asset that has a license free. `ready` says which holders can take part already.
pub(super) fn trial(
    work: &Work<'_>,
    size: u32,
    free: &BTreeMap<Asset, u64>,
    ready: impl Fn(HolderRef<'_>) -> bool,
) -> Option<(Action, Pairs)> {
    let size = usize::try_from(size.max(1)).unwrap_or(1);
    [Action::Release, Action::Assign].into_iter().find_map(|action| {
        let now = work.items.iter().filter(|item| item.change.action == action && !item.later);
        now.into_iter().find_map(|item| {
            let asset = item.change.asset;
            let room = match action {
                Action::Assign => free
                    .get(&asset)
                    .map_or(size, |&free| size.min(usize::try_from(free).unwrap_or(size))),
                Action::Release | Action::Uninstall => size,
            };
            let holders: HolderSet = work
                .roster
                .sorted(&item.open)
                .into_iter()
                .filter(|&holder| ready(holder))
                .filter_map(|holder| work.roster.find(holder))
                .take(room)
                .collect();
            (!holders.is_empty()).then(|| (action, Pairs::from([(asset, holders)])))
        })
    })
}
