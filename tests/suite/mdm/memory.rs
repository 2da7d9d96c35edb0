//! A store that keeps what was received, and forgets at the end of the test.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;
use vpp::store::{
    Acquired, Intent, IntentKind, Lease, Outcome, Received, ReclaimRow, RunEnd, RunId, RunRecord,
    Store, StoreError, Stretch,
};

/// Events and the ids of commands; everything else is no part of these tests.
#[derive(Debug, Default)]
pub(super) struct Memory {
    events: Mutex<Vec<Received>>,
    ours: Mutex<Vec<Uuid>>,
    pub(super) broken: Mutex<bool>,
}

impl Memory {
    /// Writes down a command as sent by us.
    pub(super) fn intend_one(&self, id: Uuid) {
        self.ours.lock().unwrap().push(id);
    }

    pub(super) fn kept(&self) -> Vec<Received> {
        self.events.lock().unwrap().clone()
    }

    pub(super) fn add(&self, event: Received) -> bool {
        let mut events = self.events.lock().unwrap();
        let known = events.iter().any(|old| old.source == event.source && old.key == event.key);
        if !known {
            events.push(event);
        }
        !known
    }

    fn check(&self) -> Result<(), StoreError> {
        if *self.broken.lock().unwrap() {
            return Err(StoreError::Failed {
                place: "a-secret-place".to_owned(),
                doing: "written",
                why: "the disk is full".to_owned(),
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Memory {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    async fn acquire(&self, _: &Lease, _: Timestamp) -> Result<Acquired, StoreError> {
        panic!("no part of these tests")
    }

    async fn renew(
        &self,
        _: &str,
        _: RunId,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        panic!("no part of these tests")
    }

    async fn give_back(&self, _: &str, _: RunId) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }

    async fn begin_run(&self, _: &RunRecord) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }

    async fn end_run(&self, _: RunId, _: &RunEnd) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }

    async fn runs(&self, _: u32) -> Result<Vec<RunRecord>, StoreError> {
        panic!("no part of these tests")
    }

    async fn runs_named(&self, _: &str) -> Result<Vec<RunRecord>, StoreError> {
        panic!("no part of these tests")
    }

    async fn intend(&self, _: &[Intent]) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }

    async fn sent(&self, _: &[(Uuid, Option<String>)], _: Timestamp) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }

    async fn settle(&self, _: &[(Uuid, Outcome)], _: Timestamp) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }

    async fn open_intents(&self, _: &str) -> Result<Vec<Intent>, StoreError> {
        panic!("no part of these tests")
    }

    async fn intents(&self, ids: &[Uuid]) -> Result<Vec<Intent>, StoreError> {
        self.check()?;
        let ours = self.ours.lock().unwrap();
        let intent = |id: &Uuid| Intent {
            id: *id,
            run: RunId(Uuid::nil()),
            location: "l".to_owned(),
            kind: IntentKind::RemoveApp,
            count: 1,
            body: serde_json::Value::Null,
            at: Timestamp::UNIX_EPOCH,
            sent_at: None,
            reference: None,
            outcome: None,
        };
        Ok(ids.iter().filter(|id| ours.contains(id)).map(intent).collect())
    }

    async fn journal(&self, _: RunId) -> Result<Vec<Intent>, StoreError> {
        panic!("no part of these tests")
    }

    async fn open_reclaims(&self, _: &str) -> Result<Vec<ReclaimRow>, StoreError> {
        panic!("no part of these tests")
    }

    async fn put_reclaims(&self, _: &[ReclaimRow]) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }

    async fn closed_reclaims(&self, _: &str, _: Timestamp) -> Result<Vec<ReclaimRow>, StoreError> {
        panic!("no part of these tests")
    }

    async fn receive(&self, event: &Received) -> Result<bool, StoreError> {
        self.check()?;
        Ok(self.add(event.clone()))
    }

    async fn received(
        &self,
        source: &str,
        subjects: &[String],
    ) -> Result<Vec<Received>, StoreError> {
        self.check()?;
        let ours = |event: &&Received| event.source == source && subjects.contains(&event.subject);
        Ok(self.events.lock().unwrap().iter().filter(ours).cloned().collect())
    }

    async fn received_within(
        &self,
        source: &str,
        stretch: Stretch,
    ) -> Result<Vec<Received>, StoreError> {
        self.check()?;
        let ours = |event: &&Received| {
            event.source == source && (stretch.from..stretch.until).contains(&event.at)
        };
        Ok(self.events.lock().unwrap().iter().filter(ours).cloned().collect())
    }

    async fn remember(&self, _: &str, _: &[u8], _: Timestamp) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }

    async fn recall(&self, _: &str) -> Result<Option<(Vec<u8>, Timestamp)>, StoreError> {
        self.check()?;
        Ok(None)
    }

    async fn forget(&self, _: &str) -> Result<(), StoreError> {
        panic!("no part of these tests")
    }
}
