use uuid::Uuid;

use super::event::failure_of;
use super::{Event, EventKind, EventStatus, Holder, Library, Work, at};
use crate::sandbox::wire::{Assignment, Failure, Notification, TaskResult, UserRow};

/// Elements a notification has at most, and tasks a batch.
pub(crate) const BATCH: usize = 100;

/// What one batch of an event brought.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) notices: Vec<Notification>,
    pub(crate) settled: bool,
    /// Licenses that were given to devices: number in the store and serial number.
    pub(crate) given: Vec<(String, String)>,
    /// Licenses that were taken back: number in the store and who held them.
    pub(crate) taken: Vec<(String, Named)>,
}

/// A holder, by name.
#[derive(Debug)]
pub(crate) enum Named {
    /// A device, by serial number.
    Device(String),
    /// A person, by everything they are called; the `clientUserId` first.
    Person(Vec<String>),
}

/// Whom a task is for.
#[derive(Debug, Clone, Copy)]
enum Target<'a> {
    User(&'a str),
    Device(&'a str),
}

impl<'a> Target<'a> {
    fn of(users: &'a [String], serials: &'a [String], nth: usize) -> Option<Self> {
        match users.get(nth) {
            Some(user) => Some(Self::User(user)),
            None => serials.get(nth.checked_sub(users.len())?).map(|one| Self::Device(one)),
        }
    }

    fn text(self) -> &'a str {
        match self {
            Self::User(text) | Self::Device(text) => text,
        }
    }

    fn note(self, failure: &mut Failure) {
        let info = &mut failure.error_info;
        match self {
            Self::User(text) => info.client_user_ids.insert(text.to_owned()),
            Self::Device(text) => info.serial_numbers.insert(text.to_owned()),
        };
    }
}

/// What a batch has gathered so far.
#[derive(Default)]
struct Batch {
    done: Vec<Assignment<'static>>,
    users: Vec<UserRow<'static>>,
    failures: Vec<Failure>,
    failed: Vec<(u32, Assignment<'static>)>,
    failed_users: Vec<(u32, UserRow<'static>)>,
    added: Vec<(u32, u32)>,
    removed: Vec<(u32, u32)>,
    changed: bool,
}

impl Library {
    /// Does the next batch of an event. `fault` says which tasks fail for no reason of theirs.
    pub(crate) fn step(
        &mut self,
        id: Uuid,
        fault: &mut dyn FnMut(&str, &str) -> Option<u32>,
    ) -> Step {
        let Some(mut event) = self.events.pick(id) else { return Step::default() };
        if event.status != EventStatus::Pending {
            self.events.put(event);
            return Step::default();
        }
        let tasks = event.take(BATCH);
        let mut batch = Batch::default();
        // Taken out, so that the event can be written to while its work is read.
        let work = event.work.take();
        if let Some(Work::Seats { adam_ids, users, wish }) = &work {
            let notices = self.seat_tasks(&mut event, (adam_ids, users, *wish), &tasks, fault);
            event.work = work;
            let settled = event.is_through();
            if settled {
                event.settle();
            }
            self.events.put(event);
            return Step { notices, settled, ..Step::default() };
        }
        for task in tasks {
            match &work {
                Some(Work::Pairs { assets, users, serials }) => {
                    let holders = (users.len() + serials.len()).max(1);
                    let task = at(task);
                    if let Some(asset) = assets.get(task / holders)
                        && let Some(target) = Target::of(users, serials, task % holders)
                    {
                        self.pair(&mut event, &mut batch, *asset, target, fault);
                    }
                }
                Some(Work::Holders { users, serials }) => {
                    if let Some(target) = Target::of(users, serials, at(task)) {
                        self.revoke(&mut event, &mut batch, target, fault);
                    }
                }
                Some(Work::Users(users)) => {
                    if let Some(user) = users.get(at(task)) {
                        self.user(&mut event, &mut batch, user, fault);
                    }
                }
                Some(Work::Seats { .. }) | None => {}
            }
        }
        event.work = work;
        let named = |(asset, holder): &(u32, u32)| {
            Some((self.asset(*asset)?.adam_id.clone(), self.named(*holder)?))
        };
        let taken: Vec<_> = batch.removed.iter().filter_map(named).collect();
        let given = batch.added.iter().filter_map(named).filter_map(|(adam_id, to)| match to {
            Named::Device(serial) => Some((adam_id, serial)),
            Named::Person(_) => None,
        });
        let given: Vec<_> = given.collect();
        if batch.changed {
            self.assignments_changed(batch.added.drain(..));
        }
        let settled = event.is_through();
        if settled {
            event.settle();
        }
        let notices = batch.notices(&event);
        self.events.put(event);
        Step { notices, settled, given, taken }
    }

    fn named(&self, holder: u32) -> Option<Named> {
        Some(match self.holders.get(holder)? {
            Holder::Device(serial) => Named::Device(serial.to_string()),
            Holder::User(record) => {
                let names = self.people.get(*record)?.names();
                Named::Person(names.map(str::to_owned).collect())
            }
        })
    }

    fn pair(
        &mut self,
        event: &mut Event,
        batch: &mut Batch,
        asset: u32,
        target: Target<'_>,
        fault: &mut dyn FnMut(&str, &str) -> Option<u32>,
    ) {
        let Some(owned) = self.asset(asset) else { return };
        let (key, pricing) = (owned.key(), owned.pricing.as_str());
        let row = Assignment {
            adam_id: key.adam_id.clone().into(),
            pricing_param: pricing,
            client_user_id: None,
            serial_number: None,
            id_hash: None,
            user_status: None,
        };
        let row = match target {
            Target::User(id) => Assignment { client_user_id: Some(id.to_owned().into()), ..row },
            Target::Device(serial) => {
                Assignment { serial_number: Some(serial.to_owned().into()), ..row }
            }
        };
        let result = match fault(&key.adam_id, target.text()) {
            Some(number) => Err(number),
            None => match event.kind {
                EventKind::Associate => self.associate(asset, target),
                EventKind::Disassociate
                | EventKind::Revoke
                | EventKind::Create
                | EventKind::Update
                | EventKind::Retire => self.disassociate(asset, target),
            },
        };
        match result {
            Ok(change) => {
                event.completed += 1;
                batch.done.push(row);
                match change {
                    Change::Added(holder) => {
                        batch.changed = true;
                        batch.added.push((asset, holder));
                    }
                    Change::Removed(holder) => {
                        batch.changed = true;
                        batch.removed.push((asset, holder));
                    }
                    Change::Nothing => {}
                }
            }
            Err(number) => {
                let note = |failure: &mut Failure| {
                    failure.error_info.assets.insert(key.clone());
                    target.note(failure);
                };
                event.fail(number, note);
                note(failure_of(&mut batch.failures, number));
                batch.failed.push((number, row));
            }
        }
    }

    /// Gives a license. Giving it again to somebody who has it succeeds and takes no second one:
    /// Apple's pages do not say, but tell callers to send a request again that hangs.
    fn associate(&mut self, asset: u32, target: Target<'_>) -> Result<Change, u32> {
        let known = match target {
            Target::User(id) => {
                let record = self.people.active_of(id).ok_or(9609_u32)?;
                self.people.get(record).map(|person| person.holder)
            }
            Target::Device(serial) => self.holders.device(serial),
        };
        let owned = self.assets.get_mut(at(asset)).ok_or(9602_u32)?;
        if known.is_some_and(|holder| owned.held.contains(holder)) {
            return Ok(Change::Nothing);
        }
        if owned.available_count() == 0 {
            return Err(9709);
        }
        let holder = match target {
            Target::User(_) => known.ok_or(9609_u32)?,
            Target::Device(serial) => self.holders.intern_device(serial),
        };
        owned.held.insert(holder);
        Ok(Change::Added(holder))
    }

    /// Takes a license back. Where there is none to take back that is fine, too.
    fn disassociate(&mut self, asset: u32, target: Target<'_>) -> Result<Change, u32> {
        let Some(holder) = self.holder(target)? else { return Ok(Change::Nothing) };
        let owned = self.assets.get_mut(at(asset)).ok_or(9602_u32)?;
        let removed = owned.held.remove(holder);
        Ok(if removed { Change::Removed(holder) } else { Change::Nothing })
    }

    fn holder(&self, target: Target<'_>) -> Result<Option<u32>, u32> {
        match target {
            Target::Device(serial) => Ok(self.holders.device(serial)),
            Target::User(id) => {
                let record = self.people.active_of(id).ok_or(9609_u32)?;
                Ok(self.people.get(record).map(|person| person.holder))
            }
        }
    }

    fn revoke(
        &mut self,
        event: &mut Event,
        batch: &mut Batch,
        target: Target<'_>,
        fault: &mut dyn FnMut(&str, &str) -> Option<u32>,
    ) {
        let holder = match fault("revoke", target.text()) {
            Some(number) => Err(number),
            None => self.holder(target),
        };
        match holder {
            Ok(None) => event.completed += 1,
            Ok(Some(holder)) => {
                event.completed += 1;
                for asset in 0..super::number(self.assets.len()) {
                    let row = self.row(asset, holder, false).map(owned_row);
                    let Some(owned) = self.assets.get_mut(at(asset)) else { continue };
                    if owned.revocable && owned.held.remove(holder) {
                        batch.changed = true;
                        batch.removed.push((asset, holder));
                        batch.done.extend(row);
                    }
                }
            }
            Err(number) => {
                event.fail(number, |failure| target.note(failure));
                target.note(failure_of(&mut batch.failures, number));
            }
        }
    }

    fn user(
        &mut self,
        event: &mut Event,
        batch: &mut Batch,
        user: &crate::sandbox::wire::RequestUser,
        fault: &mut dyn FnMut(&str, &str) -> Option<u32>,
    ) {
        let result = match fault("user", &user.client_user_id) {
            Some(number) => Err(number),
            None => match event.kind {
                EventKind::Create => self.create_user(user),
                EventKind::Update => self.update_user(user),
                EventKind::Retire
                | EventKind::Associate
                | EventKind::Disassociate
                | EventKind::Revoke => self.retire_user(&user.client_user_id),
            },
        };
        match result {
            Ok(record) => {
                event.completed += 1;
                batch.users.extend(self.user_row(record).map(UserRow::into_owned));
            }
            Err(number) => {
                let target = Target::User(&user.client_user_id);
                event.fail(number, |failure| target.note(failure));
                target.note(failure_of(&mut batch.failures, number));
                let status = crate::sandbox::world::UserStatus::Registered;
                let row = self
                    .people
                    .of(&user.client_user_id)
                    .last()
                    .and_then(|record| self.user_row(*record))
                    .map_or_else(
                        || UserRow {
                            client_user_id: user.client_user_id.clone().into(),
                            email: user.email.clone().map(Into::into),
                            id_hash: None,
                            invite_code: None,
                            status,
                        },
                        UserRow::into_owned,
                    );
                batch.failed_users.push((number, row));
            }
        }
    }

    /// The assets and holder a device or person holds, for people to read.
    pub(crate) fn holder_name(&self, holder: u32) -> Option<&str> {
        match self.holders.get(holder)? {
            Holder::Device(serial) => Some(serial),
            Holder::User(record) => Some(&self.people.get(*record)?.client_user_id),
        }
    }
}

enum Change {
    Added(u32),
    Removed(u32),
    Nothing,
}

pub(super) fn owned_row(row: Assignment<'_>) -> Assignment<'static> {
    let own = |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| text.into_owned().into());
    Assignment {
        adam_id: row.adam_id.into_owned().into(),
        pricing_param: row.pricing_param,
        client_user_id: own(row.client_user_id),
        serial_number: own(row.serial_number),
        id_hash: own(row.id_hash),
        user_status: row.user_status,
    }
}

impl Batch {
    /// A notification for what went well, and one for each error.
    fn notices(self, event: &Event) -> Vec<Notification> {
        let kind = event.kind.as_str();
        let event_id = event.id;
        let mut notices = Vec::new();
        // A revoke takes several assets from each holder, so a batch can hold more than 100.
        for chunk in self.done.chunks(BATCH) {
            notices.push(Notification::AssetManagement {
                kind,
                result: TaskResult::Success,
                event_id,
                assignments: chunk.to_vec(),
                error: None,
            });
        }
        if !self.users.is_empty() {
            notices.push(Notification::UserManagement {
                kind,
                result: TaskResult::Success,
                event_id,
                users: self.users,
                error: None,
            });
        }
        for failure in self.failures {
            let number = failure.error_number;
            let of = |(error, _): &&(u32, _)| *error == number;
            match event.kind {
                EventKind::Associate | EventKind::Disassociate | EventKind::Revoke => {
                    notices.push(Notification::AssetManagement {
                        kind,
                        result: TaskResult::Failure,
                        event_id,
                        assignments: rows(&self.failed, number),
                        error: Some(failure),
                    });
                }
                EventKind::Create | EventKind::Update | EventKind::Retire => {
                    let users = self.failed_users.iter().filter(of);
                    notices.push(Notification::UserManagement {
                        kind,
                        result: TaskResult::Failure,
                        event_id,
                        users: users.map(|(_, row)| row.clone()).collect(),
                        error: Some(failure),
                    });
                }
            }
        }
        notices
    }
}

fn rows(failed: &[(u32, Assignment<'static>)], number: u32) -> Vec<Assignment<'static>> {
    failed.iter().filter(|(error, _)| *error == number).map(|(_, row)| row.clone()).collect()
}
