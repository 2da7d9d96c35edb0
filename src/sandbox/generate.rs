//! Worlds made from a few numbers: as large as wanted, and the same for the same numbers.
//!
//! Devices stand in as many blocks of the same size as there are apps, and an app is held by `each`
//! neighboring blocks, so every device holds `each` apps and every app has as many holders. People
//! stand in blocks of their own and hold the same apps.

use std::ops::Range;
use std::str::FromStr;

use super::world::{
    ApiVersion, AssetSeed, Assigned, Limits, LocationSeed, MdmSeed, Names, Numbered, Platform,
    Pricing, ProductType, StoreId, SupportedPlatform, Total, UserSeed, UserStatus, World,
    WorldKind,
};

/// The numbers a world is made from: `devices=1000000,apps=40,each=10`. What is not named keeps its
/// default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generate {
    /// Devices of a location (1000).
    pub devices: u32,
    /// People of a location (0).
    pub users: u32,
    /// Apps of a location (40).
    pub apps: u32,
    /// Apps each device and each person holds (10, or all where there are fewer).
    pub each: u32,
    /// Licenses of each app that nobody holds (1000).
    pub spare: u32,
    /// Locations, alike but for their names (1).
    pub locations: u32,
    /// Requests a second the world allows (15, Apple's figure).
    pub rate: u32,
}

impl Default for Generate {
    fn default() -> Self {
        Self {
            devices: 1000,
            users: 0,
            apps: 40,
            each: 10,
            spare: 1000,
            locations: 1,
            rate: Limits::default().max_request_per_second,
        }
    }
}

impl FromStr for Generate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut numbers = Self::default();
        let mut each = None;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once('=').ok_or_else(|| format!("`{part}` is not NAME=NUMBER"))?;
            let number: u32 = value
                .trim()
                .replace('_', "")
                .parse()
                .map_err(|_| format!("`{value}` of `{name}` is no number"))?;
            match name.trim() {
                "devices" => numbers.devices = number,
                "users" => numbers.users = number,
                "apps" => numbers.apps = number,
                "each" => each = Some(number),
                "spare" => numbers.spare = number,
                "locations" => numbers.locations = number,
                "rate" => numbers.rate = number,
                other => {
                    return Err(format!(
                        "`{other}` is none of devices, users, apps, each, spare, locations, rate"
                    ));
                }
            }
        }
        numbers.each = match each {
            Some(each) if each > numbers.apps => {
                return Err(format!("nobody can hold {each} of {} apps", numbers.apps));
            }
            Some(each) => each,
            None => numbers.each.min(numbers.apps),
        };
        if u64::from(numbers.devices) + u64::from(numbers.users) + u64::from(numbers.spare)
            >= 2_147_483_647
        {
            return Err("Apple counts no more than 2147483646 licenses of an app".to_owned());
        }
        Ok(numbers)
    }
}

impl Generate {
    /// The world.
    pub fn world(&self) -> World {
        World {
            api_version: ApiVersion::V1,
            kind: WorldKind::World,
            limits: Limits { max_request_per_second: self.rate, ..Limits::default() },
            locations: (0..self.locations).map(|number| self.location(number)).collect(),
            mdm: MdmSeed::default(),
            devices: vec![],
        }
    }

    /// The devices (or people) of a block, counted from 0. There are as many blocks as apps.
    pub fn block(&self, of: u32, block: u32) -> Range<u32> {
        let edge = |block: u32| {
            let edge = u64::from(of) * u64::from(block) / u64::from(self.apps.max(1));
            u32::try_from(edge).unwrap_or(of)
        };
        edge(block)..edge(block + 1)
    }

    /// The blocks that hold an app.
    pub fn blocks_of(&self, app: u32) -> impl Iterator<Item = u32> {
        let apps = self.apps.max(1);
        (0..self.each).map(move |step| (app + step) % apps)
    }

    /// Apple's number of an app.
    pub fn adam_id(app: u32) -> u64 {
        900_000_001 + u64::from(app)
    }

    /// The `uId` of a location.
    pub fn uid(location: u32) -> String {
        format!("{}", 7_000_000_000_000_001 + u64::from(location))
    }

    /// The serial number of a device, counted from 0.
    pub fn serial(device: u32) -> String {
        format!("{SERIAL}{device:0DIGITS$}")
    }

    /// The `clientUserId` of a person, counted from 0.
    pub fn user(person: u32) -> String {
        format!("{USER}{person:0DIGITS$}")
    }

    fn location(&self, number: u32) -> LocationSeed {
        let name = if number == 0 { "school".to_owned() } else { format!("school-{number}") };
        let people = UserSeed {
            client_user_id: series(USER, &(0..self.users)).into(),
            email: Some("{}@school.example".to_owned()),
            managed_apple_id: Some("{}@appleid.school.example".to_owned()),
            status: Some(UserStatus::Associated),
        };
        LocationSeed {
            name,
            uid: Self::uid(number),
            apple_name: None,
            country: "US".to_owned(),
            default_platform: Platform::default(),
            owner: None,
            organization: None,
            token_expires: None,
            read_only_token: false,
            assets: (0..self.apps).filter_map(|app| self.app(app)).collect(),
            subscriptions: vec![],
            subscriptions_enabled: None,
            users: if self.users == 0 { vec![] } else { vec![people] },
            accounts: Names::default(),
            devices: vec![],
        }
    }

    fn app(&self, app: u32) -> Option<AssetSeed> {
        let held = |of: u32, prefix: &str| {
            let blocks = self.blocks_of(app).map(|block| self.block(of, block));
            let names: Vec<Numbered> = blocks.map(|block| series(prefix, &block)).collect();
            (names.iter().map(|series| series.count).sum::<u32>(), Names::series(names))
        };
        let (on_devices, devices) = held(self.devices, SERIAL);
        let (with_people, users) = held(self.users, USER);
        Some(AssetSeed {
            adam_id: StoreId::new(&Self::adam_id(app).to_string())?,
            pricing: Pricing::default(),
            kind: ProductType::App,
            name: Some(format!("App {app}")),
            bundle_id: Some(format!("example.app{app}")),
            total: Total::Fixed(on_devices + with_people + self.spare),
            device_assignable: None,
            revocable: None,
            platforms: vec![SupportedPlatform::IOs],
            assigned: Assigned { devices, users },
        })
    }
}

const SERIAL: &str = "DMPX";
const USER: &str = "person-";
const DIGITS: usize = 8;

fn series(prefix: &str, of: &Range<u32>) -> Numbered {
    Numbered {
        prefix: prefix.to_owned(),
        count: of.end - of.start,
        from: of.start,
        width: Some(DIGITS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_holds_as_many_apps_as_asked_for() {
        let numbers: Generate = "devices=1_000, users=10, apps=7, each=3".parse().unwrap();
        let world = numbers.world();
        let mut held = std::collections::BTreeMap::<String, u32>::new();
        for asset in &world.locations[0].assets {
            for name in asset.assigned.devices.iter().chain(asset.assigned.users.iter()) {
                *held.entry(name).or_default() += 1;
            }
        }
        assert_eq!(held.len(), 1010);
        assert!(held.values().all(|&apps| apps == 3));
        assert!(held.contains_key(&Generate::serial(999)) && held.contains_key("person-00000009"));
        assert_eq!(numbers.world(), world, "the same numbers make the same world");
    }

    #[test]
    fn what_is_asked_for_must_make_sense() {
        let error = |text: &str| text.parse::<Generate>().unwrap_err();
        assert_eq!(error("devices"), "`devices` is not NAME=NUMBER");
        assert_eq!(error("apps=x"), "`x` of `apps` is no number");
        assert!(error("apple=3").starts_with("`apple` is none of devices,"));
        assert_eq!(error("apps=3,each=4"), "nobody can hold 4 of 3 apps");
        assert_eq!("apps=3".parse::<Generate>().unwrap().each, 3);
    }
}
