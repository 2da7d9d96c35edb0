//! The seam between a run and the store: what is about to be sent is written down first.
//!
//! An intent goes `intend → (sent) → sent(reference) → settle`. One that nobody settled is settled
//! by reading when the next run begins (`resume`). Where the journal cannot be written nothing is
//! sent, and nothing new is started in the location.

use std::cell::RefCell;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::lease::Leases;
use super::work::Reason;
use crate::license::{Asset, ClientUserId, SerialNumber};
use crate::plan::cover::Rectangle;
use crate::store::{Intent, IntentKind, Outcome, ReclaimRow, RunId, Store, StoreError};

/// What a run remembers with.
#[derive(Clone, Copy)]
pub struct Memory<'r> {
    /// Where.
    pub store: &'r dyn Store,
    /// Which run this is.
    pub run: RunId,
    /// What time it is.
    pub clock: &'r dyn Fn() -> Timestamp,
    /// The leases it works under; `None` where nobody else can be at work.
    pub leases: Option<&'r Leases>,
}

/// The journal of one run in one location.
pub(super) struct Journal<'r> {
    memory: Memory<'r>,
    /// Apple's library id of the location; its name where that is not known.
    location: String,
    broken: RefCell<Option<String>>,
}

/// Something about to be sent.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// The id of a device's command, or a new one.
    pub(super) id: Uuid,
    pub(super) kind: IntentKind,
    /// How many pairs, people or devices.
    pub(super) count: u64,
    pub(super) body: Value,
}

impl Wish {
    /// One with an id of its own.
    pub(super) fn new(kind: IntentKind, count: u64, body: Value) -> Self {
        Self { id: Uuid::new_v4(), kind, count, body }
    }
}

impl<'r> Journal<'r> {
    /// The journal of a location, by Apple's id of it.
    pub(super) fn new(memory: Memory<'r>, location: &str) -> Self {
        Self { memory, location: location.to_owned(), broken: RefCell::default() }
    }

    /// The run it is of.
    pub(super) fn run(&self) -> RunId {
        self.memory.run
    }

    pub(super) fn location(&self) -> &str {
        &self.location
    }

    /// The reclaims of the location that are not through.
    pub(super) async fn open_reclaims(&self) -> Result<Vec<ReclaimRow>, StoreError> {
        self.memory.store.open_reclaims(&self.location).await
    }

    /// Writes reclaims down.
    pub(super) async fn put_reclaims(&self, rows: &[ReclaimRow]) -> Result<(), StoreError> {
        self.memory.store.put_reclaims(rows).await
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.memory.clock)()
    }

    /// Writes down what is about to be sent. `None`: it could not be, and must not be sent.
    pub(super) async fn intend(&self, kind: IntentKind, count: u64, body: Value) -> Option<Uuid> {
        let wish = Wish::new(kind, count, body);
        let id = wish.id;
        self.intend_all(vec![wish]).await.then_some(id)
    }

    /// Writes down all of these or none. False: they could not be, and must not be sent.
    pub(super) async fn intend_all(&self, wishes: Vec<Wish>) -> bool {
        let at = self.now();
        let intent = |Wish { id, kind, count, body }: Wish| Intent {
            id,
            run: self.memory.run,
            location: self.location.clone(),
            kind,
            count,
            body,
            at,
            sent_at: None,
            reference: None,
            outcome: None,
        };
        let intents: Vec<Intent> = wishes.into_iter().map(intent).collect();
        self.written(self.memory.store.intend(&intents).await)
    }

    /// The other side took it and gave this reference.
    pub(super) async fn sent(&self, id: Uuid, reference: Option<String>) {
        self.written(self.memory.store.sent(&[(id, reference)], self.now()).await);
    }

    /// The other side took all of these, each with the reference it gave.
    pub(super) async fn all_sent(&self, taken: &[(Uuid, Option<String>)]) {
        if !taken.is_empty() {
            self.written(self.memory.store.sent(taken, self.now()).await);
        }
    }

    /// How these ended.
    pub(super) async fn settle(&self, ended: &[(Uuid, Outcome)]) {
        if !ended.is_empty() {
            self.written(self.memory.store.settle(ended, self.now()).await);
        }
    }

    /// The other side took none of it.
    pub(super) async fn refused(&self, id: Uuid, Reason { number, message }: Reason) {
        self.settle(&[(id, Outcome::Refused { number, message })]).await;
    }

    /// What nobody has settled yet, of whatever run, oldest first.
    pub(super) async fn open(&self) -> Result<Vec<Intent>, StoreError> {
        self.memory.store.open_intents(&self.location).await
    }

    /// Why nothing new may be started: the journal cannot be written, or the lease is lost.
    pub(super) fn trouble(&self) -> Option<String> {
        let broken = self.broken.borrow().clone();
        broken.or_else(|| self.memory.leases?.lost(&self.location))
    }

    fn written(&self, result: Result<(), StoreError>) -> bool {
        match result {
            Ok(()) => true,
            Err(error) => {
                self.broken.replace(Some(format!("the journal cannot be written: {error}")));
                false
            }
        }
    }
}

/// The pairs of a request, as the journal keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Licenses {
    pub(super) assets: Vec<Asset>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) serial_numbers: Vec<SerialNumber>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) client_user_ids: Vec<ClientUserId>,
}

impl Licenses {
    /// A request as JSON.
    pub(super) fn of(request: &Rectangle) -> Value {
        let Rectangle { assets, devices, users } = request.clone();
        json(&Self { assets, serial_numbers: devices, client_user_ids: users })
    }
}

/// The people of a request, as the journal keeps them: what is wanted of them is in the manifests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct People {
    pub(super) client_user_ids: Vec<ClientUserId>,
}

/// What is kept is texts and lists, which always can be JSON.
pub(super) fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
