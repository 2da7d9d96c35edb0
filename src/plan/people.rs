//! People to register, update or retire, location by location.

use std::collections::BTreeMap;

use super::survey::{PlacedAt, Site, Survey};
use super::{Action, SeatAction, UserPlan};
use crate::actual::{Actual, UserRecord, UserStatus};
use crate::license::UserDetails;
use crate::license::{Asset, ClientUserId, HolderRef, HolderSet};
use crate::manifest::kind::RetireUsers;

/// What happens to the people of one location.
#[derive(Default)]
pub(super) struct People {
    pub(super) plan: UserPlan,
    /// People no entry names who are not retired, since something stays with them: their ids,
    /// ascending.
    pub(super) staying: Vec<ClientUserId>,
    /// Assets whose holders were not read though somebody holds them: nobody can be retired
    /// without knowing who.
    pub(super) unlisted: u64,
}

/// The people of one location; nobody where it is not ours to change.
pub(super) fn people(survey: &Survey<'_>, index: usize, site: &Site<'_>) -> People {
    let Some(actual) = site.open() else { return People::default() };
    let mut people = People::default();
    wanted(survey, index, actual, &mut people.plan);
    match site.manifest.retire_users {
        RetireUsers::Never => {}
        RetireUsers::Unreferenced => retire(survey, index, actual, &mut people),
    }
    people
}

/// Those who hold or get a license because an entry names them.
fn wanted(survey: &Survey<'_>, index: usize, actual: &Actual, plan: &mut UserPlan) {
    let mut holders = HolderSet::new();
    for (_, at) in survey.at(index) {
        holders |= &at.kept;
        at.assigns.iter().chain(&at.later).for_each(|(_, assigned)| holders |= assigned);
    }
    let seated = survey.seated.iter().filter(|one| one.site == index);
    seated.for_each(|one| holders |= &one.people());
    holders &= survey.roster.users();
    for holder in survey.roster.sorted(&holders) {
        let Some(id) = ClientUserId::new(holder.text()) else { continue };
        let known = survey.desired.people.get(&id);
        let written = |text: Option<&String>| {
            text.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let email = written(known.and_then(|person| person.email.as_ref()));
        let account = written(known.and_then(|person| person.managed_apple_id.as_ref()));
        let record = actual.users.get(&id).filter(|record| is_active(record));
        let Some(record) = record else {
            // With a Managed Apple Account Apple links the account at once; everybody else has an
            // invitation to accept.
            plan.waiting += u64::from(account.is_none());
            plan.create.push(UserDetails { client_user_id: id, email, managed_apple_id: account });
            continue;
        };
        let invited = record.status == UserStatus::Registered;
        plan.waiting += u64::from(invited);
        if email.as_ref().is_some_and(|email| differs(email, record.email.as_deref())) {
            // An account that is linked already stays as it is.
            let managed_apple_id = account.filter(|_| invited);
            plan.update.push(UserDetails { client_user_id: id, email, managed_apple_id });
        }
    }
}

fn differs(email: &str, at_apple: Option<&str>) -> bool {
    at_apple.is_none_or(|known| known.trim().to_lowercase() != email.to_lowercase())
}

/// Whether Apple has the person as registered or associated.
pub(super) fn is_active(record: &UserRecord) -> bool {
    match record.status {
        UserStatus::Registered | UserStatus::Associated => true,
        UserStatus::Retired | UserStatus::Deleted => false,
    }
}

/// Active people no entry of any asset of this location names, and with whom nothing stays: what
/// they hold is released by this very plan. An uninstall is no release until it is proven.
fn retire(survey: &Survey<'_>, index: usize, actual: &Actual, people: &mut People) {
    let name = survey.site_name(index);
    let mut named = HolderSet::new();
    for asset in &survey.desired.assets {
        if asset.locations.iter().any(|location| location == name) {
            asset.entries.iter().for_each(|entry| named |= &entry.holders);
        }
    }
    let mut stays = HolderSet::new();
    for one in survey.desired.subscriptions.iter().filter(|one| one.location == name) {
        one.entries.iter().for_each(|entry| named |= &entry.holders);
        one.administrators.iter().flatten().for_each(|(.., people)| named |= people);
    }
    if let Some(seats) = &actual.seats {
        for (adam_id, held) in &seats.held {
            let here = survey.seated.iter();
            let here = here.filter(|one| one.site == index && one.wanted.adam_id == *adam_id);
            let mut left = held.all();
            here.for_each(|one| left -= &one.whom(|action| action == SeatAction::Release));
            stays |= &left;
        }
        seats.administrators.values().for_each(|people| stays |= people);
    }
    let released: BTreeMap<Asset, HolderSet> =
        survey.at(index).map(|(placed, at)| (placed.wanted.asset, released(at))).collect();
    for (asset, held) in &actual.held {
        match released.get(asset) {
            Some(released) => stays |= &(held - released),
            None => stays |= held,
        }
    }
    people.unlisted = unlisted(actual);
    for (id, _) in actual.users.iter().filter(|(_, record)| is_active(record)) {
        let holder = survey.roster.find(HolderRef::User(id.as_str()));
        if holder.is_some_and(|holder| named.contains(holder)) {
            continue;
        }
        let holds = holder.is_some_and(|holder| stays.contains(holder));
        let protected = survey.protected.iter().any(|rule| rule.contains(holder));
        if holds || protected || people.unlisted > 0 {
            people.staying.push(id.clone());
        } else {
            people.plan.retire.push(id.clone());
        }
    }
}

fn released(at: &PlacedAt<'_>) -> HolderSet {
    let mut all = HolderSet::new();
    for reclaim in at.reclaims.iter().filter(|reclaim| reclaim.action == Action::Release) {
        all |= &reclaim.holders;
    }
    all
}

/// Assets whose listed holders are fewer than Apple counts.
fn unlisted(actual: &Actual) -> u64 {
    let fewer = actual
        .assets
        .iter()
        .filter(|(asset, owned)| actual.held.get(asset).map_or(0, HolderSet::len) < owned.assigned);
    super::numbers::count(fewer.count())
}
