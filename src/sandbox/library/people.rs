use std::collections::HashMap;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::world::UserStatus;
use super::{at, number};
use crate::sandbox::wire::UserRow;

/// One record of a person. A `clientUserId` can have several retired records and at most one
/// active one. Apple's page: managing-users.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Person {
    pub(crate) client_user_id: String,
    pub(crate) email: Option<String>,
    /// The Apple Account bound to the record; stays known after retirement, so that the person
    /// can come back to the books.
    pub(crate) account: Option<String>,
    pub(crate) invite_code: Option<String>,
    pub(crate) status: UserStatus,
    /// The record's number among the holders.
    pub(crate) holder: u32,
}

impl Person {
    /// Apple's hash of the account, where one is associated.
    pub(crate) fn id_hash(&self) -> Option<String> {
        self.account.as_deref().map(|account| hex(&[b"account", account.as_bytes()], 16))
    }

    /// Whether a device-management server may mean this person by a name.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }

    /// Everything the person is called, the key first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let more = [self.email.as_deref(), self.account.as_deref()];
        std::iter::once(self.client_user_id.as_str()).chain(more.into_iter().flatten())
    }

    pub(crate) fn row(&self) -> UserRow<'_> {
        UserRow {
            client_user_id: self.client_user_id.as_str().into(),
            email: self.email.as_deref().map(Into::into),
            id_hash: self.id_hash().map(Into::into),
            invite_code: self.invite_code.as_deref().map(Into::into),
            status: self.status,
        }
    }
}

/// Everybody registered at a location, in order of registration.
#[derive(Debug, Default)]
pub(crate) struct People {
    records: Vec<Person>,
    by_id: HashMap<String, Vec<u32>>,
    active: RoaringBitmap,
    retired: RoaringBitmap,
    /// Accounts of active people.
    in_use: HashMap<String, u32>,
}

impl People {
    pub(crate) fn get(&self, record: u32) -> Option<&Person> {
        self.records.get(at(record))
    }

    pub(crate) fn records(&self) -> &[Person] {
        &self.records
    }

    /// Registered and Associated people.
    pub(crate) fn active(&self) -> &RoaringBitmap {
        &self.active
    }

    /// Retired people.
    pub(crate) fn retired(&self) -> &RoaringBitmap {
        &self.retired
    }

    /// The number the next record gets.
    pub(crate) fn next_record(&self) -> u32 {
        number(self.records.len())
    }

    /// Every record of an id, oldest first.
    pub(crate) fn of(&self, client_user_id: &str) -> &[u32] {
        self.by_id.get(client_user_id).map_or(&[], Vec::as_slice)
    }

    /// The one record of an id that can be given licenses.
    pub(crate) fn active_of(&self, client_user_id: &str) -> Option<u32> {
        self.of(client_user_id).iter().copied().find(|record| self.active.contains(*record))
    }

    pub(crate) fn by_invite(&self, code: &str) -> Option<u32> {
        let found = self.records.iter().position(|one| one.invite_code.as_deref() == Some(code))?;
        Some(number(found))
    }

    /// Who uses an Apple Account now.
    pub(crate) fn user_of(&self, account: &str) -> Option<u32> {
        self.in_use.get(account).copied()
    }

    pub(crate) fn add(&mut self, person: Person) -> u32 {
        let record = self.next_record();
        self.by_id.entry(person.client_user_id.clone()).or_default().push(record);
        self.records.push(person);
        self.index(record);
        record
    }

    /// Changes a record and keeps every index right.
    pub(crate) fn change(&mut self, record: u32, change: impl FnOnce(&mut Person)) {
        let Some(person) = self.records.get_mut(at(record)) else { return };
        if let Some(account) = &person.account
            && self.in_use.get(account) == Some(&record)
        {
            self.in_use.remove(account);
        }
        change(person);
        self.index(record);
    }

    fn index(&mut self, record: u32) {
        let Some(person) = self.records.get(at(record)) else { return };
        self.active.remove(record);
        self.retired.remove(record);
        match person.status {
            UserStatus::Registered | UserStatus::Associated => {
                self.active.insert(record);
                if let Some(account) = &person.account {
                    self.in_use.insert(account.clone(), record);
                }
            }
            UserStatus::Retired => {
                self.retired.insert(record);
            }
            UserStatus::Deleted => {}
        }
    }

    pub(crate) fn restore(records: Vec<Person>) -> Self {
        let mut people = Self::default();
        for person in records {
            people.add(person);
        }
        people
    }
}

/// The code in an invitation, different for every record.
pub(crate) fn invite_code(uid: &str, record: u32) -> String {
    hex(&[b"invite", uid.as_bytes(), &record.to_le_bytes()], 16)
}

/// The first bytes of a hash over parts, in hex.
pub(crate) fn hex(parts: &[&[u8]], bytes: usize) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    let mut text = String::with_capacity(bytes * 2);
    for byte in hash.finalize().iter().take(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
