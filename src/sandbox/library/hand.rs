use super::{Library, OwnedAsset, at, number};
use crate::sandbox::wire::{Notification, UserRow};
use crate::sandbox::world::{Pricing, ProductType, SupportedPlatform, Total, UserStatus};

/// What Apple's portal, other people and other services do to a location.
impl Library {
    /// A person accepts the invitation with an Apple Account.
    pub(crate) fn accept_invitation(
        &mut self,
        record: u32,
        account: Option<&str>,
    ) -> Result<Notification, String> {
        let person = self.people.get(record).ok_or("there is no such invitation")?;
        if person.status != UserStatus::Registered {
            return Err(format!("`{}` is not waiting for an answer", person.client_user_id));
        }
        let own = format!("{}@personal.example", person.client_user_id);
        let account = account.unwrap_or(&own);
        if self.people.user_of(account).is_some() {
            return Err(format!("the Apple Account `{account}` belongs to another user"));
        }
        self.bind(record, account);
        let users = self.user_row(record).map(UserRow::into_owned);
        Ok(Notification::UserAssociated { associated_users: users.into_iter().collect() })
    }

    /// Somebody else gives a license, past every request.
    pub(crate) fn give(&mut self, asset: u32, holder: u32) -> bool {
        let Some(owned) = self.assets.get_mut(at(asset)) else { return false };
        let room = owned.available_count() > 0 && !owned.held.contains(holder);
        if room {
            owned.held.insert(holder);
            self.assignments_changed([(asset, holder)]);
        }
        room
    }

    /// Somebody else takes a license back.
    pub(crate) fn take(&mut self, asset: u32, holder: u32) -> bool {
        let Some(owned) = self.assets.get_mut(at(asset)) else { return false };
        let there = owned.held.contains(holder) && !owned.retired.contains(holder);
        if there {
            owned.held.remove(holder);
            self.assignments_changed([]);
        }
        there
    }

    /// The organization buys licenses, gets money back for them, or moves them between locations.
    pub(crate) fn buy(&mut self, order: &Purchase) -> Result<Notification, String> {
        let at_hand = self.find_asset(&order.adam_id, order.pricing);
        let asset = match at_hand {
            Some(asset) => asset,
            None => self.add_asset(order),
        };
        let owned = self.assets.get_mut(at(asset)).ok_or("there is no such asset")?;
        let Total::Fixed(total) = owned.total else {
            return Err(format!("{} is unlimited: there is nothing to buy", order.adam_id));
        };
        let after = i64::from(total) + order.count;
        let after = u32::try_from(after)
            .ok()
            .filter(|after| u64::from(*after) >= owned.held.len() && *after < 2_147_483_647)
            .ok_or_else(|| {
                format!(
                    "{}: {} licenses and {} more make {after}, but {} are in use",
                    order.adam_id,
                    total,
                    order.count,
                    owned.held.len()
                )
            })?;
        owned.total = Total::Fixed(after);
        self.asset_changes.record([]);
        Ok(Notification::AssetCount {
            adam_id: order.adam_id.clone(),
            pricing_param: order.pricing.as_str(),
            count_delta: order.count,
        })
    }

    fn add_asset(&mut self, order: &Purchase) -> u32 {
        let asset = number(self.assets.len());
        let is_app = order.kind == ProductType::App;
        self.by_asset.insert((order.adam_id.clone(), order.pricing), asset);
        self.assets.push(OwnedAsset {
            adam_id: order.adam_id.clone(),
            pricing: order.pricing,
            kind: order.kind,
            name: None,
            bundle_id: None,
            total: Total::Fixed(0),
            device_assignable: is_app,
            revocable: is_app,
            platforms: vec![SupportedPlatform::IOs],
            held: roaring::RoaringBitmap::new(),
            retired: roaring::RoaringBitmap::new(),
        });
        asset
    }
}

/// Licenses bought (or given back, where the count is negative).
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    pub(crate) adam_id: String,
    pub(crate) pricing: Pricing,
    pub(crate) kind: ProductType,
    pub(crate) count: i64,
}
