//! Subscriptions: what there is, who holds a seat, who administers it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ReadError;
use super::read::TRIES;
use crate::apple::{
    Administrators, AppleError, CursorKind, Reader, RecordError, SeatFilter, SeatRecord, Seats,
    Subscriptions,
};
use crate::license::{AdamId, Asset, HolderRef, HolderSet, PricingParam, Roster};

/// The subscriptions of one location, read whole. Sets are numbered by the run's roster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LocationSeats {
    /// Every subscription, managed or not.
    pub subscriptions: BTreeMap<AdamId, Subscription>,
    /// Who holds a seat of what; their number is Apple's own count.
    pub held: BTreeMap<AdamId, SeatHolders>,
    /// Who administers what.
    pub administrators: BTreeMap<AdamId, HolderSet>,
    /// What one request may carry.
    pub limits: SeatLimits,
}

/// A subscription as Apple counts it (`ResponseSubscription`, Apple's page: get-subscriptions).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The app it belongs to.
    pub parent: Option<AdamId>,
    /// Whether seats can be given.
    pub status: SubscriptionStatus,
    /// Last day of the billing period, as Apple writes it (YYYY-MM-DD).
    pub period_end: Option<String>,
    /// How many seats there are.
    pub counts: SeatCounts,
}

/// How a subscription stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// It runs.
    Active,
    /// It has ended.
    Inactive,
    /// It is suspended.
    Paused,
    /// Apple does not say, or in a word this version does not know.
    Unknown,
}

impl SubscriptionStatus {
    /// Whether seats can be given.
    pub fn is_active(self) -> bool {
        match self {
            Self::Active => true,
            Self::Inactive | Self::Paused | Self::Unknown => false,
        }
    }
}

/// How many seats there are (`counts`). Of either kind `assigned + available = total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatCounts {
    /// Held by somebody.
    pub assigned: SeatSplit,
    /// Free.
    pub available: SeatSplit,
    /// All.
    pub total: SeatSplit,
}

/// Seats by what becomes of them at the end of the billing period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatSplit {
    /// They go on.
    pub renewing: u64,
    /// They are gone.
    pub expiring: u64,
}

impl SeatSplit {
    /// Both together.
    pub fn sum(self) -> u64 {
        self.renewing.saturating_add(self.expiring)
    }
}

/// Who holds a seat of one subscription.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeatHolders {
    /// Those whose seat goes on.
    pub renewing: HolderSet,
    /// Those whose seat ends with the billing period.
    pub expiring: HolderSet,
}

impl SeatHolders {
    /// Everybody.
    pub fn all(&self) -> HolderSet {
        &self.renewing | &self.expiring
    }
}

/// What one request for seats may carry. Apple may change it at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeatLimits {
    /// Subscriptions (`maxSubscriptions`).
    pub subscriptions: usize,
    /// People (`maxSubscriptionClientUserIds`).
    pub users: usize,
}

impl Default for SeatLimits {
    /// The values of Apple's documented example.
    fn default() -> Self {
        Self { subscriptions: 25, users: 1000 }
    }
}

/// Reads the subscriptions of a location whole, or fails.
///
/// Its lists come in parts that lead to each other, one after the other. A list that changed on
/// the way is read again from its beginning, and who holds seats is held against Apple's counts.
/// A service without subscriptions (9634) has none.
///
/// # Errors
/// As [`super::read`].
pub(super) async fn read(
    reader: &Reader,
    roster: &Mutex<Roster>,
) -> Result<LocationSeats, ReadError> {
    match read_seats(reader, roster, &SeatFilter::default()).await {
        Err(ReadError::Apple(error)) if is_not_offered(&error) => Ok(LocationSeats::default()),
        read => read,
    }
}

fn is_not_offered(error: &AppleError) -> bool {
    error.number() == Some(9634)
        || error.said().is_some_and(|said| matches!(said.status, 404 | 410))
}

/// Reads back the seats and administrators of these subscriptions: what counts as done after a
/// write.
///
/// # Errors
/// As [`super::read`].
pub async fn read_back_seats(
    reader: &Reader,
    roster: &Mutex<Roster>,
    subscriptions: &BTreeSet<AdamId>,
) -> Result<LocationSeats, ReadError> {
    let filter = SeatFilter { adam_ids: subscriptions.iter().copied().collect() };
    read_seats(reader, roster, &filter).await
}

async fn read_seats(
    reader: &Reader,
    roster: &Mutex<Roster>,
    filter: &SeatFilter,
) -> Result<LocationSeats, ReadError> {
    let mut tries = 0;
    loop {
        let mut seats = LocationSeats::default();
        for record in walk::<Subscriptions>(reader, filter).await? {
            let adam_id = record.adam_id().map_err(wrong::<Subscriptions>)?;
            seats.subscriptions.insert(adam_id, record.subscription());
        }
        for record in walk::<Seats>(reader, filter).await? {
            let renewing = record.renewing();
            let (adam_id, holder) = holder::<Seats>(&record, roster)?;
            let held = seats.held.entry(adam_id).or_default();
            let side = if renewing { &mut held.renewing } else { &mut held.expiring };
            side.insert(holder);
        }
        for record in walk::<Administrators>(reader, filter).await? {
            let (adam_id, holder) = holder::<Administrators>(&record, roster)?;
            seats.administrators.entry(adam_id).or_default().insert(holder);
        }
        seats.limits = reader.seat_limits();
        let Some((adam_id, holders, assigned)) = disagreement(&seats) else { return Ok(seats) };
        tries += 1;
        if tries > TRIES {
            let asset = Asset { adam_id, pricing_param: PricingParam::default() };
            return Err(ReadError::Inconsistent { asset, holders, assigned, tries: TRIES });
        }
        reader.rest(tries).await;
    }
}

/// The first subscription whose holders are not as many as Apple counts.
fn disagreement(seats: &LocationSeats) -> Option<(AdamId, u64, u64)> {
    let ids: BTreeSet<AdamId> =
        seats.subscriptions.keys().chain(seats.held.keys()).copied().collect();
    ids.into_iter().find_map(|adam_id| {
        let holders = seats
            .held
            .get(&adam_id)
            .map_or(0, |held| held.renewing.len().saturating_add(held.expiring.len()));
        let known = seats.subscriptions.get(&adam_id);
        let assigned = known.map_or(0, |known| known.counts.assigned.sum());
        (holders != assigned).then_some((adam_id, holders, assigned))
    })
}

/// Walks one list from part to part, from the beginning again where it changed on the way.
async fn walk<K: CursorKind>(
    reader: &Reader,
    filter: &SeatFilter,
) -> Result<Vec<K::Record>, ReadError> {
    for tries in 1..=TRIES {
        if let Some(records) = walk_once::<K>(reader, filter).await? {
            return Ok(records);
        }
        if tries < TRIES {
            reader.rest(tries).await;
        }
    }
    Err(ReadError::Unsettled { what: format!("the list {}", K::PATH), tries: TRIES })
}

/// All of a list, or nothing where it changed on the way.
async fn walk_once<K: CursorKind>(
    reader: &Reader,
    filter: &SeatFilter,
) -> Result<Option<Vec<K::Record>>, ReadError> {
    let first = reader.part::<K>(filter, None).await?;
    let (mut records, mut next, version) = (first.records, first.next, first.version);
    let mut seen = BTreeSet::new();
    while let Some(cursor) = next {
        let part = match reader.part::<K>(filter, Some(&cursor)).await {
            Ok(part) => part,
            Err(AppleError::PageOutOfRange { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // A cursor that comes round again would lead in circles.
        if part.version != version || !seen.insert(cursor) {
            return Ok(None);
        }
        records.extend(part.records);
        next = part.next;
    }
    Ok(Some(records))
}

fn holder<K: CursorKind>(
    record: &SeatRecord,
    roster: &Mutex<Roster>,
) -> Result<(AdamId, crate::license::HolderId), ReadError> {
    let adam_id = record.adam_id().map_err(wrong::<K>)?;
    let user = record.user().map_err(wrong::<K>)?;
    let mut roster = roster.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((adam_id, roster.number(HolderRef::User(user.as_str()))?))
}

fn wrong<K: CursorKind>(problem: RecordError) -> ReadError {
    ReadError::Record { list: K::PATH, page: 0, problem }
}
