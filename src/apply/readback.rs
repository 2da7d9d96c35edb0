//! Reading back what was written: the only thing that counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::actual::{Stock, UserRecord, UserStatus};
use crate::apple::{
    AppleError, AssetFilter, AssignmentFilter, Page, Reader, RecordError, UserFilter,
};
use crate::license::{
    Asset, ClientUserId, Holder, HolderId, HolderRef, HolderSet, Roster, SerialNumber,
};

use super::work::Pairs;

/// Up to so many holders or people are asked for one by one; above, the lists are cheaper. A page
/// holds several hundred records (Apple's page: using-paginated-endpoints).
const ONE_BY_ONE: u64 = 8;

/// Which of these pairs Apple shows as held.
///
/// Asked by holder or by asset, whichever is cheaper. A listing that moves while it is walked can
/// hide a pair, which would make a release look done: it is walked again, and in the end every
/// holder is asked one by one, which takes a single page each.
pub(super) async fn held(
    reader: &Reader,
    roster: &Roster,
    pairs: &Pairs,
) -> Result<Pairs, AppleError> {
    let mut held = Pairs::new();
    let mut everybody = HolderSet::new();
    for holders in pairs.values() {
        everybody |= holders;
    }
    if everybody.len() <= ONE_BY_ONE {
        by_holder(reader, roster, pairs, &everybody, &mut held).await?;
        return Ok(held);
    }
    for (asset, holders) in pairs {
        let filter = AssignmentFilter {
            adam_id: Some(asset.adam_id),
            pricing_param: Some(asset.pricing_param),
            ..Default::default()
        };
        if !list_at_rest(reader, &filter, roster, pairs, &mut held).await? {
            let only = Pairs::from([(*asset, holders.clone())]);
            held.remove(asset);
            by_holder(reader, roster, &only, holders, &mut held).await?;
        }
    }
    Ok(held)
}

async fn by_holder(
    reader: &Reader,
    roster: &Roster,
    pairs: &Pairs,
    holders: &HolderSet,
    held: &mut Pairs,
) -> Result<(), AppleError> {
    for holder in holders.iter().filter_map(|id| roster.to_holder(id)) {
        let filter = match holder {
            Holder::Device(serial) => {
                AssignmentFilter { serial_number: Some(serial), ..Default::default() }
            }
            Holder::User(user) => {
                AssignmentFilter { client_user_id: Some(user), ..Default::default() }
            }
        };
        if !list_at_rest(reader, &filter, roster, pairs, held).await? {
            tracing::warn!("a holder's list moved at every reading; the last reading counts");
        }
    }
    Ok(())
}

/// How often a list that moves is walked again.
const WALKS: u32 = 3;

/// Walks a list and keeps those of the pairs that are in it. False where it moved every time.
async fn list_at_rest(
    reader: &Reader,
    filter: &AssignmentFilter,
    roster: &Roster,
    pairs: &Pairs,
    held: &mut Pairs,
) -> Result<bool, AppleError> {
    for _ in 0..WALKS {
        let mut seen = Pairs::new();
        let still = list(reader, filter, roster, pairs, &mut seen).await;
        let still = match still {
            Err(AppleError::PageOutOfRange { .. }) => false,
            other => other?,
        };
        if still {
            for (asset, holders) in seen {
                *held.entry(asset).or_default() |= &holders;
            }
            return Ok(true);
        }
    }
    Ok(false)
}

/// Walks a list once. False where its version changed on the way.
async fn list(
    reader: &Reader,
    filter: &AssignmentFilter,
    roster: &Roster,
    pairs: &Pairs,
    held: &mut Pairs,
) -> Result<bool, AppleError> {
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
                held.entry(asset).or_default().insert(id);
            }
        }
        if *first.get_or_insert_with(|| version.clone()) != version {
            return Ok(false);
        }
        match next {
            Some(next) => page = next,
            None => return Ok(true),
        }
    }
}

/// A holder of this run; others are none of its business.
fn find(
    roster: &Roster,
    holder: Result<HolderRef<'_>, RecordError>,
) -> Option<HolderId> {
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
            let filter =
                UserFilter { client_user_id: Some(person.clone()), ..Default::default() };
            records(reader, &filter, people, &mut found).await?;
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
            let active = matches!(record.status, UserStatus::Registered | UserStatus::Associated);
            if people.contains(&id) && (active || !found.contains_key(&id)) {
                found.insert(id, record);
            }
        }
        match next {
            Some(next) => page = next,
            None => return Ok(()),
        }
    }
}

/// How many licenses of these assets there are, now. One that is not owned any more is absent.
pub(super) async fn stock(
    reader: &Reader,
    assets: &[Asset],
) -> Result<BTreeMap<Asset, Stock>, AppleError> {
    let one_by_one = u64::try_from(assets.len()).is_ok_and(|assets| assets <= ONE_BY_ONE);
    let filters: Vec<AssetFilter> = if one_by_one {
        let one = |asset: &Asset| AssetFilter { adam_id: Some(asset.adam_id), ..Default::default() };
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
