use serde::{Deserialize, Serialize};

use super::{
    ChangeLog, Event, Events, Holder, Holders, Library, OwnedAsset, People, Person, Seats,
    Subscription, TokenState, at, number,
};
use crate::sandbox::options::Options;
use crate::sandbox::wire::MdmInfo;

/// What of a location outlives the process. What the world says alone is not in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SavedLibrary {
    pub(crate) uid: String,
    token: TokenState,
    mdm_info: Option<MdmInfo>,
    subscription: Option<Subscription>,
    holders: Vec<Holder>,
    people: Vec<Person>,
    assets: Vec<OwnedAsset>,
    events_made: u64,
    events: Vec<Event>,
    asset_changes: ChangeLog<()>,
    assignment_changes: ChangeLog<(u32, u32)>,
    user_changes: ChangeLog<u32>,
    /// Absent in a file from before there were subscriptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seats: Option<Seats>,
}

impl Library {
    pub(crate) fn save(&self) -> SavedLibrary {
        let (events_made, events) = self.events.saved();
        SavedLibrary {
            uid: self.uid.clone(),
            token: self.token.clone(),
            mdm_info: self.mdm_info.clone(),
            subscription: self.subscription.clone(),
            holders: self.holders.items().to_vec(),
            people: self.people.records().to_vec(),
            assets: self.assets.clone(),
            events_made,
            events,
            asset_changes: self.asset_changes.clone(),
            assignment_changes: self.assignment_changes.clone(),
            user_changes: self.user_changes.clone(),
            seats: (!self.seats.is_idle()).then(|| self.seats.clone()),
        }
    }

    /// Replaces what the seed holds with what was saved.
    pub(crate) fn restore(&mut self, saved: SavedLibrary, options: &Options) -> Result<(), String> {
        saved.check()?;
        let SavedLibrary {
            uid: _,
            token,
            mdm_info,
            subscription,
            holders,
            people,
            assets,
            events_made,
            events,
            asset_changes,
            assignment_changes,
            user_changes,
            seats,
        } = saved;
        self.by_asset = (0..)
            .zip(&assets)
            .map(|(number, asset)| ((asset.adam_id.clone(), asset.pricing), number))
            .collect();
        self.token = token;
        self.mdm_info = mdm_info;
        self.subscription = subscription;
        self.holders = Holders::restore(holders);
        self.people = People::restore(people);
        self.assets = assets;
        self.events = Events::restore(events_made, events, options.event_retention);
        self.asset_changes = asset_changes;
        self.assignment_changes = assignment_changes;
        self.user_changes = user_changes;
        if let Some(seats) = seats {
            self.seats = seats;
        }
        Ok(())
    }
}

impl SavedLibrary {
    /// Numbers must lead somewhere: a file edited by hand must not make a sandbox that answers
    /// nonsense.
    fn check(&self) -> Result<(), String> {
        let place = format!("location {}", self.uid);
        let holders = number(self.holders.len());
        for asset in &self.assets {
            if asset.held.max().is_some_and(|holder| holder >= holders) {
                return Err(format!("{place}: {} is held by nobody known", asset.adam_id));
            }
            if !asset.retired.is_subset(&asset.held) {
                return Err(format!("{place}: retired holders of {} hold nothing", asset.adam_id));
            }
        }
        for (record, person) in (0..).zip(&self.people) {
            if self.holders.get(at(person.holder)) != Some(&Holder::User(record)) {
                return Err(format!("{place}: user {} is no holder", person.client_user_id));
            }
        }
        Ok(())
    }
}

/// Sets of numbers as a list of `[first, last]`: short for what comes in series, and readable.
pub(super) mod ranges {
    use roaring::RoaringBitmap;
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::sandbox::library) fn serialize<S: Serializer>(
        set: &RoaringBitmap,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(None)?;
        let mut numbers = set.iter();
        while let Some(range) = numbers.next_range() {
            list.serialize_element(&[range.start(), range.end()])?;
        }
        list.end()
    }

    pub(in crate::sandbox::library) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<RoaringBitmap, D::Error> {
        let mut set = RoaringBitmap::new();
        for [first, last] in Vec::<[u32; 2]>::deserialize(from)? {
            set.insert_range(first..=last);
        }
        Ok(set)
    }
}
