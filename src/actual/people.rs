use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::error::ReadError;
use super::read::{Progress, SMALL, TRIES};
use super::walk::{Sink, TakeError, Walk};
use super::{UserRecord, UserStatus};
use crate::apple::{AppleError, Reader, UserEntry, UserFilter, Users};
use crate::license::ClientUserId;

/// Everybody registered at a location, retired ones too.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) users: BTreeMap<ClientUserId, UserRecord>,
    pub(super) version: Option<String>,
}

fn rank(status: UserStatus) -> u8 {
    match status {
        UserStatus::Associated => 3,
        UserStatus::Registered => 2,
        UserStatus::Retired => 1,
        UserStatus::Deleted => 0,
    }
}

/// Whether the person is not retired.
pub(super) fn is_active(status: UserStatus) -> bool {
    rank(status) >= 2
}

impl Sink<Users> for People {
    fn take(&mut self, entry: &UserEntry<'_>, _: bool) -> Result<(), TakeError> {
        self.add(entry.id()?, entry.record());
        Ok(())
    }
}

impl People {
    /// Reads everybody.
    ///
    /// A walk that moved is taken again. Where none is quiet all of them are put together, for
    /// people never leave the list (they become Retired in it), and what changed since the first
    /// page of the first walk is asked for.
    pub(super) async fn read(reader: &Reader, progress: &Progress<'_>) -> Result<Self, ReadError> {
        let mut all: Option<Self> = None;
        for tries in 1..=TRIES {
            let mut people = Self::default();
            let filter = UserFilter::default();
            let walk = Walk::whole::<Users>(reader, &filter, &mut people, progress).await?;
            people.version = walk.version;
            if !walk.moved {
                return Ok(people);
            }
            match &mut all {
                Some(all) => people.users.into_iter().for_each(|(id, user)| all.add(id, user)),
                None => all = Some(people),
            }
            if walk.pages > SMALL && tries > 1 {
                break;
            }
        }
        let mut all = all.unwrap_or_default();
        match all.catch_up(reader, all.version.clone(), progress).await {
            Ok(true) => return Ok(all),
            Ok(false) | Err(ReadError::Apple(AppleError::StaleVersion { .. })) => {}
            Err(error) => return Err(error),
        }
        Err(ReadError::Unsettled { what: "the list of users".to_owned(), tries: TRIES })
    }

    /// Takes a record in. Of several records of one person the active one counts.
    fn add(&mut self, id: ClientUserId, record: UserRecord) {
        match self.users.get_mut(&id) {
            Some(known) if rank(known.status) > rank(record.status) => {}
            Some(known) => *known = record,
            None => {
                self.users.insert(id, record);
            }
        }
    }

    /// Takes in what changed since a version; false where it went on changing.
    async fn catch_up(
        &mut self,
        reader: &Reader,
        since: Option<String>,
        progress: &Progress<'_>,
    ) -> Result<bool, ReadError> {
        let mut since = since;
        for _ in 0..TRIES {
            let Some(version) = since.take() else { return Ok(false) };
            let mut changed = Self::default();
            let filter = UserFilter { since_version: Some(version), ..UserFilter::default() };
            let walk = Walk::whole::<Users>(reader, &filter, &mut changed, progress).await?;
            for (id, record) in changed.users {
                let was_active = self.users.get(&id).is_some_and(|user| is_active(user.status));
                if was_active && !is_active(record.status) {
                    // The active record was retired, or an older one of the same person changed.
                    if let Some(record) = look_up(reader, id.clone(), progress).await? {
                        self.users.insert(id, record);
                    }
                } else {
                    self.users.insert(id, record);
                }
            }
            if !walk.moved {
                return Ok(true);
            }
            since = walk.version;
        }
        Ok(false)
    }

    /// Everybody again, from who was known at a version and who changed since, and whoever of them
    /// is or was retired: what they hold may be held otherwise now. `None` where the list does not come to rest.
    ///
    /// People never leave the list, so what changed is all there is to know. Of somebody with
    /// several records the change says nothing of the others: they are looked up, or everybody is
    /// read where that needs fewer requests.
    pub(super) async fn since(
        reader: &Reader,
        users: BTreeMap<ClientUserId, UserRecord>,
        version: String,
        page_size: u64,
        progress: &Progress<'_>,
    ) -> Result<Option<(Self, BTreeSet<ClientUserId>)>, ReadError> {
        let filter = UserFilter { since_version: Some(version), ..UserFilter::default() };
        for _ in 0..TRIES {
            let mut changed = Changed::default();
            let walk = Walk::whole::<Users>(reader, &filter, &mut changed, progress).await?;
            if walk.moved {
                continue;
            }
            let Changed { people: Self { users: changed, version: _ }, mut retired } = changed;
            let Some(version) = walk.version else { return Ok(None) };
            let mut people = Self { users, version: Some(version) };
            let mut unclear = vec![];
            for (id, record) in changed {
                if people.users.get(&id).is_some_and(|known| !is_active(known.status)) {
                    retired.insert(id.clone());
                }
                if people.users.contains_key(&id) && !is_active(record.status) {
                    unclear.push(id);
                } else {
                    people.users.insert(id, record);
                }
            }
            let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
            if number(unclear.len()) > number(people.users.len()).div_ceil(page_size.max(1)) {
                people.users = Self::read(reader, progress).await?.users;
                return Ok(Some((people, retired)));
            }
            let found: Vec<(ClientUserId, Option<UserRecord>)> = stream::iter(unclear)
                .map(|id| async move {
                    let record = look_up(reader, id.clone(), progress).await?;
                    Ok::<_, ReadError>((id, record))
                })
                .buffer_unordered(reader.at_once())
                .try_collect()
                .await?;
            for (id, record) in found {
                if let Some(record) = record {
                    people.users.insert(id, record);
                }
            }
            return Ok(Some((people, retired)));
        }
        Ok(None)
    }
}

/// Changed records, and whose of them are not active.
#[derive(Debug, Default)]
struct Changed {
    people: People,
    retired: BTreeSet<ClientUserId>,
}

impl Sink<Users> for Changed {
    fn take(&mut self, entry: &UserEntry<'_>, _: bool) -> Result<(), TakeError> {
        let (id, record) = (entry.id()?, entry.record());
        if !is_active(record.status) {
            self.retired.insert(id.clone());
        }
        self.people.add(id, record);
        Ok(())
    }
}

/// What counts of all records of one person.
async fn look_up(
    reader: &Reader,
    id: ClientUserId,
    progress: &Progress<'_>,
) -> Result<Option<UserRecord>, ReadError> {
    let mut found = People::default();
    let filter = UserFilter { client_user_id: Some(id.clone()), ..UserFilter::default() };
    Walk::whole::<Users>(reader, &filter, &mut found, progress).await?;
    Ok(found.users.remove(&id))
}
