//! The store's questions and changes, each said once for both databases.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::row::{self, BadRow, Columns};
use super::sql::{Database, Row, Step, Value};
use super::{
    Acquired, Intent, Lease, Outcome, Received, ReclaimRow, RunEnd, RunId, RunRecord, Store,
    StoreError, Stretch,
};

/// A store in a database.
#[derive(Debug)]
pub(super) struct Tables<D> {
    database: D,
}

impl<D: Database> Tables<D> {
    pub(super) fn new(database: D) -> Self {
        Self { database }
    }

    async fn ask<T>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
        of: impl Fn(Row) -> Result<T, BadRow>,
    ) -> Result<Vec<T>, StoreError> {
        self.decode(self.database.read(Step::once(sql, values)).await?, of)
    }

    fn decode<T>(
        &self,
        rows: Vec<Row>,
        of: impl Fn(Row) -> Result<T, BadRow>,
    ) -> Result<Vec<T>, StoreError> {
        rows.into_iter().map(of).collect::<Result<_, _>>().map_err(|bad| StoreError::Damaged {
            place: self.database.place(),
            why: format!("a row in it is not what vpp writes ({bad})"),
        })
    }

    async fn change(&self, step: Step) -> Result<Vec<Row>, StoreError> {
        self.database.write(vec![step]).await
    }
}

const ACQUIRE: &str = "INSERT INTO vpp_leases (location, run, who, since, ends) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (location) DO UPDATE SET run = excluded.run, \
     who = excluded.who, since = excluded.since, ends = excluded.ends \
     WHERE vpp_leases.run = excluded.run OR vpp_leases.ends <= $6 RETURNING location";
const LEASE: &str = "SELECT location, run, who, since, ends FROM vpp_leases WHERE location = $1";
const RENEW: &str = "UPDATE vpp_leases SET ends = $1 \
     WHERE location = $2 AND run = $3 AND ends > $4 RETURNING location";
const GIVE_BACK: &str = "DELETE FROM vpp_leases WHERE location = $1 AND run = $2";

const BEGIN_RUN: &str = "INSERT INTO vpp_runs \
     (id, started, who, revision, folder, tool, fingerprint, locations) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
const END_RUN: &str = "UPDATE vpp_runs SET ended = $1, result = $2, summary = $3, report = $4 \
     WHERE id = $5";
const RUNS: &str = "SELECT id, started, who, revision, folder, tool, fingerprint, locations, \
     ended, result, summary, NULL FROM vpp_runs ORDER BY started DESC, id DESC LIMIT $1";
const RUNS_NAMED: &str = "SELECT id, started, who, revision, folder, tool, fingerprint, \
     locations, ended, result, summary, report FROM vpp_runs WHERE id LIKE $1 \
     ORDER BY started DESC, id DESC";

const INTEND: &str = "INSERT INTO vpp_intents \
     (id, run, location, kind, pairs, body, written, sent, reference, outcome, ended) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING";
const SENT: &str = "UPDATE vpp_intents SET sent = $1, reference = $2 WHERE id = $3";
const SETTLE: &str = "UPDATE vpp_intents SET outcome = $1, ended = $2 WHERE id = $3";
const OPEN_INTENTS: &str = "SELECT id, run, location, kind, pairs, body, written, sent, \
     reference, outcome, ended FROM vpp_intents WHERE location = $1 AND outcome IS NULL \
     ORDER BY seq";
const INTENTS: &str = "SELECT id, run, location, kind, pairs, body, written, sent, reference, \
     outcome, ended FROM vpp_intents WHERE id = $1";
const JOURNAL: &str = "SELECT id, run, location, kind, pairs, body, written, sent, reference, \
     outcome, ended FROM vpp_intents WHERE run = $1 ORDER BY seq";

const OPEN_RECLAIMS: &str = "SELECT location, adam_id, pricing, holder_kind, holder, phase, \
     unfinished, since, moved, body FROM vpp_reclaims WHERE location = $1 AND unfinished = 1 \
     ORDER BY since, adam_id, pricing, holder_kind, holder";
const CLOSED_RECLAIMS: &str = "SELECT location, adam_id, pricing, holder_kind, holder, phase, \
     unfinished, since, moved, body FROM vpp_reclaims WHERE location = $1 AND unfinished = 0 \
     AND moved > $2 ORDER BY moved DESC, adam_id, pricing, holder_kind, holder";
const PUT_RECLAIM: &str = "INSERT INTO vpp_reclaims (location, adam_id, pricing, holder_kind, \
     holder, phase, unfinished, since, moved, body) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
     ON CONFLICT (location, adam_id, pricing, holder_kind, holder) DO UPDATE SET \
     phase = excluded.phase, unfinished = excluded.unfinished, since = excluded.since, \
     moved = excluded.moved, body = excluded.body";

const RECEIVE: &str = "INSERT INTO vpp_received (source, event, subject, received, body) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (source, event) DO NOTHING RETURNING source";
const RECEIVED: &str = "SELECT seq, source, event, subject, received, body FROM vpp_received \
     WHERE source = $1 AND subject = $2";
const RECEIVED_WITHIN: &str = "SELECT source, event, subject, received, body FROM vpp_received \
     WHERE source = $1 AND received >= $2 AND received < $3 ORDER BY received, seq";

const REMEMBER: &str = "INSERT INTO vpp_blobs (name, value, kept) VALUES ($1, $2, $3) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, kept = excluded.kept";
const RECALL: &str = "SELECT value, kept FROM vpp_blobs WHERE name = $1";
const FORGET: &str = "DELETE FROM vpp_blobs WHERE name = $1";

/// How often taking a lease is tried again where its holder gave it back in between.
const TRIES: u32 = 5;

#[async_trait]
impl<D: Database> Store for Tables<D> {
    fn place(&self) -> String {
        self.database.place()
    }

    async fn acquire(&self, lease: &Lease, now: Timestamp) -> Result<Acquired, StoreError> {
        let Lease { location, run, who, since, until } = lease;
        for _ in 0..TRIES {
            let values = vec![
                row::text(location),
                row::text(&run.0),
                row::text(who),
                row::time(*since),
                row::time(*until),
                row::time(now),
            ];
            if !self.change(Step::once(ACQUIRE, values)).await?.is_empty() {
                return Ok(Acquired::Ours);
            }
            let held = self.ask(LEASE, vec![row::text(location)], row::lease).await?;
            if let Some(holder) = held.into_iter().next() {
                return Ok(Acquired::Held(holder));
            }
        }
        Err(StoreError::Failed {
            place: self.place(),
            doing: "written",
            why: format!("the lease of {location} was taken and given back again and again"),
        })
    }

    async fn renew(
        &self,
        location: &str,
        run: RunId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = vec![row::time(until), row::text(location), row::text(&run.0), row::time(now)];
        Ok(!self.change(Step::once(RENEW, values)).await?.is_empty())
    }

    async fn give_back(&self, location: &str, run: RunId) -> Result<(), StoreError> {
        let values = vec![row::text(location), row::text(&run.0)];
        self.change(Step::once(GIVE_BACK, values)).await.map(drop)
    }

    async fn begin_run(&self, run: &RunRecord) -> Result<(), StoreError> {
        let RunRecord { id, started_at, who, commit, folder, tool, fingerprint, locations, end } =
            run;
        let values = vec![
            row::text(&id.0),
            row::time(*started_at),
            row::text(who),
            row::maybe(commit.as_deref()),
            row::text(folder),
            row::text(tool),
            row::text(fingerprint),
            row::json(locations),
        ];
        let mut steps = vec![Step::once(BEGIN_RUN, values)];
        steps.extend(end.as_ref().map(|end| ending(*id, end)));
        self.database.write(steps).await.map(drop)
    }

    async fn end_run(&self, run: RunId, end: &RunEnd) -> Result<(), StoreError> {
        self.change(ending(run, end)).await.map(drop)
    }

    async fn runs(&self, most: u32) -> Result<Vec<RunRecord>, StoreError> {
        self.ask(RUNS, vec![Value::Int(i64::from(most))], row::run).await
    }

    async fn runs_named(&self, prefix: &str) -> Result<Vec<RunRecord>, StoreError> {
        // Nothing else is part of an id, and some of it would mean something to LIKE.
        if !prefix.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Ok(vec![]);
        }
        let pattern = format!("{}%", prefix.to_ascii_lowercase());
        self.ask(RUNS_NAMED, vec![Value::Text(pattern)], row::run).await
    }

    async fn intend(&self, intents: &[Intent]) -> Result<(), StoreError> {
        let each = intents.iter().map(row::intent_values).collect();
        self.change(Step::each(INTEND, each)).await.map(drop)
    }

    async fn sent(
        &self,
        taken: &[(Uuid, Option<String>)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let values = |(id, reference): &(Uuid, Option<String>)| {
            vec![row::time(at), row::maybe(reference.as_deref()), row::text(id)]
        };
        self.change(Step::each(SENT, taken.iter().map(values).collect())).await.map(drop)
    }

    async fn settle(&self, ended: &[(Uuid, Outcome)], at: Timestamp) -> Result<(), StoreError> {
        let values = |(id, outcome): &(Uuid, Outcome)| {
            vec![row::json(outcome), row::time(at), row::text(id)]
        };
        self.change(Step::each(SETTLE, ended.iter().map(values).collect())).await.map(drop)
    }

    async fn open_intents(&self, location: &str) -> Result<Vec<Intent>, StoreError> {
        self.ask(OPEN_INTENTS, vec![row::text(location)], row::intent).await
    }

    async fn intents(&self, ids: &[Uuid]) -> Result<Vec<Intent>, StoreError> {
        let each = ids.iter().map(|id| vec![row::text(id)]).collect();
        let rows = self.database.read(Step::each(INTENTS, each)).await?;
        self.decode(rows, row::intent)
    }

    async fn journal(&self, run: RunId) -> Result<Vec<Intent>, StoreError> {
        self.ask(JOURNAL, vec![row::text(&run.0)], row::intent).await
    }

    async fn open_reclaims(&self, location: &str) -> Result<Vec<ReclaimRow>, StoreError> {
        self.ask(OPEN_RECLAIMS, vec![row::text(location)], row::reclaim).await
    }

    async fn put_reclaims(&self, rows: &[ReclaimRow]) -> Result<(), StoreError> {
        let each = rows.iter().map(row::reclaim_values).collect();
        self.change(Step::each(PUT_RECLAIM, each)).await.map(drop)
    }

    async fn closed_reclaims(
        &self,
        location: &str,
        since: Timestamp,
    ) -> Result<Vec<ReclaimRow>, StoreError> {
        let values = vec![row::text(location), row::time(since)];
        self.ask(CLOSED_RECLAIMS, values, row::reclaim).await
    }

    async fn receive(&self, event: &Received) -> Result<bool, StoreError> {
        let Received { source, key, subject, at, body } = event;
        let values = vec![
            row::text(source),
            row::text(key),
            row::text(subject),
            row::time(*at),
            row::text(body),
        ];
        Ok(!self.change(Step::once(RECEIVE, values)).await?.is_empty())
    }

    async fn received(
        &self,
        source: &str,
        subjects: &[String],
    ) -> Result<Vec<Received>, StoreError> {
        let subjects: std::collections::BTreeSet<&String> = subjects.iter().collect();
        let each = subjects.into_iter().map(|one| vec![row::text(source), row::text(one)]);
        let rows = self.database.read(Step::each(RECEIVED, each.collect())).await?;
        let mut found = self.decode(rows, |mut columns| {
            let rest = columns.split_off(columns.len().min(1));
            Ok((Columns::of(columns).int()?, row::received(rest)?))
        })?;
        found.sort_by_key(|(seq, event)| (event.at, *seq));
        Ok(found.into_iter().map(|(_, event)| event).collect())
    }

    async fn received_within(
        &self,
        source: &str,
        Stretch { from, until }: Stretch,
    ) -> Result<Vec<Received>, StoreError> {
        let values = vec![row::text(source), row::time(from), row::time(until)];
        self.ask(RECEIVED_WITHIN, values, row::received).await
    }

    async fn remember(&self, key: &str, value: &[u8], at: Timestamp) -> Result<(), StoreError> {
        let values = vec![row::text(key), Value::Bytes(value.to_vec()), row::time(at)];
        self.change(Step::once(REMEMBER, values)).await.map(drop)
    }

    async fn recall(&self, key: &str) -> Result<Option<(Vec<u8>, Timestamp)>, StoreError> {
        let found = self
            .ask(RECALL, vec![row::text(key)], |row| {
                let mut row = Columns::of(row);
                Ok((row.bytes()?, row.time()?))
            })
            .await?;
        Ok(found.into_iter().next())
    }

    async fn forget(&self, key: &str) -> Result<(), StoreError> {
        self.change(Step::once(FORGET, vec![row::text(key)])).await.map(drop)
    }
}

fn ending(run: RunId, end: &RunEnd) -> Step {
    let RunEnd { at, result, summary, report } = end;
    let values = vec![
        row::time(*at),
        row::text(result),
        row::json(summary),
        report.as_ref().map_or(Value::Null, row::json),
        row::text(&run.0),
    ];
    Step::once(END_RUN, values)
}
