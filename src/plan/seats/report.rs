//! From sets to what a reader and `apply` see.

use std::collections::BTreeSet;

use super::super::examples::examples;
use super::super::numbers::count;
use super::super::survey::Survey;
use super::model::{
    AdministratorChange, SeatAction, SeatChange, SeatInaction, SeatInactionKind, SeatRow,
    SeatSummary, SubscriptionPlan, UnmanagedSeats,
};
use super::place::Seated;
use crate::actual::Actual;
use crate::license::{AdamId, ClientUserId, HolderRef, HolderSet, Roster};
use crate::manifest::kind::WhenShort;
use crate::plan::LocationPlan;

/// One location's subscriptions; nothing where no manifest speaks of any.
pub(in super::super) fn subscriptions(
    survey: &Survey<'_>,
    site: usize,
    actual: &Actual,
) -> Option<SubscriptionPlan> {
    let here: Vec<&Seated<'_>> = survey.seated.iter().filter(|one| one.site == site).collect();
    let open = here.first()?.open;
    let seats = actual.seats.as_ref();
    let mut plan = SubscriptionPlan {
        enable: open && seats.is_some_and(|seats| seats.subscriptions.is_empty()),
        seats: here.iter().map(|one| row(one)).collect(),
        unchanged: here.iter().map(|one| one.kept.len()).sum(),
        limits: seats.map(|seats| seats.limits).unwrap_or_default(),
        ..SubscriptionPlan::default()
    };
    for one in &here {
        let (adam_id, name) = (one.wanted.adam_id, &one.wanted.name);
        plan.changes.extend(one.moves.iter().map(|(action, cause, who)| SeatChange {
            adam_id,
            name: name.clone(),
            action: *action,
            cause: cause.clone(),
            users: users(survey.roster, who),
            origin: None,
        }));
        for (action, span, who) in &one.administrators {
            plan.administrators.push(AdministratorChange {
                adam_id,
                name: name.clone(),
                action: *action,
                file: survey.manifests.sources.path(*span).to_string(),
                line: span.line,
                users: users(survey.roster, who),
            });
        }
        let fill = one.wanted.when_short == WhenShort::Fill;
        let short = one.short.iter().filter(|_| fill);
        let short = short.map(|(cause, who)| (SeatInactionKind::Short, cause, who));
        let stays = one.stays.iter().map(|(kind, cause, who)| (*kind, cause, who));
        plan.inactions.extend(stays.chain(short).map(|(kind, cause, who)| SeatInaction {
            adam_id,
            name: name.clone(),
            kind,
            people: who.len(),
            cause: cause.clone(),
            examples: examples(survey.roster, who),
        }));
    }
    plan.changes
        .sort_by(|a, b| (a.adam_id, a.action, &a.cause).cmp(&(b.adam_id, b.action, &b.cause)));
    plan.administrators.sort_by(|a, b| {
        (a.adam_id, a.action, &a.file, a.line).cmp(&(b.adam_id, b.action, &b.file, b.line))
    });
    plan.inactions
        .sort_by(|a, b| (a.adam_id, a.kind, &a.cause).cmp(&(b.adam_id, b.kind, &b.cause)));
    let managed: BTreeSet<AdamId> = here.iter().map(|one| one.wanted.adam_id).collect();
    let others = seats.into_iter().flat_map(|seats| &seats.subscriptions);
    for (_, other) in others.filter(|(adam_id, _)| !managed.contains(adam_id)) {
        let UnmanagedSeats { subscriptions, seats } = &mut plan.unmanaged;
        *subscriptions += 1;
        *seats += other.counts.assigned.sum();
    }
    Some(plan)
}

fn users(roster: &Roster, who: &HolderSet) -> Vec<ClientUserId> {
    let sorted = roster.sorted(who).into_iter();
    sorted.map(HolderRef::text).filter_map(ClientUserId::new).collect()
}

fn row(one: &Seated<'_>) -> SeatRow {
    let assign = one.count(SeatAction::is_assign);
    let change = one.count(|action| matches!(action, SeatAction::Expire | SeatAction::Renew));
    let (short, waiting) = (one.without(), one.staying(SeatInactionKind::is_waiting));
    SeatRow {
        adam_id: one.wanted.adam_id,
        name: one.wanted.name.clone(),
        status: one.owned.map(|owned| owned.status),
        period_end: one.owned.and_then(|owned| owned.period_end.clone()),
        counts: one.owned.map(|owned| owned.counts),
        desired: one.kept.len() + assign + change + short + waiting,
        kept: one.kept.len(),
        assign,
        change,
        release: one.count(|action| action == SeatAction::Release),
        release_later: one.count(|action| action == SeatAction::ReleaseLater),
        short,
        waiting,
        free_after: one.free,
    }
}

impl SeatSummary {
    /// The totals of these locations; nothing where none has subscriptions.
    pub(in super::super) fn of(locations: &[LocationPlan]) -> Option<Self> {
        let plans: Vec<&SubscriptionPlan> =
            locations.iter().filter_map(|location| location.subscriptions.as_ref()).collect();
        if plans.is_empty() {
            return None;
        }
        let mut sum = Self::default();
        for plan in plans {
            sum.managed += count(plan.seats.len());
            for change in &plan.changes {
                let people = count(change.users.len());
                match change.action {
                    SeatAction::Release => sum.release += people,
                    SeatAction::ReleaseLater => sum.release_later += people,
                    SeatAction::Expire | SeatAction::Renew => sum.change += people,
                    SeatAction::AssignExpiring | SeatAction::AssignRenewing => {
                        sum.assign += people;
                    }
                }
            }
            for change in &plan.administrators {
                let people = count(change.users.len());
                match change.action {
                    super::AdministratorAction::Add => sum.administrators_add += people,
                    super::AdministratorAction::Remove => sum.administrators_remove += people,
                }
            }
            sum.unchanged += plan.unchanged;
            sum.short += plan.seats.iter().map(|row| row.short).sum::<u64>();
            sum.waiting += plan.seats.iter().map(|row| row.waiting).sum::<u64>();
            sum.unmanaged += plan.unmanaged.seats;
        }
        Some(sum)
    }
}
