use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::{Envelope, Enveloped, RawMdmInfo, RecordError};
use crate::actual::{SeatCounts, SeatSplit, Subscription, SubscriptionStatus};
use crate::license::{AdamId, ClientUserId};

/// A list that comes in parts, each with the cursor of the next.
pub trait CursorKind {
    /// One of its records.
    type Record: DeserializeOwned;
    /// Path below the endpoint.
    const PATH: &'static str;
}

/// The list of subscriptions (Apple's page: get-subscriptions).
#[derive(Debug)]
pub struct Subscriptions;

/// The list of who holds a seat (Apple's page: get-subscription-assignments).
#[derive(Debug)]
pub struct Seats;

/// The list of administrators (Apple's page: get-subscription-administrators).
#[derive(Debug)]
pub struct Administrators;

impl CursorKind for Subscriptions {
    type Record = SubscriptionRecord;
    const PATH: &'static str = "subscriptions";
}

impl CursorKind for Seats {
    type Record = SeatRecord;
    const PATH: &'static str = "subscriptions/assignments";
}

impl CursorKind for Administrators {
    type Record = SeatRecord;
    const PATH: &'static str = "subscriptions/admins";
}

/// One part of a list.
#[derive(Debug)]
pub struct CursorPage<R> {
    /// The records.
    pub records: Vec<R>,
    /// Where the next part begins; none after the last.
    pub next: Option<String>,
    /// State of the whole list at the moment of the answer (`versionId`).
    pub version: Option<String>,
}

/// One subscription as it comes (`ResponseSubscription`). Its numbers are int64.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRecord {
    #[serde(default, deserialize_with = "digits")]
    parent_adam_id: Option<String>,
    #[serde(default, deserialize_with = "digits")]
    adam_id: Option<String>,
    status: Option<String>,
    period_end_date: Option<String>,
    counts: Option<RawCounts>,
}

#[derive(Debug, Default, Deserialize)]
struct RawCounts {
    assigned: Option<RawSplit>,
    available: Option<RawSplit>,
    total: Option<RawSplit>,
}

#[derive(Debug, Default, Deserialize)]
struct RawSplit {
    renewing: Option<i64>,
    expiring: Option<i64>,
}

/// Who holds a seat of what, or who administers what, as it comes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeatRecord {
    #[serde(default, deserialize_with = "digits")]
    adam_id: Option<String>,
    client_user_id: Option<String>,
    renewing: Option<bool>,
}

impl SubscriptionRecord {
    /// Which subscription.
    pub fn adam_id(&self) -> Result<AdamId, RecordError> {
        adam(self.adam_id.as_deref())
    }

    /// What Apple says of it. A status of the future is none that seats are given in.
    pub fn subscription(&self) -> Subscription {
        let none = RawCounts::default();
        let RawCounts { assigned, available, total } = self.counts.as_ref().unwrap_or(&none);
        Subscription {
            parent: self.parent_adam_id.as_deref().and_then(|text| text.parse().ok()),
            status: match self.status.as_deref() {
                Some("ACTIVE") => SubscriptionStatus::Active,
                Some("INACTIVE") => SubscriptionStatus::Inactive,
                Some("PAUSED") => SubscriptionStatus::Paused,
                Some(_) | None => SubscriptionStatus::Unknown,
            },
            period_end: self.period_end_date.clone(),
            counts: SeatCounts {
                assigned: split(assigned.as_ref()),
                available: split(available.as_ref()),
                total: split(total.as_ref()),
            },
        }
    }
}

impl SeatRecord {
    /// Of which subscription.
    pub fn adam_id(&self) -> Result<AdamId, RecordError> {
        adam(self.adam_id.as_deref())
    }

    /// Who.
    pub fn user(&self) -> Result<ClientUserId, RecordError> {
        self.client_user_id.as_deref().and_then(ClientUserId::new).ok_or(RecordError::NoUser)
    }

    /// Whether the seat goes on after the billing period. One of which Apple does not say so does:
    /// it is then not taken for one that ends by itself.
    pub fn renewing(&self) -> bool {
        self.renewing.unwrap_or(true)
    }
}

fn adam(text: Option<&str>) -> Result<AdamId, RecordError> {
    let text = text.unwrap_or_default();
    text.parse().map_err(|_| RecordError::AdamId(text.to_owned()))
}

fn split(raw: Option<&RawSplit>) -> SeatSplit {
    let count = |number: Option<i64>| u64::try_from(number.unwrap_or_default()).unwrap_or_default();
    SeatSplit {
        renewing: count(raw.and_then(|raw| raw.renewing)),
        expiring: count(raw.and_then(|raw| raw.expiring)),
    }
}

/// A number, or a text of digits: Apple sends `adamId` both ways elsewhere.
fn digits<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<serde_json::Value>::deserialize(from)? {
        Some(serde_json::Value::String(text)) => Some(text),
        Some(serde_json::Value::Number(number)) => Some(number.to_string()),
        Some(_) | None => None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
pub(in crate::apple) struct RawPart<R> {
    #[serde(alias = "subscriptions", alias = "assignments", alias = "admins")]
    records: Option<Vec<R>>,
    next_cursor: Option<String>,
    version_id: Option<String>,
    subscription_management: Option<bool>,
    u_id: Option<String>,
    mdm_info: Option<RawMdmInfo>,
    token_expiration_date: Option<String>,
}

impl<R> Enveloped for RawPart<R> {
    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            uid: self.u_id.as_deref(),
            owner: self.mdm_info.as_ref().and_then(RawMdmInfo::owner),
            expires: self.token_expiration_date.as_deref(),
        }
    }
}

impl<R> RawPart<R> {
    pub(in crate::apple) fn into_page(self) -> CursorPage<R> {
        CursorPage {
            records: self.records.unwrap_or_default(),
            next: self.next_cursor.filter(|cursor| !cursor.is_empty()),
            version: self.version_id,
        }
    }

    /// Whether subscriptions are handled now, as the answer to enabling them says.
    pub(in crate::apple) fn enabled(&self) -> Option<bool> {
        self.subscription_management
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_may_be_missing_and_numbers_come_either_way() {
        for json in [r#"{"adamId":71}"#, r#"{"adamId":"71","counts":null,"status":null}"#] {
            let record: SubscriptionRecord = serde_json::from_str(json).unwrap();
            assert_eq!(record.adam_id().unwrap().get(), 71);
            let subscription = record.subscription();
            assert_eq!(subscription.status, SubscriptionStatus::Unknown);
            assert_eq!(subscription.counts, SeatCounts::default());
        }
        let nothing: SeatRecord = serde_json::from_str("{}").unwrap();
        assert!(nothing.adam_id().is_err());
        assert_eq!(nothing.user(), Err(RecordError::NoUser));
        assert!(nothing.renewing());
    }

    #[test]
    fn counts_are_read_by_what_becomes_of_the_seat() {
        let record: SubscriptionRecord = serde_json::from_str(
            r#"{"adamId":1,"parentAdamId":2,"status":"PAUSED","periodEndDate":"2026-03-31","counts":
                {"assigned":{"renewing":3,"expiring":-1},"total":{"renewing":5,"expiring":null}}}"#,
        )
        .unwrap();
        let Subscription { parent, status, period_end, counts } = record.subscription();
        assert_eq!((parent.map(AdamId::get), status), (Some(2), SubscriptionStatus::Paused));
        assert_eq!(period_end.as_deref(), Some("2026-03-31"));
        assert_eq!(counts.assigned, SeatSplit { renewing: 3, expiring: 0 });
        assert_eq!(counts.total, SeatSplit { renewing: 5, expiring: 0 });
    }
}
