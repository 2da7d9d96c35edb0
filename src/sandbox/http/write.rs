//! Requests for changes: checked whole, then queued whole.

use std::collections::BTreeSet;

use super::apple::{Answer, Call, Trace, json};
use super::endpoint::Endpoint;
use super::query::Query;
use crate::sandbox::library::{EventKind, Library, OwnedAsset, Work, is_serial};
use crate::sandbox::wire::{
    Asset, ErrorInfo, EventAnswer, ManageAssets, ManageUsers, Refusal, RequestAsset, RevokeAssets,
};
use crate::sandbox::world::Limits;
use crate::sandbox::{Sandbox, Shelf, lock};

impl Sandbox {
    /// Checks a request and queues it. What is wrong with any part refuses the whole.
    pub(super) fn accept(
        &self,
        shelf: &Shelf,
        endpoint: Endpoint,
        call: &Call<'_>,
        trace: &mut Trace,
    ) -> Answer {
        Query::read(&call.uri, &[])?;
        let limits = &self.inner.limits;
        let mut library = lock(&shelf.library);
        let (kind, work) = match endpoint {
            Endpoint::Associate => {
                (EventKind::Associate, pairs(&call.json()?, &library, limits, false)?)
            }
            Endpoint::Disassociate => {
                (EventKind::Disassociate, pairs(&call.json()?, &library, limits, true)?)
            }
            Endpoint::Revoke => (EventKind::Revoke, holders(call.json()?, limits)?),
            Endpoint::CreateUsers => (EventKind::Create, users(call.json()?, limits)?),
            Endpoint::UpdateUsers => (EventKind::Update, users(call.json()?, limits)?),
            Endpoint::RetireUsers => (EventKind::Retire, users(call.json()?, limits)?),
            Endpoint::AssociateSeats => {
                (EventKind::Associate, super::seats::associate(call.json()?, &library, limits)?)
            }
            Endpoint::DisassociateSeats => (
                EventKind::Disassociate,
                super::seats::disassociate(call.json()?, &library, limits)?,
            ),
            Endpoint::ServiceConfig
            | Endpoint::ClientConfig
            | Endpoint::Assets
            | Endpoint::Assignments
            | Endpoint::Users
            | Endpoint::Status
            | Endpoint::Subscriptions
            | Endpoint::EnableSubscriptions
            | Endpoint::DisableSubscriptions
            | Endpoint::Seats
            | Endpoint::Administrators
            | Endpoint::AddAdministrators
            | Endpoint::RemoveAdministrators => return Err(Refusal::new(9726)),
        };
        trace.pairs = u64::try_from(work.tasks()).unwrap_or(u64::MAX);
        let event = library.events.accept(&shelf.uid, kind, work);
        self.schedule(event);
        let event_id = event.id;
        json(&EventAnswer { event_id, envelope: self.envelope(&library) })
    }
}

fn pairs(
    request: &ManageAssets,
    library: &Library,
    limits: &Limits,
    takes_back: bool,
) -> Result<Work, Refusal> {
    let ManageAssets { assets, client_user_ids, serial_numbers } = request;
    if assets.is_empty() {
        return Err(Refusal::new(9718));
    }
    targets(client_user_ids, serial_numbers)?;
    at_most(assets.len(), limits.max_assets, 9700)?;
    at_most(client_user_ids.len(), limits.max_client_user_ids, 9701)?;
    at_most(serial_numbers.len(), limits.max_serial_numbers, 9702)?;
    let twice = repeated(assets.iter().map(key));
    if !twice.is_empty() {
        let info = ErrorInfo { assets: twice, ..ErrorInfo::default() };
        return Err(Refusal::new(9703).about(info));
    }
    unique_targets(client_user_ids, serial_numbers)?;
    let mut numbers = Vec::with_capacity(assets.len());
    let (mut unknown, mut fixed, mut no_devices) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for asset in assets {
        let number = library.find_asset(&asset.adam_id, asset.pricing_param);
        match number.and_then(|number| Some((number, library.asset(number)?))) {
            None => {
                unknown.insert(key(asset));
            }
            Some((number, owned)) => {
                numbers.push(number);
                note(&mut fixed, takes_back && !owned.revocable, owned);
                let devices = !serial_numbers.is_empty();
                note(&mut no_devices, devices && !owned.device_assignable, owned);
            }
        }
    }
    for (number, assets) in [(9602, unknown), (9707, no_devices), (9706, fixed)] {
        if !assets.is_empty() {
            let info = ErrorInfo { assets, ..ErrorInfo::default() };
            return Err(Refusal::new(number).about(info));
        }
    }
    Ok(Work::Pairs {
        assets: numbers,
        users: client_user_ids.clone(),
        serials: serial_numbers.clone(),
    })
}

fn note(list: &mut BTreeSet<Asset>, wrong: bool, asset: &OwnedAsset) {
    if wrong {
        list.insert(asset.key());
    }
}

fn key(asset: &RequestAsset) -> Asset {
    Asset { adam_id: asset.adam_id.clone(), pricing_param: asset.pricing_param.as_str().into() }
}

fn holders(request: RevokeAssets, limits: &Limits) -> Result<Work, Refusal> {
    let RevokeAssets { client_user_ids, serial_numbers } = request;
    targets(&client_user_ids, &serial_numbers)?;
    at_most(client_user_ids.len(), limits.max_revoke_client_user_ids, 9701)?;
    at_most(serial_numbers.len(), limits.max_revoke_serial_numbers, 9702)?;
    unique_targets(&client_user_ids, &serial_numbers)?;
    Ok(Work::Holders { users: client_user_ids, serials: serial_numbers })
}

fn users(request: ManageUsers, limits: &Limits) -> Result<Work, Refusal> {
    let ManageUsers { users } = request;
    if users.is_empty() {
        return Err(Refusal::new(9720));
    }
    at_most(users.len(), limits.max_users, 9714)?;
    if users.iter().any(|user| user.client_user_id.trim().is_empty()) {
        return Err(Refusal::invalid("body: a `clientUserId` is empty"));
    }
    let of = |client_user_ids| ErrorInfo { client_user_ids, ..ErrorInfo::default() };
    let twice = repeated(users.iter().map(|user| user.client_user_id.clone()));
    if !twice.is_empty() {
        return Err(Refusal::new(9715).about(of(twice)));
    }
    let wrong = users.iter().filter(|user| user.email.as_deref().is_some_and(|one| !is_email(one)));
    let wrong: BTreeSet<String> = wrong.map(|user| user.client_user_id.clone()).collect();
    if !wrong.is_empty() {
        return Err(Refusal::new(9717).about(of(wrong)));
    }
    Ok(Work::Users(users))
}

fn targets(users: &[String], serials: &[String]) -> Result<(), Refusal> {
    if users.is_empty() && serials.is_empty() {
        return Err(Refusal::new(9719));
    }
    if users.iter().any(|id| id.trim().is_empty()) {
        return Err(Refusal::invalid("body: a `clientUserId` is empty"));
    }
    match serials.iter().find(|serial| !is_serial(serial)) {
        Some(wrong) => Err(Refusal::invalid(format!("body: `{wrong}` is not a serial number"))),
        None => Ok(()),
    }
}

fn unique_targets(users: &[String], serials: &[String]) -> Result<(), Refusal> {
    let client_user_ids = repeated(users.iter().cloned());
    if !client_user_ids.is_empty() {
        let info = ErrorInfo { client_user_ids, ..ErrorInfo::default() };
        return Err(Refusal::new(9704).about(info));
    }
    let serial_numbers = repeated(serials.iter().cloned());
    if !serial_numbers.is_empty() {
        let info = ErrorInfo { serial_numbers, ..ErrorInfo::default() };
        return Err(Refusal::new(9705).about(info));
    }
    Ok(())
}

pub(super) fn at_most(count: usize, most: u32, number: u32) -> Result<(), Refusal> {
    if count > usize::try_from(most).unwrap_or(usize::MAX) {
        return Err(Refusal::new(number).because(format!("{count}, at most {most}")));
    }
    Ok(())
}

pub(super) fn repeated<T: Ord + Clone>(items: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut seen = BTreeSet::new();
    items.filter(|item| !seen.insert(item.clone())).collect()
}

/// An address somebody could have: one `@`, something before it, a name with a dot after it.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    text.len() <= 254
        && plain(local)
        && plain(host)
        && !host.contains('@')
        && host.split('.').count() > 1
        && host.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_person_and_a_host() {
        assert!(is_email("ada.l@example.org"));
        for bad in ["", "ada", "@example.org", "ada@", "ada@host", "a@b@c.d", "a b@c.d", "a@c..d"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
