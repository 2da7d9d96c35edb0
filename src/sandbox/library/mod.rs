//! What one location holds: assets, holders, people, events, versions. No network in here.

mod asset;
mod event;
mod hand;
mod holders;
mod listing;
mod people;
mod registration;
mod saved;
mod seats;
mod seed;
mod settle;
mod token;
mod version;

use std::collections::{BTreeSet, HashMap};

pub(crate) use asset::OwnedAsset;
pub(crate) use event::{Event, EventKind, EventStatus, Events, Work};
pub(crate) use hand::Purchase;
pub(crate) use holders::{Holder, Holders};
pub(crate) use listing::{AssignmentFilter, UserFilter};
pub(crate) use people::{People, Person, hex};
pub(crate) use saved::SavedLibrary;
pub(crate) use seats::{SeatOrder, SeatWish, Seats, Subscribed};
pub(crate) use seed::is_serial;
pub(crate) use settle::{Named, Step};
pub(crate) use token::TokenState;
pub(crate) use version::{ChangeLog, Dataset};

use super::wire::{Assignment, MdmInfo, NotificationType, UserRow};
use super::world::{Platform, Pricing};

/// One location.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) uid: String,
    pub(crate) apple_name: String,
    pub(crate) country: String,
    pub(crate) platform: Platform,
    pub(crate) token: TokenState,
    pub(crate) mdm_info: Option<MdmInfo>,
    pub(crate) subscription: Option<Subscription>,
    pub(crate) assets: Vec<OwnedAsset>,
    pub(crate) by_asset: HashMap<(String, Pricing), u32>,
    pub(crate) holders: Holders,
    pub(crate) people: People,
    /// Managed Apple Accounts of the organization.
    pub(crate) accounts: BTreeSet<String>,
    pub(crate) events: Events,
    /// The version of the assets: their counts.
    pub(crate) asset_changes: ChangeLog<()>,
    /// Assignments added, by version; removals only make a version.
    pub(crate) assignment_changes: ChangeLog<(u32, u32)>,
    /// Records of people changed, by version.
    pub(crate) user_changes: ChangeLog<u32>,
    /// Subscriptions, their seats and administrators.
    pub(crate) seats: Seats,
}

/// Where notifications go.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscription {
    pub(crate) url: String,
    pub(crate) auth_token: String,
    pub(crate) types: BTreeSet<NotificationType>,
}

/// An index from a number kept in 32 bits.
pub(crate) fn at(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The 32-bit number of the next element of a list.
pub(crate) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Library {
    /// The asset's number, where the location owns it.
    pub(crate) fn find_asset(&self, adam_id: &str, pricing: Pricing) -> Option<u32> {
        self.by_asset.get(&(adam_id.to_owned(), pricing)).copied()
    }

    /// The asset with a number.
    pub(crate) fn asset(&self, asset: u32) -> Option<&OwnedAsset> {
        self.assets.get(at(asset))
    }

    /// A pair as Apple writes it.
    pub(crate) fn row(&self, asset: u32, holder: u32, with_state: bool) -> Option<Assignment<'_>> {
        let owned = self.asset(asset)?;
        let mut row = Assignment {
            adam_id: owned.adam_id.as_str().into(),
            pricing_param: owned.pricing.as_str(),
            client_user_id: None,
            serial_number: None,
            id_hash: None,
            user_status: None,
        };
        match self.holders.get(holder)? {
            Holder::Device(serial) => row.serial_number = Some((&**serial).into()),
            Holder::User(record) => {
                let person = self.people.get(*record)?;
                row.client_user_id = Some(person.client_user_id.as_str().into());
                if with_state {
                    row.user_status = Some(person.status);
                    row.id_hash = person.id_hash().map(Into::into);
                }
            }
        }
        Some(row)
    }

    /// A person as Apple writes one.
    pub(crate) fn user_row(&self, record: u32) -> Option<UserRow<'_>> {
        self.people.get(record).map(Person::row)
    }

    /// Notes that pairs were added or removed: a new version of assignments and of counts.
    fn assignments_changed(&mut self, added: impl IntoIterator<Item = (u32, u32)>) {
        self.assignment_changes.record(added);
        self.asset_changes.record([]);
    }
}
