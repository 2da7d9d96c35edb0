//! Who has a seat, who gets one, who loses it: sets, one subscription at a time.

use super::super::survey::{SiteState, Survey, first_in_order};
use super::model::{AdministratorAction, SeatAction, SeatInactionKind};
use crate::actual::{Actual, LocationSeats, SeatHolders, SeatSplit, Subscription, UserStatus};
use crate::desired::{WantedSeats, WantedSubscription};
use crate::diagnostic::Span;
use crate::license::{ClientUserId, HolderRef, HolderSet};
use crate::manifest::kind::{Intent, ReclaimMode};
use crate::plan::people::is_active;
use crate::plan::{Cause, CauseKind};

/// One managed subscription, compared.
pub(in super::super) struct Seated<'a> {
    pub(in super::super) wanted: &'a WantedSubscription,
    /// The location's place in the order of the manifests.
    pub(in super::super) site: usize,
    /// Whether the location was read and may be changed.
    pub(in super::super) open: bool,
    /// What Apple says of it; `None` where the location has no seat of it.
    pub(in super::super) owned: Option<&'a Subscription>,
    /// Everybody who holds a seat.
    pub(in super::super) held: HolderSet,
    /// Those who are wanted and have the seat they should have.
    pub(in super::super) kept: HolderSet,
    /// What moves.
    pub(in super::super) moves: Vec<(SeatAction, Cause, HolderSet)>,
    /// What nothing is done about.
    pub(in super::super) stays: Vec<(SeatInactionKind, Cause, HolderSet)>,
    /// Wanted people without a seat that nothing stands in the way of, before seats are counted.
    pub(in super::super) pending: u64,
    /// Those for whom no seat is left, by entry.
    pub(in super::super) short: Vec<(Cause, HolderSet)>,
    /// Administrators that change, and the line that says so.
    pub(in super::super) administrators: Vec<(AdministratorAction, Span, HolderSet)>,
    /// Everybody who should administer it, and can be told of.
    pub(in super::super) administering: HolderSet,
    /// Seats left to give.
    pub(in super::super) free: SeatSplit,
}

impl Seated<'_> {
    /// How many people this happens to.
    pub(in super::super) fn count(&self, of: impl Fn(SeatAction) -> bool) -> u64 {
        self.moves.iter().filter(|(action, ..)| of(*action)).map(|(.., who)| who.len()).sum()
    }

    /// Everybody this happens to.
    pub(in super::super) fn whom(&self, of: impl Fn(SeatAction) -> bool) -> HolderSet {
        let mut all = HolderSet::new();
        let of_it = self.moves.iter().filter(|(action, ..)| of(*action));
        of_it.for_each(|(.., who)| all |= who);
        all
    }

    /// How many nothing is done about for this reason.
    pub(in super::super) fn staying(&self, of: impl Fn(SeatInactionKind) -> bool) -> u64 {
        self.stays.iter().filter(|(kind, ..)| of(*kind)).map(|(.., who)| who.len()).sum()
    }

    /// How many get no seat since there is none.
    pub(in super::super) fn without(&self) -> u64 {
        self.short.iter().map(|(_, who)| who.len()).sum()
    }

    /// Everybody Apple must know of for this: who has or gets a seat, who waits for one, who
    /// administers it.
    pub(in super::super) fn people(&self) -> HolderSet {
        let mut all = &self.kept | &self.whom(|action| !action.is_reclaim());
        for (kind, _, who) in &self.stays {
            if *kind == SeatInactionKind::NotAssociated {
                all |= who;
            }
        }
        all |= &self.administering;
        all
    }
}

/// Compares every managed subscription.
pub(in super::super) fn seat_all<'a>(survey: &Survey<'a>) -> Vec<Seated<'a>> {
    let subscriptions = survey.desired.subscriptions.iter();
    subscriptions.filter_map(|wanted| seat(survey, wanted)).collect()
}

fn seat<'a>(survey: &Survey<'a>, wanted: &'a WantedSubscription) -> Option<Seated<'a>> {
    let site = survey.place_of(&wanted.location)?;
    let (actual, open) = match survey.site(site)?.state {
        SiteState::Open(actual) => (actual, true),
        SiteState::Closed(actual, _) => (actual, false),
        SiteState::Unread(_) => return None,
    };
    let seats = actual.seats.as_ref();
    let holders = seats.and_then(|seats| seats.held.get(&wanted.adam_id)).cloned();
    let holders = holders.unwrap_or_default();
    let owned = seats.and_then(|seats| seats.subscriptions.get(&wanted.adam_id));
    let mut seated = Seated {
        wanted,
        site,
        open,
        owned,
        held: holders.all(),
        kept: HolderSet::new(),
        moves: vec![],
        stays: vec![],
        pending: 0,
        short: vec![],
        administrators: vec![],
        administering: HolderSet::new(),
        free: owned.map(|owned| owned.counts.available).unwrap_or_default(),
    };
    for entry in &wanted.entries {
        let right = if entry.renewing { &holders.renewing } else { &holders.expiring };
        seated.kept |= &(&entry.holders & right);
    }
    if open {
        leaving(survey, &holders, &mut seated);
        give(survey, actual, &holders, &mut seated);
        if let Some(seats) = seats.filter(|_| owned.is_some()) {
            administrators(survey, actual, seats, &mut seated);
        }
    }
    Some(seated)
}

/// Sorts out everybody who holds a seat and is not wanted.
fn leaving(survey: &Survey<'_>, holders: &SeatHolders, seated: &mut Seated<'_>) {
    let wanted = seated.wanted;
    let location = survey.site(seated.site).and_then(|site| site.manifest.reclaim.as_ref());
    // A seat comes back without anything being uninstalled.
    let mode = match wanted.reclaim.or(location.map(|mode| mode.value)) {
        Some(ReclaimMode::Release | ReclaimMode::Uninstall) => ReclaimMode::Release,
        Some(ReclaimMode::Keep) | None => ReclaimMode::Keep,
    };
    let mut rest = seated.held.clone();
    wanted.entries.iter().for_each(|entry| rest -= &entry.holders);
    let mut parts = vec![];
    for (group, span, people) in &wanted.except_lines {
        let part = &rest & people;
        rest -= &part;
        parts.push((survey.cause(*span, CauseKind::Except { group: group.clone() }), part));
    }
    let span = wanted.reclaim_span.unwrap_or(wanted.span);
    parts.push((survey.cause(span, CauseKind::Unnamed { reclaim: mode }), rest));
    for (cause, mut part) in parts {
        let mut stay = |kind, who: HolderSet| {
            if !who.is_empty() {
                seated.stays.push((kind, cause.clone(), who));
            }
        };
        if mode == ReclaimMode::Keep {
            stay(SeatInactionKind::Kept, part);
            continue;
        }
        let mut safe = HolderSet::new();
        let rules = survey.protected.iter();
        for rule in rules.filter(|rule| rule.covers_named(&wanted.name, wanted.adam_id)) {
            safe |= &rule.of(&part);
        }
        part -= &safe;
        stay(SeatInactionKind::Protected, safe);
        let action = if wanted.deferred {
            let ending = &part & &holders.expiring;
            part -= &ending;
            stay(SeatInactionKind::Ending, ending);
            SeatAction::ReleaseLater
        } else {
            SeatAction::Release
        };
        if !part.is_empty() {
            seated.moves.push((action, cause, part));
        }
    }
}

/// Gives a seat to those who are wanted and have none, and makes seats go on or end as they
/// should, as far as there are seats.
fn give(survey: &Survey<'_>, actual: &Actual, holders: &SeatHolders, seated: &mut Seated<'_>) {
    let wanted = seated.wanted;
    let mut free = free(holders, seated);
    // Whether a seat that is to go on takes another one than the one it is: only where some seats
    // end with the period, and then it cannot be told which.
    let takes = seated.owned.is_some_and(|owned| owned.counts.assigned.expiring > 0);
    let active = seated.owned.is_none_or(|owned| owned.status.is_active());
    for entry in &wanted.entries {
        let cause = entry_cause(survey, entry);
        let other = if entry.renewing { &holders.expiring } else { &holders.renewing };
        let held = &entry.holders & other;
        let mut new = &entry.holders - &seated.held;
        let waits: HolderSet = new.iter().filter(|&id| !is_ready(survey, actual, id)).collect();
        new -= &waits;
        if !waits.is_empty() {
            seated.stays.push((SeatInactionKind::NotAssociated, cause.clone(), waits));
        }
        if !active {
            let all = &held | &new;
            if !all.is_empty() {
                seated.stays.push((SeatInactionKind::NotActive, cause, all));
            }
            continue;
        }
        seated.pending += new.len();
        let mut short = HolderSet::new();
        let mut push = |action, who: HolderSet| {
            if !who.is_empty() {
                seated.moves.push((action, cause.clone(), who));
            }
        };
        if entry.renewing {
            let room = if takes { free.renewing } else { u64::MAX };
            let on = first_in_order(survey.roster, &held, room);
            free.renewing -= if takes { on.len() } else { 0 };
            short |= &(&held - &on);
            push(SeatAction::Renew, on);
            let given = first_in_order(survey.roster, &new, free.renewing);
            free.renewing -= given.len();
            short |= &(&new - &given);
            push(SeatAction::AssignRenewing, given);
        } else {
            push(SeatAction::Expire, held);
            let given = first_in_order(survey.roster, &new, free.sum());
            let of_ending = given.len().min(free.expiring);
            free.expiring -= of_ending;
            free.renewing -= given.len() - of_ending;
            short |= &(&new - &given);
            push(SeatAction::AssignExpiring, given);
        }
        if !short.is_empty() {
            seated.short.push((cause, short));
        }
    }
    seated.free = free;
}

/// Seats to give, counting what is released at once. Apple lists whether a seat goes on, not
/// which kind of seat it is: one that ends may be a renewing one, so what comes back of those is
/// counted as renewing only where it cannot be otherwise.
fn free(holders: &SeatHolders, seated: &Seated<'_>) -> SeatSplit {
    let Some(owned) = seated.owned else { return SeatSplit::default() };
    let back = seated.whom(|action| action == SeatAction::Release);
    let renewing = back.intersection_len(&holders.renewing);
    let ending = back.intersection_len(&holders.expiring);
    let surely = ending.saturating_sub(owned.counts.assigned.expiring);
    let available = owned.counts.available;
    SeatSplit {
        renewing: available.renewing.saturating_add(renewing).saturating_add(surely),
        expiring: available.expiring.saturating_add(ending.saturating_sub(surely)),
    }
}

/// Whether Apple takes a seat for this person: their account is linked, or will be as soon as
/// they are registered.
fn is_ready(survey: &Survey<'_>, actual: &Actual, id: crate::license::HolderId) -> bool {
    let Some(user) = survey.roster.get(id).map(HolderRef::text).and_then(ClientUserId::new) else {
        return false;
    };
    if let Some(record) = actual.users.get(&user).filter(|record| is_active(record)) {
        return record.status == UserStatus::Associated;
    }
    let known = survey.desired.people.get(&user);
    let account = known.and_then(|person| person.managed_apple_id.as_ref());
    account.is_some_and(|account| !account.trim().is_empty())
}

fn entry_cause(survey: &Survey<'_>, entry: &WantedSeats) -> Cause {
    let kind = CauseKind::Entry { group: entry.group.clone(), intent: Intent::Required };
    survey.cause(entry.span, kind)
}

fn administrators(
    survey: &Survey<'_>,
    actual: &Actual,
    seats: &LocationSeats,
    seated: &mut Seated<'_>,
) {
    let wanted = seated.wanted;
    let Some(groups) = &wanted.administrators else { return };
    let now = seats.administrators.get(&wanted.adam_id).cloned().unwrap_or_default();
    let mut all = HolderSet::new();
    for (group, span, people) in groups {
        let mut new = &(people - &now) - &all;
        all |= people;
        let waits: HolderSet = new.iter().filter(|&id| !is_ready(survey, actual, id)).collect();
        new -= &waits;
        if !waits.is_empty() {
            let kind = CauseKind::Entry { group: group.clone(), intent: Intent::Required };
            let cause = survey.cause(*span, kind);
            seated.stays.push((SeatInactionKind::NotAssociatedAdministrator, cause, waits));
        }
        if !new.is_empty() {
            seated.administrators.push((AdministratorAction::Add, *span, new));
        }
    }
    let gone = &now - &all;
    if !gone.is_empty() {
        seated.administrators.push((AdministratorAction::Remove, wanted.span, gone));
    }
    seated.administering = all;
}
