//! Records to rows and back. A row that cannot be what this tool wrote says that the store is
//! damaged; nothing is guessed.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sql::{Row, Value};
use super::{Intent, Lease, Outcome, Received, ReclaimRow, RunEnd, RunId, RunRecord};
use crate::license::{Asset, ClientUserId, Holder, PricingParam};

/// What is wrong with a row.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct BadRow(String);

fn bad(what: impl std::fmt::Display) -> BadRow {
    BadRow(what.to_string())
}

/// The columns of a row, from the left.
pub(super) struct Columns(std::vec::IntoIter<Value>);

impl Columns {
    pub(super) fn of(row: Row) -> Self {
        Self(row.into_iter())
    }

    fn maybe_text(&mut self) -> Result<Option<String>, BadRow> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            Some(Value::Int(_) | Value::Bytes(_)) | None => Err(bad("a text is missing")),
        }
    }

    fn maybe_int(&mut self) -> Result<Option<i64>, BadRow> {
        match self.0.next() {
            Some(Value::Int(number)) => Ok(Some(number)),
            Some(Value::Null) => Ok(None),
            Some(Value::Text(_) | Value::Bytes(_)) | None => Err(bad("a number is missing")),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, BadRow> {
        self.maybe_text()?.ok_or_else(|| bad("a text is missing"))
    }

    pub(super) fn int(&mut self) -> Result<i64, BadRow> {
        self.maybe_int()?.ok_or_else(|| bad("a number is missing"))
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, BadRow> {
        match self.0.next() {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            Some(Value::Null | Value::Int(_) | Value::Text(_)) | None => {
                Err(bad("bytes are missing"))
            }
        }
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, BadRow> {
        moment(self.int()?)
    }

    fn maybe_time(&mut self) -> Result<Option<Timestamp>, BadRow> {
        self.maybe_int()?.map(moment).transpose()
    }

    fn run(&mut self) -> Result<RunId, BadRow> {
        Ok(RunId(self.uuid()?))
    }

    fn uuid(&mut self) -> Result<Uuid, BadRow> {
        self.text()?.parse().map_err(bad)
    }

    fn json<T: DeserializeOwned>(&mut self) -> Result<T, BadRow> {
        serde_json::from_str(&self.text()?).map_err(bad)
    }

    fn maybe_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, BadRow> {
        self.maybe_text()?.map(|text| serde_json::from_str(&text).map_err(bad)).transpose()
    }
}

fn moment(nanoseconds: i64) -> Result<Timestamp, BadRow> {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).map_err(bad)
}

/// A moment as a value. Those before 1678 and after 2262 become the first and the last of these.
pub(super) fn time(at: Timestamp) -> Value {
    let nanoseconds = at.as_nanosecond();
    let end = if nanoseconds < 0 { i64::MIN } else { i64::MAX };
    Value::Int(i64::try_from(nanoseconds).unwrap_or(end))
}

pub(super) fn text(text: &(impl ToString + ?Sized)) -> Value {
    Value::Text(text.to_string())
}

pub(super) fn maybe(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.to_owned()))
}

/// JSON as text. What is kept is made of texts, numbers and lists, which always can be.
pub(super) fn json(value: &impl Serialize) -> Value {
    Value::Text(serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()))
}

pub(super) fn lease(row: Row) -> Result<Lease, BadRow> {
    let mut row = Columns::of(row);
    Ok(Lease {
        location: row.text()?,
        run: row.run()?,
        who: row.text()?,
        since: row.time()?,
        until: row.time()?,
    })
}

pub(super) fn run(row: Row) -> Result<RunRecord, BadRow> {
    let mut row = Columns::of(row);
    Ok(RunRecord {
        id: row.run()?,
        started_at: row.time()?,
        who: row.text()?,
        commit: row.maybe_text()?,
        folder: row.text()?,
        tool: row.text()?,
        fingerprint: row.text()?,
        locations: row.json()?,
        end: match (row.maybe_time()?, row.maybe_text()?, row.maybe_json()?, row.maybe_json()?) {
            (Some(at), Some(result), Some(summary), report) => {
                Some(RunEnd { at, result, summary, report })
            }
            (_, _, _, _) => None,
        },
    })
}

pub(super) fn intent_values(intent: &Intent) -> Vec<Value> {
    let Intent { id, run, location, kind, count, body, at, sent_at, reference, outcome } = intent;
    vec![
        text(id),
        text(&run.0),
        text(location),
        json(kind),
        Value::Int(i64::try_from(*count).unwrap_or(i64::MAX)),
        json(body),
        time(*at),
        sent_at.map_or(Value::Null, time),
        maybe(reference.as_deref()),
        outcome.as_ref().map_or(Value::Null, |(outcome, _)| json(outcome)),
        outcome.as_ref().map_or(Value::Null, |(_, at)| time(*at)),
    ]
}

pub(super) fn intent(row: Row) -> Result<Intent, BadRow> {
    let mut row = Columns::of(row);
    Ok(Intent {
        id: row.uuid()?,
        run: row.run()?,
        location: row.text()?,
        kind: row.json()?,
        count: u64::try_from(row.int()?).map_err(bad)?,
        body: row.json()?,
        at: row.time()?,
        sent_at: row.maybe_time()?,
        reference: row.maybe_text()?,
        outcome: row.maybe_json::<Outcome>()?.zip(row.maybe_time()?),
    })
}

pub(super) fn reclaim_values(row: &ReclaimRow) -> Vec<Value> {
    let ReclaimRow { location, asset, holder, phase, open, since, moved, body } = row;
    let kind = match holder {
        Holder::Device(_) => "device",
        Holder::User(_) => "user",
    };
    vec![
        text(location),
        text(&asset.adam_id),
        text(asset.pricing_param.as_str()),
        text(kind),
        text(holder),
        text(phase),
        Value::Int(i64::from(*open)),
        time(*since),
        time(*moved),
        text(body),
    ]
}

pub(super) fn reclaim(row: Row) -> Result<ReclaimRow, BadRow> {
    let mut row = Columns::of(row);
    let location = row.text()?;
    let adam_id = row.text()?.parse().map_err(bad)?;
    let pricing: Pricing = serde_json::from_value(row.text()?.into()).map_err(bad)?;
    let (kind, holder) = (row.text()?, row.text()?);
    let holder = match kind.as_str() {
        "device" => Holder::Device(holder.parse().map_err(bad)?),
        "user" => Holder::User(ClientUserId::new(&holder).ok_or_else(|| bad("an empty id"))?),
        other => return Err(bad(format!("`{other}` is no kind of holder"))),
    };
    Ok(ReclaimRow {
        location,
        asset: Asset { adam_id, pricing_param: pricing.0 },
        holder,
        phase: row.text()?,
        open: row.int()? != 0,
        since: row.time()?,
        moved: row.time()?,
        body: row.text()?,
    })
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Pricing(PricingParam);

pub(super) fn received(row: Row) -> Result<Received, BadRow> {
    let mut row = Columns::of(row);
    Ok(Received {
        source: row.text()?,
        key: row.text()?,
        subject: row.text()?,
        at: row.time()?,
        body: row.text()?,
    })
}
