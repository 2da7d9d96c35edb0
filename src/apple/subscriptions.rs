//! Subscriptions (Apple's page: managing-subscriptions): lists with a cursor, seats,
//! administrators. People are the only holders, and numbers are int64.

use serde::Serialize;

use super::filter::Query;
use super::reply::{CursorKind, CursorPage, RawPart};
use super::{AppleError, EventId, Reader, Writer};
use crate::actual::SeatLimits;
use crate::license::{AdamId, ClientUserId};

/// Which part of a list of subscriptions, seats or administrators; the default is all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatFilter {
    /// Only of these subscriptions.
    pub adam_ids: Vec<AdamId>,
}

/// Subscriptions × people of one request (`ManageSubscriptionsRequest`).
///
/// Nothing may be named twice, and the location's [`SeatLimits`] hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManageSeats {
    /// Subscriptions; at least one.
    pub adam_ids: Vec<AdamId>,
    /// People; at least one.
    pub users: Vec<ClientUserId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    adam_ids: Vec<u64>,
    client_user_ids: &'a [ClientUserId],
    #[serde(skip_serializing_if = "Option::is_none")]
    renewing: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deferred: Option<bool>,
}

impl<'a> Body<'a> {
    fn of(what: &'a ManageSeats) -> Self {
        let ManageSeats { adam_ids, users } = what;
        let adam_ids = adam_ids.iter().map(|id| id.get()).collect();
        Self { adam_ids, client_user_ids: users, renewing: None, deferred: None }
    }
}

impl Reader {
    /// One part of a list: the first without a cursor, each other with the one the part before
    /// gave. Parts come one after the other; a cursor that is not good any more is
    /// [`AppleError::PageOutOfRange`] (9812): begin again.
    pub async fn part<K: CursorKind>(
        &self,
        filter: &SeatFilter,
        cursor: Option<&str>,
    ) -> Result<CursorPage<K::Record>, AppleError> {
        let place = if cursor.is_some() { "a later part" } else { "the first part" };
        let call = self.session.name("GET", format!("{} ({place})", K::PATH));
        let mut query = Query::default();
        for adam_id in &filter.adam_ids {
            query.add("adamId", Some(adam_id));
        }
        query.add("cursor", cursor);
        let good = self.get(&call, K::PATH, K::PATH, &query).await?;
        let raw: RawPart<K::Record> = self.session.parse_checked(&call, &good)?;
        let page = raw.into_page();
        if page.next.is_some() && page.next.as_deref() == cursor {
            let reason = "its next part is itself";
            return Err(self.session.not_apples(&call, &good, &reason));
        }
        Ok(page)
    }

    /// What one request for seats may carry, by Apple's latest word; as documented before the
    /// first.
    pub fn seat_limits(&self) -> SeatLimits {
        let config = self.session.last_config();
        let limit = |key: &str, known: usize| {
            let limit = config.as_ref().and_then(|config| config.all_limits.get(key));
            let limit = limit.and_then(|&limit| usize::try_from(limit).ok());
            limit.filter(|&limit| limit > 0).unwrap_or(known)
        };
        let known = SeatLimits::default();
        SeatLimits {
            subscriptions: limit("maxSubscriptions", known.subscriptions),
            users: limit("maxSubscriptionClientUserIds", known.users),
        }
    }
}

impl Writer {
    /// Says that subscriptions are handled here, so that content managers can buy some. Saying it
    /// again changes nothing. There is no way back in this client: it would only be refused while
    /// there are subscriptions (9818), and hide them from buyers otherwise.
    pub async fn enable_subscriptions(&self) -> Result<bool, AppleError> {
        let path = "subscriptions/enable";
        let raw: RawPart<serde_json::Value> = self.written(path, None).await?;
        Ok(raw.enabled().unwrap_or(true))
    }

    /// Gives every person a seat of every subscription, which goes on or ends with the period. The
    /// event is only accepted work: nobody has a seat until reading says so.
    pub async fn associate_seats(
        &self,
        what: &ManageSeats,
        renewing: bool,
    ) -> Result<EventId, AppleError> {
        let body = Body { renewing: Some(renewing), ..Body::of(what) };
        self.event("associateSubscriptions", "subscriptions/associate", &body).await
    }

    /// Takes the seats back, now or (`deferred`) at the end of the billing period.
    pub async fn disassociate_seats(
        &self,
        what: &ManageSeats,
        deferred: bool,
    ) -> Result<EventId, AppleError> {
        let body = Body { deferred: Some(deferred), ..Body::of(what) };
        self.event("disassociateSubscriptions", "subscriptions/disassociate", &body).await
    }

    /// Makes every person an administrator of every subscription; takes effect at once.
    pub async fn add_administrators(&self, what: &ManageSeats) -> Result<(), AppleError> {
        self.administrators("subscriptions/admins/add", what).await
    }

    /// The opposite.
    pub async fn remove_administrators(&self, what: &ManageSeats) -> Result<(), AppleError> {
        self.administrators("subscriptions/admins/remove", what).await
    }

    async fn administrators(&self, path: &str, what: &ManageSeats) -> Result<(), AppleError> {
        let body = serde_json::to_vec(&Body::of(what)).map_err(|error| AppleError::Setup {
            reason: format!("a request could not be written as JSON: {error}"),
        })?;
        self.written::<serde_json::Value>(path, Some(body)).await.map(|_| ())
    }

    /// A write that takes effect at once.
    async fn written<R: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<RawPart<R>, AppleError> {
        let call = self.reader().session.name("POST", path);
        self.introduce().await?;
        self.reader().session.may_write(&call)?;
        let good = self.post_bytes(&call, path, path, body.unwrap_or_default()).await?;
        self.parse_written(&call, &good)
    }
}
