//! Subscriptions: their seats, who holds them, and what the end of a billing period does.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::failure_of;
use super::{ChangeLog, Event, Library, Person, at};
use crate::sandbox::options::Options;
use crate::sandbox::wire::{Failure, Notification, SeatCounts, SeatRow, Split, TaskResult};
use crate::sandbox::world::{SubscriptionSeed, SubscriptionStatus, UserStatus};

/// What becomes of a seat at the end of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SeatKind {
    /// It goes on.
    Renewing,
    /// It is gone.
    Expiring,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SeatWish {
    /// A seat for everybody, which goes on or ends with the period.
    Give { renewing: bool },
    /// The seats back, now or at the end of the period.
    Take { deferred: bool },
}

/// Every subscription of a location.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seats {
    /// Whether a service has said that it handles subscriptions.
    pub(crate) enabled: bool,
    pub(crate) list: Vec<Subscribed>,
    pub(crate) changes: ChangeLog<()>,
}

/// One subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscribed {
    pub(crate) adam_id: i64,
    pub(crate) parent: Option<i64>,
    pub(crate) status: SubscriptionStatus,
    pub(crate) period_end: Date,
    renewing: u32,
    expiring: u32,
    held: BTreeMap<String, Seat>,
    pub(crate) through_groups: BTreeSet<String>,
    pub(crate) admins: BTreeSet<String>,
}

/// A seat somebody holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Seat {
    /// Which kind of seat it is.
    kind: SeatKind,
    /// Whether the assignment goes on. One on a renewing seat need not.
    renewing: bool,
    /// The request that ends it, which is told when it does.
    ends_by: Option<Uuid>,
}

impl Seats {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, list: Vec::new(), changes: ChangeLog::new(1, 1) }
    }

    /// Whether there is nothing to remember.
    pub(crate) fn is_idle(&self) -> bool {
        !self.enabled && self.list.is_empty()
    }

    pub(crate) fn find(&self, adam_id: i64) -> Option<&Subscribed> {
        self.list.iter().find(|one| one.adam_id == adam_id)
    }

    pub(crate) fn find_mut(&mut self, adam_id: i64) -> Option<&mut Subscribed> {
        self.list.iter_mut().find(|one| one.adam_id == adam_id)
    }

    /// Gives back what somebody held who is retired.
    pub(super) fn forget(&mut self, client_user_id: &str) {
        let mut changed = false;
        for one in &mut self.list {
            changed |= one.held.remove(client_user_id).is_some();
            changed |= one.admins.remove(client_user_id);
        }
        if changed {
            self.changes.record([]);
        }
    }
}

impl Subscribed {
    fn used(&self, kind: SeatKind) -> u32 {
        super::number(self.held.values().filter(|seat| seat.kind == kind).count())
    }

    fn free(&self, kind: SeatKind) -> u32 {
        let total = match kind {
            SeatKind::Renewing => self.renewing,
            SeatKind::Expiring => self.expiring,
        };
        total.saturating_sub(self.used(kind))
    }

    pub(crate) fn holds(&self, client_user_id: &str) -> bool {
        self.held.contains_key(client_user_id)
    }

    /// Who holds a seat, and whether it goes on, ascending by id.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, bool)> {
        self.held.iter().map(|(id, seat)| (id.as_str(), seat.renewing))
    }

    /// `assigned + available = total`, for either kind of seat.
    pub(crate) fn counts(&self) -> SeatCounts {
        let of = |count: fn(&Self, SeatKind) -> u32| Split {
            renewing: count(self, SeatKind::Renewing),
            expiring: count(self, SeatKind::Expiring),
        };
        SeatCounts {
            assigned: Some(of(Self::used)),
            available: of(Self::free),
            total: Split { renewing: self.renewing, expiring: self.expiring },
        }
    }

    fn count_notice(&self) -> Notification {
        Notification::SubscriptionCount {
            parent_adam_id: self.parent,
            adam_id: self.adam_id,
            counts: SeatCounts { assigned: None, ..self.counts() },
        }
    }

    /// Gives a seat, or makes one that is held go on or end. A seat that is to end is taken from
    /// those that end anyway while there are some; a renewing one comes back at the end.
    fn give(&mut self, id: &str, renewing: bool) -> Result<(), u32> {
        let known = self.held.get(id).map(|seat| seat.kind);
        let kind = match (known, renewing) {
            (Some(kind), false) => kind,
            (Some(SeatKind::Renewing), true) => SeatKind::Renewing,
            (Some(SeatKind::Expiring) | None, true) => self.room(&[SeatKind::Renewing])?,
            (None, false) => self.room(&[SeatKind::Expiring, SeatKind::Renewing])?,
        };
        self.held.insert(id.to_owned(), Seat { kind, renewing, ends_by: None });
        Ok(())
    }

    fn room(&self, kinds: &[SeatKind]) -> Result<SeatKind, u32> {
        kinds.iter().copied().find(|kind| self.free(*kind) > 0).ok_or(9709)
    }

    fn take(&mut self, id: &str, deferred: bool, event: Uuid) {
        if !deferred {
            self.held.remove(id);
        } else if let Some(seat) = self.held.get_mut(id) {
            seat.renewing = false;
            seat.ends_by = Some(event);
        }
    }

    /// Ends every period that is over on that day.
    fn turn(&mut self, today: Date) -> Vec<Notification> {
        let mut notices = Vec::new();
        while self.status == SubscriptionStatus::Active && today > self.period_end {
            let before = self.counts();
            let gone = |seat: &Seat| seat.kind == SeatKind::Expiring || !seat.renewing;
            let ended: Vec<(String, Seat)> =
                self.held.extract_if(.., |_, seat| gone(seat)).collect();
            self.expiring = 0;
            for (client_user_id, seat) in ended {
                notices.extend(seat.ends_by.map(|event_id| Notification::SubscriptionManagement {
                    kind: "DISASSOCIATE",
                    result: TaskResult::Success,
                    event_id,
                    assignments: vec![SeatRow {
                        adam_id: self.adam_id,
                        client_user_id,
                        renewing: false,
                    }],
                    error: None,
                }));
            }
            if self.counts() != before {
                notices.push(self.count_notice());
            }
            let Ok(next) = self.period_end.checked_add(1.month()) else { break };
            self.period_end = next;
        }
        notices
    }
}

/// Seats bought (or given back, where a count is negative).
#[derive(Debug, Clone)]
pub(crate) struct SeatOrder {
    pub(crate) adam_id: i64,
    pub(crate) parent: Option<i64>,
    pub(crate) renewing: i64,
    pub(crate) expiring: i64,
}

impl Library {
    /// Whether a person is bound to an Apple Account: nobody else can hold a seat (9814).
    pub(crate) fn is_associated(&self, client_user_id: &str) -> bool {
        self.associated(client_user_id).is_some()
    }

    pub(crate) fn associated(&self, client_user_id: &str) -> Option<&Person> {
        let person = self.people.get(self.people.active_of(client_user_id)?)?;
        (person.status == UserStatus::Associated).then_some(person)
    }

    /// Does some tasks of a request for seats.
    pub(super) fn seat_tasks(
        &mut self,
        event: &mut Event,
        (adam_ids, users, wish): (&[i64], &[String], SeatWish),
        tasks: &[u32],
        fault: &mut dyn FnMut(&str, &str) -> Option<u32>,
    ) -> Vec<Notification> {
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        let mut failures: Vec<Failure> = Vec::new();
        for &task in tasks {
            let task = at(task);
            let Some(&adam_id) = adam_ids.get(task / users.len().max(1)) else { continue };
            let Some(id) = users.get(task % users.len().max(1)) else { continue };
            let result = match fault(&adam_id.to_string(), id) {
                Some(number) => Err(number),
                None => self.seat(event.id, adam_id, id, wish),
            };
            let renewing = match wish {
                SeatWish::Give { renewing } => renewing,
                SeatWish::Take { deferred } => !deferred,
            };
            let row = SeatRow { adam_id, client_user_id: id.clone(), renewing };
            match result {
                Ok(()) => {
                    event.completed += 1;
                    done.push(row);
                }
                Err(number) => {
                    let note = |failure: &mut Failure| {
                        failure.error_info.client_user_ids.insert(id.clone());
                    };
                    event.fail(number, note);
                    note(failure_of(&mut failures, number));
                    failed.push((number, row));
                }
            }
        }
        let notice = |result, assignments, error| Notification::SubscriptionManagement {
            kind: event.kind.as_str(),
            result,
            event_id: event.id,
            assignments,
            error,
        };
        let mut notices = Vec::new();
        // What takes effect at the end of the period is told only then.
        let later = matches!(wish, SeatWish::Take { deferred: true });
        if !done.is_empty() {
            self.seats.changes.record([]);
            if !later {
                notices.push(notice(TaskResult::Success, done, None));
            }
        }
        for failure in failures {
            let number = failure.error_number;
            let of_it = failed.iter().filter(|(error, _)| *error == number);
            let rows = of_it.map(|(_, row)| row.clone()).collect();
            notices.push(notice(TaskResult::Failure, rows, Some(failure)));
        }
        notices
    }

    fn seat(&mut self, event: Uuid, adam_id: i64, id: &str, wish: SeatWish) -> Result<(), u32> {
        let associated = self.is_associated(id);
        let one = self.seats.find_mut(adam_id).ok_or(9813_u32)?;
        match wish {
            SeatWish::Give { .. } if !associated => Err(9609),
            SeatWish::Give { renewing } => one.give(id, renewing),
            SeatWish::Take { deferred } => {
                one.take(id, deferred, event);
                Ok(())
            }
        }
    }

    /// Ends the periods that are over.
    pub(crate) fn turn_period(&mut self, now: Timestamp) -> Vec<Notification> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let before: Vec<Date> = self.seats.list.iter().map(|one| one.period_end).collect();
        let notices: Vec<Notification> =
            self.seats.list.iter_mut().flat_map(|one| one.turn(today)).collect();
        if !self.seats.list.iter().map(|one| one.period_end).eq(before) {
            self.seats.changes.record([]);
        }
        notices
    }

    /// The organization buys seats, or gives some back.
    pub(crate) fn buy_seats(
        &mut self,
        order: &SeatOrder,
        now: Timestamp,
    ) -> Result<Notification, String> {
        if !self.seats.enabled {
            return Err("no service handles subscriptions here: nothing can be bought".to_owned());
        }
        let SeatOrder { adam_id, parent, renewing, expiring } = *order;
        if self.seats.find(adam_id).is_none() {
            self.seats.list.push(Subscribed {
                adam_id,
                parent,
                status: SubscriptionStatus::Active,
                period_end: a_month_after(now),
                renewing: 0,
                expiring: 0,
                held: BTreeMap::new(),
                through_groups: BTreeSet::new(),
                admins: BTreeSet::new(),
            });
        }
        let one = self.seats.find_mut(adam_id).ok_or("there is no such subscription")?;
        let sum = |now: u32, used: u32, more: i64| {
            let after = u32::try_from(i64::from(now) + more).ok().filter(|after| *after >= used);
            after.ok_or_else(|| format!("{adam_id}: {now} seats and {more} more, {used} in use"))
        };
        let total = (
            sum(one.renewing, one.used(SeatKind::Renewing), renewing)?,
            sum(one.expiring, one.used(SeatKind::Expiring), expiring)?,
        );
        (one.renewing, one.expiring) = total;
        let notice = one.count_notice();
        self.seats.changes.record([]);
        Ok(notice)
    }

    pub(super) fn seed_subscription(
        &mut self,
        seed: &SubscriptionSeed,
        options: &Options,
        place: &str,
        problems: &mut Vec<String>,
    ) {
        let place = format!("{place}, subscription {}", seed.adam_id.as_str());
        let number = |text: &str| text.parse::<i64>().ok();
        let Some(adam_id) = number(seed.adam_id.as_str()) else {
            problems.push(format!("{place}: its number is no int64"));
            return;
        };
        let mut one = Subscribed {
            adam_id,
            parent: seed.parent_adam_id.as_ref().and_then(|id| number(id.as_str())),
            status: seed.status,
            period_end: seed.period_end.unwrap_or_else(|| a_month_after(options.start)),
            renewing: seed.renewing,
            expiring: seed.expiring,
            held: BTreeMap::new(),
            through_groups: seed.through_groups.iter().collect(),
            admins: seed.administrators.iter().collect(),
        };
        if self.seats.find(adam_id).is_some() {
            problems.push(format!("{place}: is there twice"));
        }
        if !self.seats.enabled {
            problems.push(format!("{place}: `subscriptionsEnabled: false`, and there is one"));
        }
        for id in &one.admins {
            if !self.is_associated(id) {
                problems.push(format!("{place}: administrator `{id}` is not associated"));
            }
        }
        let holders = [(true, &seed.assigned.renewing), (false, &seed.assigned.expiring)];
        for (renewing, names) in holders {
            for id in names.iter() {
                if !self.is_associated(&id) {
                    problems.push(format!("{place}: `{id}` holds it and is not associated"));
                }
                if one.holds(&id) {
                    problems.push(format!("{place}: `{id}` holds it twice"));
                } else if one.give(&id, renewing).is_err() {
                    problems.push(format!("{place}: more hold it than there are seats"));
                    return;
                }
            }
        }
        self.seats.list.push(one);
    }
}

fn a_month_after(now: Timestamp) -> Date {
    let today = now.to_zoned(TimeZone::UTC).date();
    today.checked_add(1.month()).unwrap_or(today)
}
