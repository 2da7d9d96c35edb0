use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use roaring::RoaringBitmap;

use super::people::{hex, invite_code};
use super::{
    ChangeLog, Events, Holders, Library, OwnedAsset, People, Person, Seats, TokenState, number,
};
use crate::sandbox::options::Options;
use crate::sandbox::wire::MdmInfo;
use crate::sandbox::world::{AssetSeed, LocationSeed, ProductType, Total, UserSeed, UserStatus};

impl Library {
    /// A location as its seed describes it. What does not fit together goes to `problems`.
    pub(crate) fn seed(seed: &LocationSeed, options: &Options, problems: &mut Vec<String>) -> Self {
        let organization = seed
            .organization
            .clone()
            .unwrap_or_else(|| format!("ORG{}", hex(&[seed.uid.as_bytes()], 4).to_uppercase()));
        // A sandbox that starts anew has forgotten what happened before; no version of an earlier
        // one may mean something in it.
        let first = u64::try_from(options.start.as_microsecond()).unwrap_or(1);
        let mut library = Self {
            uid: seed.uid.clone(),
            apple_name: seed.apple_name.clone().unwrap_or_else(|| seed.name.clone()),
            country: seed.country.clone(),
            platform: seed.default_platform,
            token: TokenState {
                organization,
                expires: seed.token_expires.unwrap_or_else(far_away),
                read_only: seed.read_only_token,
                revoked: false,
                generation: 0,
                earlier: Vec::new(),
            },
            mdm_info: seed.owner.as_ref().map(|owner| MdmInfo {
                id: owner.id.clone(),
                name: owner.name.clone(),
                metadata: owner.metadata.clone(),
            }),
            subscription: None,
            assets: Vec::new(),
            by_asset: HashMap::new(),
            holders: Holders::default(),
            people: People::default(),
            accounts: seed.accounts.iter().collect::<BTreeSet<_>>(),
            events: Events::new(options.event_retention),
            asset_changes: ChangeLog::new(first, options.version_retention),
            assignment_changes: ChangeLog::new(first, options.version_retention),
            user_changes: ChangeLog::new(first, options.version_retention),
            seats: Seats::new(seed.subscriptions_enabled.unwrap_or(!seed.subscriptions.is_empty())),
        };
        let place = format!("location `{}`", seed.name);
        if seed.uid.trim().is_empty() {
            problems.push(format!("{place}: `uid` is empty"));
        }
        for user in &seed.users {
            library.seed_user(user, &place, problems);
        }
        for asset in &seed.assets {
            library.seed_asset(asset, &place, problems);
        }
        for subscription in &seed.subscriptions {
            library.seed_subscription(subscription, options, &place, problems);
        }
        library
    }

    fn seed_user(&mut self, seed: &UserSeed, place: &str, problems: &mut Vec<String>) {
        for id in seed.client_user_id.iter() {
            let place = format!("{place}, user `{id}`");
            let fill = |template: &Option<String>| template.as_ref().map(|t| t.replace("{}", &id));
            let managed = fill(&seed.managed_apple_id);
            let status = seed.status.unwrap_or(if managed.is_some() {
                UserStatus::Associated
            } else {
                UserStatus::Registered
            });
            if id.trim().is_empty() {
                problems.push(format!("{place}: `clientUserId` is empty"));
            }
            if status.is_active() && self.people.active_of(&id).is_some() {
                problems.push(format!("{place}: is there twice, and both times active"));
            }
            if status == UserStatus::Registered && managed.is_some() {
                problems.push(format!(
                    "{place}: with a managed Apple Account the status cannot be Registered"
                ));
            }
            if let Some(account) = &managed {
                if status.is_active() && self.people.user_of(account).is_some() {
                    problems.push(format!("{place}: `{account}` already belongs to another user"));
                }
                self.accounts.insert(account.clone());
            }
            let account = match status {
                UserStatus::Registered => None,
                UserStatus::Retired => managed,
                UserStatus::Associated | UserStatus::Deleted => {
                    managed.or_else(|| Some(format!("{id}@personal.example")))
                }
            };
            let record = self.people.next_record();
            let holder = self.holders.add_user(record);
            self.people.add(Person {
                email: fill(&seed.email),
                account,
                invite_code: (status == UserStatus::Registered)
                    .then(|| invite_code(&self.uid, record)),
                status,
                holder,
                client_user_id: id,
            });
        }
    }

    fn seed_asset(&mut self, seed: &AssetSeed, place: &str, problems: &mut Vec<String>) {
        let adam_id = seed.adam_id.as_str();
        let kind = match seed.kind {
            ProductType::App => "app",
            ProductType::Book => "book",
        };
        let mut place = format!("{place}, {kind} {adam_id}");
        if let Some(name) = &seed.name {
            place = format!("{place} ({name})");
        }
        let is_app = seed.kind == ProductType::App;
        let mut asset = OwnedAsset {
            adam_id: adam_id.to_owned(),
            pricing: seed.pricing,
            kind: seed.kind,
            name: seed.name.clone(),
            bundle_id: seed.bundle_id.clone(),
            total: seed.total,
            device_assignable: seed.device_assignable.unwrap_or(is_app),
            revocable: seed.revocable.unwrap_or(is_app),
            platforms: seed.platforms.clone(),
            held: RoaringBitmap::new(),
            retired: RoaringBitmap::new(),
        };
        if !is_app && asset.device_assignable {
            problems.push(format!("{place}: books cannot be assigned to devices"));
        }
        if !asset.device_assignable && !seed.assigned.devices.is_empty() {
            problems.push(format!("{place}: devices hold it, but it is not device-assignable"));
        }
        for serial in seed.assigned.devices.iter() {
            if !is_serial(&serial) {
                problems.push(format!("{place}: `{serial}` is not a serial number"));
            } else if !asset.held.insert(self.holders.intern_device(&serial)) {
                problems.push(format!("{place}: device `{serial}` holds it twice"));
            }
        }
        for id in seed.assigned.users.iter() {
            self.seed_holder(&mut asset, &id, &place, problems);
        }
        if let Total::Fixed(total) = asset.total
            && asset.held.len() > u64::from(total)
        {
            problems.push(format!("{place}: {} hold it, but {total} are owned", asset.held.len()));
        }
        let key = (adam_id.to_owned(), seed.pricing);
        if self.by_asset.insert(key, number(self.assets.len())).is_some() {
            problems.push(format!("{place}: is there twice at {}", seed.pricing.as_str()));
        }
        self.assets.push(asset);
    }

    fn seed_holder(
        &self,
        asset: &mut OwnedAsset,
        id: &str,
        place: &str,
        problems: &mut Vec<String>,
    ) {
        let record = self.people.active_of(id).or_else(|| self.people.of(id).last().copied());
        let Some((record, person)) = record.and_then(|one| Some((one, self.people.get(one)?)))
        else {
            problems.push(format!("{place}: user `{id}` is not among the users"));
            return;
        };
        if !asset.held.insert(person.holder) {
            problems.push(format!("{place}: user `{id}` holds it twice"));
        }
        if self.people.retired().contains(record) {
            if asset.revocable {
                problems.push(format!(
                    "{place}: user `{id}` is retired, and a license that can be taken back is gone then"
                ));
            }
            asset.retired.insert(person.holder);
        } else if !person.status.is_active() {
            problems.push(format!("{place}: user `{id}` is deleted and can hold nothing"));
        }
    }
}

/// What can be a serial number in a request or a seed. Letters stay as they are.
pub(crate) fn is_serial(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn far_away() -> Timestamp {
    // The last second of 2099: no test of today's code sees it.
    Timestamp::from_second(4_102_444_799).unwrap_or(Timestamp::MAX)
}
