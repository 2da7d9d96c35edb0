//! Reading back what was written: the only thing that counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::actual::{self, ReadError, Stock, UserRecord, UserStatus};
use crate::apple::{
    AppleError, AssetFilter, AssignmentFilter, Page, Reader, RecordError, UserFilter,
};
use crate::license::{
    Asset, ClientUserId, Holder, HolderId, HolderRef, HolderSet, Roster, SerialNumber,
};

use super::work::{Pairs, both};

/// Up to so many holders or people are asked for one by one; above, the lists are cheaper. A page
/// holds several hundred records (Apple's page: using-paginated-endpoints).
const ONE_BY_ONE: u64 = 8;

/// Which of these pairs Apple shows as held: asked by holder or by asset, whichever is cheaper.
pub(super) async fn held(
    reader: &Reader,
    roster: &mut Roster,
    pairs: &Pairs,
) -> Result<Pairs, ReadError> {
    let mut everybody = HolderSet::new();
    for holders in pairs.values() {
        everybody |= holders;
    }
    if everybody.len() <= ONE_BY_ONE {
        return by_holder(reader, roster, pairs, &everybody).await;
    }
    let shared = Mutex::new(std::mem::take(roster));
    let assets: BTreeSet<Asset> = pairs.keys().copied().collect();
    let found = actual::read_back(reader, &shared, &assets).await;
    *roster = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(both(pairs, &found?))
}

async fn by_holder(
    reader: &Reader,
    roster: &Roster,
    pairs: &Pairs,
    holders: &HolderSet,
) -> Result<Pairs, ReadError> {
    let mut held = Pairs::new();
    for holder in holders.iter().filter_map(|id| roster.to_holder(id)) {
        let filter = match holder {
            Holder::Device(serial) => {
                AssignmentFilter { serial_number: Some(serial), ..Default::default() }
            }
            Holder::User(user) => {
                AssignmentFilter { client_user_id: Some(user), ..Default::default() }
            }
        };
        for (asset, holders) in at_rest(reader, &filter, roster, pairs).await? {
            *held.entry(asset).or_default() |= &holders;
        }
    }
    Ok(held)
}

/// How often a list that moves while it is walked is walked again.
const WALKS: u32 = 20;

/// Walks a holder's list, nearly always one page, until no write came in between: one that moves
/// can hide a pair, and a release would look done.
async fn at_rest(
    reader: &Reader,
    filter: &AssignmentFilter,
    roster: &Roster,
    pairs: &Pairs,
) -> Result<Pairs, ReadError> {
    for _ in 0..WALKS {
        match walk(reader, filter, roster, pairs).await {
            Ok(Some(seen)) => return Ok(seen),
            Ok(None) | Err(ReadError::Apple(AppleError::PageOutOfRange { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ReadError::Unsettled { what: "a holder's assignments".to_owned(), tries: WALKS })
}

/// `None` where the version changed on the way.
async fn walk(
    reader: &Reader,
    filter: &AssignmentFilter,
    roster: &Roster,
    pairs: &Pairs,
) -> Result<Option<Pairs>, ReadError> {
    let mut seen = Pairs::new();
    let mut page = 0;
    let mut first = None;
    loop {
        let answer = reader.assignments(filter, page).await?;
        let Page { next, records, version, .. } = answer.read()?;
        for record in records {
            let Ok(asset) = record.asset() else { continue };
            let Some(wanted) = pairs.get(&asset) else { continue };
            let Some(id) = find(roster, record.holder()) else { continue };
            if wanted.contains(id) {
                seen.entry(asset).or_default().insert(id);
            }
        }
        if *first.get_or_insert_with(|| version.clone()) != version {
            return Ok(None);
        }
        match next {
            Some(next) => page = next,
            None => return Ok(Some(seen)),
        }
    }
}

/// A holder of this run; others are none of its business.
fn find(roster: &Roster, holder: Result<HolderRef<'_>, RecordError>) -> Option<HolderId> {
    match holder.ok()? {
        HolderRef::Device(text) => {
            let serial: SerialNumber = text.parse().ok()?;
            roster.find(HolderRef::Device(serial.as_str()))
        }
        HolderRef::User(text) => roster.find(HolderRef::User(text)),
    }
}

/// How these people are registered, now. Of several records of one id the active one.
pub(super) async fn users(
    reader: &Reader,
    people: &BTreeSet<ClientUserId>,
) -> Result<BTreeMap<ClientUserId, UserRecord>, AppleError> {
    let mut found = BTreeMap::new();
    if u64::try_from(people.len()).is_ok_and(|people| people <= ONE_BY_ONE) {
        for person in people {
            let filter = UserFilter { client_user_id: Some(person.clone()), ..Default::default() };
            match records(reader, &filter, people, &mut found).await {
                // Somebody who was never registered.
                Err(error) if error.number() == Some(9609) => {}
                result => result?,
            }
        }
    } else {
        let filter = UserFilter { active_only: Some(true), ..Default::default() };
        records(reader, &filter, people, &mut found).await?;
    }
    Ok(found)
}

async fn records(
    reader: &Reader,
    filter: &UserFilter,
    people: &BTreeSet<ClientUserId>,
    found: &mut BTreeMap<ClientUserId, UserRecord>,
) -> Result<(), AppleError> {
    let mut page = 0;
    loop {
        let answer = reader.users(filter, page).await?;
        let Page { next, records, .. } = answer.read()?;
        for entry in records {
            let Ok(id) = entry.id() else { continue };
            let record = entry.record();
            if people.contains(&id) && (is_active(&record) || !found.contains_key(&id)) {
                found.insert(id, record);
            }
        }
        match next {
            Some(next) => page = next,
            None => return Ok(()),
        }
    }
}

/// Whether somebody is registered, and not retired.
pub(super) fn is_active(record: &UserRecord) -> bool {
    matches!(record.status, UserStatus::Registered | UserStatus::Associated)
}

/// How many licenses of these assets there are, now. One that is not owned any more is absent.
pub(super) async fn stock(
    reader: &Reader,
    assets: &[Asset],
) -> Result<BTreeMap<Asset, Stock>, AppleError> {
    let one_by_one = u64::try_from(assets.len()).is_ok_and(|assets| assets <= ONE_BY_ONE);
    let filters: Vec<AssetFilter> = if one_by_one {
        let one =
            |asset: &Asset| AssetFilter { adam_id: Some(asset.adam_id), ..Default::default() };
        assets.iter().map(one).collect()
    } else {
        vec![AssetFilter::default()]
    };
    let mut stock = BTreeMap::new();
    for filter in filters {
        let mut page = 0;
        loop {
            let answer = reader.assets(&filter, page).await?;
            let read = answer.read()?;
            let listed = read.records.iter().map(|record| (record, false));
            for (record, unlimited) in listed.chain(read.unlimited.iter().map(|r| (r, true))) {
                if let Ok(asset) = record.asset()
                    && assets.contains(&asset)
                {
                    stock.insert(asset, record.owned(unlimited).stock);
                }
            }
            match read.next {
                Some(next) => page = next,
                None => break,
            }
        }
    }
    Ok(stock)
}
