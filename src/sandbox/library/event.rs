use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

use super::super::chance;
use super::seats::SeatWish;
use crate::sandbox::wire::{Failure, RequestUser};

/// What an event does (`eventType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EventKind {
    Associate,
    Disassociate,
    Revoke,
    Create,
    Update,
    Retire,
}

impl EventKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Associate => "ASSOCIATE",
            Self::Disassociate => "DISASSOCIATE",
            Self::Revoke => "REVOKE",
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Retire => "RETIRE",
        }
    }
}

/// How far an event is (`eventStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EventStatus {
    Pending,
    Complete,
    Failed,
}

impl EventStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
        }
    }
}

/// What there is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Every asset with every user and every device: one task a pair.
    Pairs { assets: Vec<u32>, users: Vec<String>, serials: Vec<String> },
    /// Everything revocable of these: one task a holder.
    Holders { users: Vec<String>, serials: Vec<String> },
    /// One task a user.
    Users(Vec<RequestUser>),
    /// Every subscription with every user: one task a seat.
    Seats { adam_ids: Vec<i64>, users: Vec<String>, wish: SeatWish },
}

impl Work {
    /// How many tasks it is (`numRequested`).
    pub(crate) fn tasks(&self) -> usize {
        match self {
            Self::Pairs { assets, users, serials } => assets.len() * (users.len() + serials.len()),
            Self::Holders { users, serials } => users.len() + serials.len(),
            Self::Users(users) => users.len(),
            Self::Seats { adam_ids, users, wish: _ } => adam_ids.len() * users.len(),
        }
    }
}

/// A unit of work Apple does later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: Uuid,
    pub(crate) kind: EventKind,
    pub(crate) status: EventStatus,
    pub(crate) requested: u64,
    pub(crate) completed: u64,
    pub(crate) failures: Vec<Failure>,
    /// Dropped once settled.
    pub(crate) work: Option<Work>,
    /// How many tasks have been taken up, in the order below.
    pub(crate) taken: usize,
    seed: u64,
    #[serde(skip)]
    order: Vec<u32>,
    #[serde(skip)]
    schedule: Option<Schedule>,
}

/// When the batches of an event are due: the first after `first`, the last `spread` later.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    first: Instant,
    spread: Duration,
}

impl Event {
    pub(crate) fn new(id: Uuid, kind: EventKind, work: Work, seed: u64) -> Self {
        Self {
            id,
            kind,
            status: EventStatus::Pending,
            requested: u64::try_from(work.tasks()).unwrap_or(u64::MAX),
            completed: 0,
            failures: Vec::new(),
            work: Some(work),
            taken: 0,
            seed,
            order: Vec::new(),
            schedule: None,
        }
    }

    /// The numbers of the next tasks. Which pairs win when licenses run out is nobody's promise:
    /// the order is arbitrary on purpose, and the same for the same world and history.
    pub(crate) fn take(&mut self, most: usize) -> Vec<u32> {
        let tasks = self.work.as_ref().map_or(0, Work::tasks);
        if self.order.len() != tasks {
            self.order = chance::shuffled(self.seed, super::number(tasks));
        }
        let next: Vec<u32> = self.order.iter().skip(self.taken).take(most).copied().collect();
        self.taken += next.len();
        next
    }

    /// Whether every task has been taken up.
    pub(crate) fn is_through(&self) -> bool {
        self.work.as_ref().is_none_or(|work| self.taken >= work.tasks())
    }

    /// Settles the event.
    pub(crate) fn settle(&mut self) {
        self.status =
            if self.failures.is_empty() { EventStatus::Complete } else { EventStatus::Failed };
        self.work = None;
        self.order = Vec::new();
    }

    /// Starts the clock.
    pub(crate) fn schedule(&mut self, now: Instant, wait: Duration, spread: Duration) {
        self.schedule = Some(Schedule { first: now + wait, spread });
    }

    /// When the next batch is due; `None` where the clock has not been started.
    pub(crate) fn due(&self) -> Option<Instant> {
        let Schedule { first, spread } = self.schedule?;
        let tasks = u32::try_from(self.requested).unwrap_or(u32::MAX).max(1);
        let taken = u32::try_from(self.taken).unwrap_or(u32::MAX);
        Some(first + spread.mul_f64((f64::from(taken) / f64::from(tasks)).min(1.0)))
    }

    /// Adds what a failed task was about to the error it belongs to.
    pub(crate) fn fail(&mut self, number: u32, note: impl FnOnce(&mut Failure)) {
        note(failure_of(&mut self.failures, number));
    }
}

/// The entry for an error number, made where there is none.
pub(crate) fn failure_of(failures: &mut Vec<Failure>, number: u32) -> &mut Failure {
    let at = failures.iter().position(|one| one.error_number == number).unwrap_or(failures.len());
    if at == failures.len() {
        failures.push(Failure::new(number));
    }
    &mut failures[at]
}

/// The events of a location.
#[derive(Debug)]
pub(crate) struct Events {
    all: HashMap<Uuid, Event>,
    pending: VecDeque<Uuid>,
    settled: VecDeque<Uuid>,
    made: u64,
    keep: usize,
}

impl Events {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            all: HashMap::new(),
            pending: VecDeque::new(),
            settled: VecDeque::new(),
            made: 0,
            keep,
        }
    }

    /// Accepts work. Ids differ between locations and events, and repeat between equal runs.
    pub(crate) fn accept(&mut self, uid: &str, kind: EventKind, work: Work) -> &mut Event {
        self.made += 1;
        let name = format!("vpp-sandbox/{uid}/{}", self.made);
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
        let seed = chance::draw(self.made, &[uid.as_bytes(), b"order"]);
        self.pending.push_back(id);
        self.all.entry(id).insert_entry(Event::new(id, kind, work, seed)).into_mut()
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&Event> {
        self.all.get(&id)
    }

    /// Events not settled yet, oldest first.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Event> {
        self.pending.iter().filter_map(|id| self.all.get(id))
    }

    pub(crate) fn pending_mut(&mut self) -> impl Iterator<Item = &mut Event> {
        self.all.values_mut().filter(|event| event.status == EventStatus::Pending)
    }

    /// Takes an event out to work on it; [`Self::put`] it back.
    pub(crate) fn pick(&mut self, id: Uuid) -> Option<Event> {
        self.all.remove(&id)
    }

    pub(crate) fn put(&mut self, event: Event) {
        if event.status != EventStatus::Pending {
            self.pending.retain(|id| *id != event.id);
            self.settled.push_back(event.id);
        }
        self.all.insert(event.id, event);
        while self.settled.len() > self.keep {
            if let Some(oldest) = self.settled.pop_front() {
                self.all.remove(&oldest);
            }
        }
    }

    /// How many were ever accepted, and those remembered, oldest first.
    pub(crate) fn saved(&self) -> (u64, Vec<Event>) {
        let ids = self.settled.iter().chain(&self.pending);
        (self.made, ids.filter_map(|id| self.all.get(id).cloned()).collect())
    }

    pub(crate) fn restore(made: u64, events: Vec<Event>, keep: usize) -> Self {
        let mut restored = Self { made, ..Self::new(keep) };
        for event in events {
            if event.status == EventStatus::Pending {
                restored.pending.push_back(event.id);
            }
            restored.put(event);
        }
        restored
    }
}
