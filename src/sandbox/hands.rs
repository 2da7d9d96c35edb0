//! What people and other services do to an Apple, past its API.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::library::{Holder, Purchase, SeatOrder, number};
use super::world::{Pricing, ProductType};
use super::{Meddling, PlannedFault, Sandbox, SandboxError, Shelf, lock};

/// Which way a license goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It is given.
    Add,
    /// It is taken.
    Remove,
}

/// Assignments somebody else changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChangeAssignments {
    /// Name or `uId`; can be left out where there is one location.
    pub location: Option<String>,
    /// The asset.
    pub adam_id: String,
    /// Its price.
    pub pricing: Pricing,
    /// Devices.
    pub serial_numbers: Vec<String>,
    /// Active people.
    pub client_user_ids: Vec<String>,
    /// Not now, but just before this page of assignments is next answered.
    pub before_page: Option<u64>,
}

impl Sandbox {
    /// Somebody else gives or takes licenses. Answers how many really changed; 0 for a change that
    /// waits for a page.
    ///
    /// # Errors
    /// Where the location, the asset or a person is unknown.
    pub fn change_assignments(
        &self,
        change: Change,
        what: &ChangeAssignments,
    ) -> Result<usize, SandboxError> {
        let shelf = self.named(what.location.as_deref())?;
        if what.before_page.is_some() {
            lock(&self.inner.moves).push((shelf.uid.clone(), change, what.clone()));
            return Ok(0);
        }
        let mut changed = 0;
        let mut library = lock(&shelf.library);
        let asset = library
            .find_asset(&what.adam_id, what.pricing)
            .ok_or_else(|| unknown("asset", &what.adam_id, shelf))?;
        let mut holders = Vec::new();
        for id in &what.client_user_ids {
            let record = library.people.active_of(id).ok_or_else(|| unknown("user", id, shelf))?;
            holders.extend(library.people.get(record).map(|person| person.holder));
        }
        for serial in &what.serial_numbers {
            holders.push(library.holders.intern_device(serial));
        }
        for holder in holders {
            let done = match change {
                Change::Add => library.give(asset, holder),
                Change::Remove => library.take(asset, holder),
            };
            if done {
                changed += 1;
                let name = library.holder_name(holder).unwrap_or_default().to_owned();
                self.meddled(shelf, &what.adam_id, what.pricing, name, change);
            }
        }
        Ok(changed)
    }

    /// A person accepts an invitation, with a given Apple Account or one of their own. `who` is
    /// the code of the invitation or a `clientUserId`.
    ///
    /// # Errors
    /// Where nobody waits for that, or the account belongs to somebody else.
    pub fn accept_invitation(
        &self,
        location: Option<&str>,
        who: &str,
        account: Option<&str>,
    ) -> Result<(), SandboxError> {
        let shelf = self.named(location)?;
        let notice = {
            let mut library = lock(&shelf.library);
            let people = &library.people;
            let record = people
                .by_invite(who)
                .or_else(|| people.active_of(who))
                .ok_or_else(|| unknown("invitation or user", who, shelf))?;
            library.accept_invitation(record, account).map_err(SandboxError::Hand)?
        };
        self.post(shelf, &[notice]);
        Ok(())
    }

    /// The organization buys licenses; a negative count gives them back.
    ///
    /// # Errors
    /// Where more would be given back than are free, or the asset is unlimited.
    pub fn buy(
        &self,
        location: Option<&str>,
        adam_id: &str,
        pricing: Pricing,
        kind: ProductType,
        count: i64,
    ) -> Result<(), SandboxError> {
        let shelf = self.named(location)?;
        let order = Purchase { adam_id: adam_id.to_owned(), pricing, kind, count };
        let notice = lock(&shelf.library).buy(&order).map_err(SandboxError::Hand)?;
        self.post(shelf, &[notice]);
        Ok(())
    }

    /// The organization buys seats of a subscription, which go on or end with the period; negative
    /// counts give them back.
    ///
    /// # Errors
    /// Where no service handles subscriptions, or more would be given back than are free.
    pub fn buy_seats(
        &self,
        location: Option<&str>,
        (adam_id, parent): (i64, Option<i64>),
        renewing: i64,
        expiring: i64,
    ) -> Result<(), SandboxError> {
        let shelf = self.named(location)?;
        let order = SeatOrder { adam_id, parent, renewing, expiring };
        let now = self.inner.clock.now();
        let notice = lock(&shelf.library).buy_seats(&order, now).map_err(SandboxError::Hand)?;
        self.post(shelf, &[notice]);
        Ok(())
    }

    /// An administrator revokes the content token (9625).
    ///
    /// # Errors
    /// Where the location is unknown.
    pub fn revoke_token(&self, location: Option<&str>) -> Result<(), SandboxError> {
        let shelf = self.named(location)?;
        lock(&shelf.library).token.revoked = true;
        Ok(())
    }

    /// An administrator downloads a new content token: the old one is revoked (9625).
    ///
    /// # Errors
    /// Where the location is unknown.
    pub fn renew_token(
        &self,
        location: Option<&str>,
        expires: Option<Timestamp>,
    ) -> Result<String, SandboxError> {
        let shelf = self.named(location)?;
        let text = {
            let token = &mut lock(&shelf.library).token;
            let expires = expires.unwrap_or(token.expires);
            token.renew(expires);
            token.text(&shelf.uid)
        };
        self.index_tokens();
        Ok(text)
    }

    /// Stops (or starts again) the clock of events: PENDING stays PENDING.
    pub fn hold_events(&self, hold: bool) {
        self.inner.held.store(hold, Ordering::SeqCst);
        self.inner.wake.notify_one();
    }

    /// Finishes everything that was accepted, now, whether held or stuck.
    pub async fn settle_events(&self) {
        self.work(true).await;
    }

    /// Lets time pass, for the end of tokens and of billing periods, and for devices. Events do
    /// not notice.
    pub fn advance_clock(&self, by: Duration) {
        self.inner.clock.advance(by);
        self.inner.shelves.iter().for_each(|shelf| self.turn_period(shelf));
        self.inner.mdm_bell.notify_one();
    }

    /// Lets requests to come go wrong.
    pub fn fail(&self, fault: PlannedFault) {
        self.inner.plans.add(fault);
    }

    /// The location of that name, or the only one.
    fn named(&self, location: Option<&str>) -> Result<&Shelf, SandboxError> {
        match (location, self.inner.shelves.as_slice()) {
            (Some(name), _) => self
                .shelf(name)
                .ok_or_else(|| SandboxError::Hand(format!("there is no location `{name}`"))),
            (None, [only]) => Ok(only),
            (None, _) => {
                let names: Vec<&str> =
                    self.inner.shelves.iter().map(|one| one.name.as_str()).collect();
                let message = format!("say which `location`: {}", names.join(", "));
                Err(SandboxError::Hand(message))
            }
        }
    }

    /// What others do just before a page is answered: by plan, and under chaos.
    pub(crate) fn before_page(&self, shelf: &Shelf, page: u64) {
        let ready = |(uid, _, what): &(String, Change, ChangeAssignments)| {
            *uid == shelf.uid && what.before_page == Some(page)
        };
        let planned: Vec<_> = {
            let mut moves = lock(&self.inner.moves);
            let (now, later) = moves.drain(..).partition(ready);
            *moves = later;
            now
        };
        for (uid, change, what) in planned {
            let what = ChangeAssignments { location: Some(uid), before_page: None, ..what };
            if let Err(error) = self.change_assignments(change, &what) {
                tracing::warn!(%error, "a planned change was not possible");
            }
        }
        if page > 0
            && let Some(chaos) = &self.inner.chaos
            && let Some(roll) = chaos.moves(&shelf.uid)
        {
            self.meddle(shelf, roll);
        }
    }

    /// Takes or gives one license, chosen by a number.
    fn meddle(&self, shelf: &Shelf, roll: u64) {
        let mut library = lock(&shelf.library);
        let fit: Vec<u32> = (0..)
            .zip(&library.assets)
            .filter(|(_, asset)| asset.revocable && asset.device_assignable)
            .filter(|(_, asset)| !asset.held.is_empty())
            .map(|(at, _)| at)
            .collect();
        let Some(asset) = pick(roll, fit.len()).and_then(|nth| fit.get(nth).copied()) else {
            return;
        };
        let Some(owned) = library.asset(asset) else { return };
        let (adam_id, pricing) = (owned.adam_id.clone(), owned.pricing);
        let change = if roll.is_multiple_of(2) { Change::Remove } else { Change::Add };
        let holder = match change {
            Change::Remove => {
                let held = usize::try_from(owned.held.len()).unwrap_or(usize::MAX);
                pick(roll / 7, held).and_then(|nth| owned.held.select(number(nth)))
            }
            Change::Add => {
                let devices = library.holders.items().iter();
                let free: Vec<u32> = (0..)
                    .zip(devices)
                    .filter(|(at, holder)| {
                        matches!(holder, Holder::Device(_)) && !owned.held.contains(*at)
                    })
                    .map(|(at, _)| at)
                    .collect();
                pick(roll / 7, free.len()).and_then(|nth| free.get(nth).copied())
            }
        };
        let Some(holder) = holder else { return };
        let done = match change {
            Change::Add => library.give(asset, holder),
            Change::Remove => library.take(asset, holder),
        };
        if done {
            let name = library.holder_name(holder).unwrap_or_default().to_owned();
            self.meddled(shelf, &adam_id, pricing, name, change);
        }
    }

    fn meddled(
        &self,
        shelf: &Shelf,
        adam_id: &str,
        pricing: Pricing,
        holder: String,
        change: Change,
    ) {
        self.inner.journal.meddled(Meddling {
            at: self.inner.clock.running(),
            location: shelf.name.clone(),
            adam_id: adam_id.to_owned(),
            pricing_param: pricing.as_str().to_owned(),
            holder,
            added: change == Change::Add,
        });
    }
}

fn pick(roll: u64, of: usize) -> Option<usize> {
    let of = u64::try_from(of).ok().filter(|of| *of > 0)?;
    usize::try_from(roll % of).ok()
}

fn unknown(what: &str, name: &str, shelf: &Shelf) -> SandboxError {
    SandboxError::Hand(format!("there is no {what} `{name}` at `{}`", shelf.name))
}
