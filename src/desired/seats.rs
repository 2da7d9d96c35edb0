//! The entries of one subscription to disjoint sets of people.

use std::collections::BTreeMap;

use super::entries::{Reach, Reached};
use super::{ResolvedGroup, WantedSeats, WantedSubscription};
use crate::diagnostic::{At, Span};
use crate::license::{HolderSet, Roster};
use crate::manifest::kind::SubscriptionManifest;

pub(super) fn resolve<'m>(
    manifest: &'m SubscriptionManifest,
    groups: &BTreeMap<String, ResolvedGroup>,
    roster: &Roster,
    reached: &mut Reached<'m>,
) -> WantedSubscription {
    let mut reach = |group: &'m At<String>| {
        reached.entry((&group.value, Reach::Users)).or_default().push(group.span);
        let group = groups.get(&group.value);
        group.map(|group| Reach::Users.holders(group, roster)).unwrap_or_default()
    };
    let mut entries: Vec<WantedSeats> = manifest
        .assign
        .iter()
        .map(|entry| {
            let holders = reach(&entry.to);
            WantedSeats {
                group: entry.to.value.clone(),
                renewing: entry.renewing.unwrap_or(manifest.renewing),
                span: entry.span,
                named: holders.len(),
                holders,
            }
        })
        .collect();
    let line = |group: &At<String>, holders: HolderSet| -> (String, Span, HolderSet) {
        (group.value.clone(), group.span, holders)
    };
    let administrators = manifest
        .administrators
        .as_ref()
        .map(|groups| groups.iter().map(|group| line(group, reach(group))).collect());
    let except_lines: Vec<_> = manifest
        .except
        .iter()
        .map(|group| {
            let members = groups.get(&group.value);
            let members = members.map(|one| Reach::Users.holders(one, roster)).unwrap_or_default();
            line(group, members)
        })
        .collect();
    let mut decided = HolderSet::new();
    for (_, _, holders) in &except_lines {
        decided |= holders;
    }
    // A seat that goes on beats one that ends, whichever stands first.
    for renewing in [true, false] {
        for entry in entries.iter_mut().filter(|entry| entry.renewing == renewing) {
            entry.holders -= &decided;
            decided |= &entry.holders;
        }
    }
    WantedSubscription {
        adam_id: manifest.adam_id.value,
        name: manifest.name.value.clone(),
        span: manifest.name.span,
        assign_span: manifest.assign_span,
        location: manifest.location.value.clone(),
        entries,
        except_lines,
        reclaim: manifest.reclaim.as_ref().map(|mode| mode.value),
        reclaim_span: manifest.reclaim.as_ref().map(|mode| mode.span),
        deferred: manifest.deferred,
        when_short: manifest.when_short,
        administrators,
    }
}
