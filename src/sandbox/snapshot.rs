use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::library::{Holder, Library, Subscribed};
use super::wire::SeatCounts;
use super::world::{Total, UserStatus};
use super::{Sandbox, Shelf, lock};

/// Who holds what, at one moment for each location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// In the order of the world.
    pub locations: Vec<LocationSnapshot>,
}

/// One location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationSnapshot {
    /// Its name in the world.
    pub name: String,
    /// Apple's library id.
    pub uid: String,
    /// `mdmInfo.id` of whoever has claimed it.
    pub owner: Option<String>,
    /// Events accepted and not settled.
    pub pending_events: usize,
    /// Its apps and books, in the order of the world.
    pub assets: Vec<AssetSnapshot>,
    /// Every record of a person, in order of registration.
    pub users: Vec<UserSnapshot>,
    /// Whether a service has said that it handles subscriptions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub subscriptions_enabled: bool,
    /// Its subscriptions, in the order of the world.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SubscriptionSnapshot>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionSnapshot {
    /// Apple's number.
    pub adam_id: i64,
    /// Last day of the billing period.
    pub period_end: String,
    /// Seats nobody holds: those that go on, and those that end with the period.
    pub available: (u32, u32),
    /// All seats, in the same way.
    pub total: (u32, u32),
    /// Who holds one, and whether it goes on, by `clientUserId`.
    pub seats: BTreeMap<String, bool>,
    /// Who administers it, by `clientUserId`.
    pub administrators: BTreeSet<String>,
}

/// An app or a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetSnapshot {
    /// Apple's number.
    pub adam_id: String,
    /// `STDQ` or `PLUS`.
    pub pricing_param: String,
    /// Licenses held by devices and active people.
    pub assigned: u64,
    /// Licenses nobody holds; `None` where there is no end of them.
    pub available: Option<u64>,
    /// Licenses that retired people keep.
    pub retired: u64,
    /// Licenses owned; `None` where there is no end of them.
    pub total: Option<u64>,
    /// Serial numbers that hold it.
    pub devices: BTreeSet<String>,
    /// Active people that hold it, by `clientUserId`.
    pub users: BTreeSet<String>,
    /// Retired people that hold it, by `clientUserId`.
    pub retired_users: BTreeSet<String>,
}

/// A record of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSnapshot {
    /// The key.
    pub client_user_id: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Where the person stands.
    pub status: UserStatus,
    /// The Apple Account bound to the record.
    pub account: Option<String>,
    /// The code of an invitation that waits for an answer.
    pub invite_code: Option<String>,
}

impl Snapshot {
    /// A location by name or `uId`.
    pub fn location(&self, name: &str) -> Option<&LocationSnapshot> {
        self.locations.iter().find(|one| one.name == name || one.uid == name)
    }
}

impl LocationSnapshot {
    /// An asset by its `adamId`, the first where it is owned at both prices.
    pub fn asset(&self, adam_id: &str) -> Option<&AssetSnapshot> {
        self.assets.iter().find(|asset| asset.adam_id == adam_id)
    }

    /// Every assignment: `adamId`, price, holder. Retired people's are not in it.
    pub fn pairs(&self) -> BTreeSet<(&str, &str, &str)> {
        let pairs = self.assets.iter().flat_map(|asset| {
            let holders = asset.devices.iter().chain(&asset.users);
            holders.map(|one| (asset.adam_id.as_str(), asset.pricing_param.as_str(), one.as_str()))
        });
        pairs.collect()
    }
}

impl AssetSnapshot {
    /// Whether a device (by serial number) or an active person (by `clientUserId`) holds it.
    pub fn is_held_by(&self, holder: &str) -> bool {
        self.devices.contains(holder) || self.users.contains(holder)
    }
}

impl Sandbox {
    /// Who holds what.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { locations: self.inner.shelves.iter().map(location).collect() }
    }
}

fn location(shelf: &Shelf) -> LocationSnapshot {
    let library = lock(&shelf.library);
    LocationSnapshot {
        name: shelf.name.clone(),
        uid: shelf.uid.clone(),
        owner: library.mdm_info.as_ref().map(|owner| owner.id.clone()),
        pending_events: library.events.pending().count(),
        assets: (0..).zip(&library.assets).map(|(number, _)| asset(&library, number)).collect(),
        users: library
            .people
            .records()
            .iter()
            .map(|person| UserSnapshot {
                client_user_id: person.client_user_id.clone(),
                email: person.email.clone(),
                status: person.status,
                account: person.account.clone(),
                invite_code: person.invite_code.clone(),
            })
            .collect(),
        subscriptions_enabled: library.seats.enabled,
        subscriptions: library.seats.list.iter().map(subscription).collect(),
    }
}

fn subscription(one: &Subscribed) -> SubscriptionSnapshot {
    let SeatCounts { assigned: _, available, total } = one.counts();
    SubscriptionSnapshot {
        adam_id: one.adam_id,
        period_end: one.period_end.to_string(),
        available: (available.renewing, available.expiring),
        total: (total.renewing, total.expiring),
        seats: one.rows().map(|(id, renewing)| (id.to_owned(), renewing)).collect(),
        administrators: one.admins.clone(),
    }
}

fn asset(library: &Library, number: u32) -> AssetSnapshot {
    let mut shot = AssetSnapshot {
        adam_id: String::new(),
        pricing_param: String::new(),
        assigned: 0,
        available: None,
        retired: 0,
        total: None,
        devices: BTreeSet::new(),
        users: BTreeSet::new(),
        retired_users: BTreeSet::new(),
    };
    let Some(owned) = library.asset(number) else { return shot };
    shot.adam_id.clone_from(&owned.adam_id);
    owned.pricing.as_str().clone_into(&mut shot.pricing_param);
    shot.assigned = owned.assigned_count();
    shot.retired = owned.retired_count();
    if let Total::Fixed(total) = owned.total {
        shot.available = Some(owned.available_count());
        shot.total = Some(u64::from(total));
    }
    for holder in &owned.held {
        let name = library.holder_name(holder).unwrap_or_default().to_owned();
        match library.holders.get(holder) {
            Some(Holder::Device(_)) => shot.devices.insert(name),
            Some(Holder::User(_)) if owned.retired.contains(holder) => {
                shot.retired_users.insert(name)
            }
            Some(Holder::User(_)) => shot.users.insert(name),
            None => false,
        };
    }
    shot
}
