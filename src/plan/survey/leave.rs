use super::{PlacedAt, Survey};
use crate::desired::WantedAsset;
use crate::license::{HolderRef, HolderSet, Roster};
use crate::manifest::kind::{Intent, ReclaimMode};
use crate::plan::{Action, Cause, CauseKind, InactionKind};

/// Holders a license is taken back from, for one cause.
pub(in super::super) struct Reclaim {
    pub(in super::super) action: Action,
    pub(in super::super) cause: Cause,
    pub(in super::super) holders: HolderSet,
}

/// Holders nothing is done about, for one cause.
pub(in super::super) struct Stay {
    pub(in super::super) kind: InactionKind,
    pub(in super::super) cause: Cause,
    pub(in super::super) holders: HolderSet,
}

/// Sorts out everybody who holds the asset here and is not wanted here.
///
/// `except` beats every entry, an `uninstall` entry beats the mode for holders nobody names, and
/// what cannot come back or is protected stays whatever the manifests say.
pub(super) fn leaving(
    survey: &Survey<'_>,
    wanted: &WantedAsset,
    irrevocable: bool,
    at: &mut PlacedAt<'_>,
) {
    let mode = mode(survey, wanted, at.site);
    let action = match mode {
        ReclaimMode::Uninstall => Some(Action::Uninstall),
        ReclaimMode::Release => Some(Action::Release),
        ReclaimMode::Keep => None,
    };
    let mut rest = &at.held - &at.kept;
    if rest.is_empty() {
        return;
    }
    let mut take = |rest: &mut HolderSet, of: &HolderSet, action, cause: Cause| {
        let holders = &*rest & of;
        if !holders.is_empty() {
            *rest -= &holders;
            settle(survey, wanted, irrevocable, at, action, &cause, holders);
        }
    };
    for (group, span, members) in &wanted.except_lines {
        let cause = survey.cause(*span, CauseKind::Except { group: group.clone() });
        take(&mut rest, members, action, cause);
    }
    for entry in &wanted.entries {
        if entry.intent == Intent::Uninstall {
            let kind = CauseKind::Entry { group: entry.group.clone(), intent: entry.intent };
            let cause = survey.cause(entry.span, kind);
            take(&mut rest, &entry.holders, Some(Action::Uninstall), cause);
        }
    }
    let written = survey.manifest(wanted).and_then(|manifest| manifest.reclaim.as_ref());
    let span = written.map_or(wanted.span, |written| written.span);
    let everybody = rest.clone();
    take(&mut rest, &everybody, action, survey.cause(span, CauseKind::Unnamed { reclaim: mode }));
}

/// How licenses come back from holders no entry names: the app's word, else the location's, else
/// the one that cannot hurt.
pub(in super::super) fn mode(
    survey: &Survey<'_>,
    wanted: &WantedAsset,
    site: usize,
) -> ReclaimMode {
    let location = survey.site(site).and_then(|site| site.manifest.reclaim.as_ref());
    wanted.reclaim.or(location.map(|mode| mode.value)).unwrap_or(ReclaimMode::Keep)
}

fn settle(
    survey: &Survey<'_>,
    wanted: &WantedAsset,
    irrevocable: bool,
    at: &mut PlacedAt<'_>,
    action: Option<Action>,
    cause: &Cause,
    mut holders: HolderSet,
) {
    let mut stay = |kind, holders: HolderSet| {
        if !holders.is_empty() {
            at.stays.push(Stay { kind, cause: cause.clone(), holders });
        }
    };
    if irrevocable {
        return stay(InactionKind::Irrevocable, holders);
    }
    let Some(action) = action else {
        return stay(InactionKind::Kept, holders);
    };
    let mut safe = HolderSet::new();
    for rule in survey.protected.iter().filter(|rule| rule.covers(wanted)) {
        safe |= &rule.of(&holders);
    }
    holders -= &safe;
    stay(InactionKind::Protected, safe);
    let odd = malformed(survey.roster, &holders);
    holders -= &odd;
    stay(InactionKind::Malformed, odd);
    if !holders.is_empty() {
        at.reclaims.push(Reclaim { action, cause: cause.clone(), holders });
    }
}

/// Those Apple names in a way that could not be sent back to the letter.
fn malformed(roster: &Roster, holders: &HolderSet) -> HolderSet {
    let exact = |id| {
        let written = roster.get(id).map(HolderRef::text);
        roster.to_holder(id).is_some_and(|holder| Some(holder.as_ref().text()) == written)
    };
    holders.iter().filter(|id| !exact(*id)).collect()
}
