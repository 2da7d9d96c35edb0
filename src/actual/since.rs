//! Reading only what changed since a snapshot.
//!
//! Apple tells what was added since a version (`sinceVersionId`); how it tells of removals is not
//! documented, so nothing is believed about them. What is relied on:
//!
//! - A snapshot's set of holders is that of some moment at or after its version. With everything
//!   added since, up to a later version, it holds at least everybody who holds the asset then.
//! - The counts of all assets are read between two answers that name the same version of the
//!   assignments, so they are the counts at that version.
//! - A set that holds at least everybody, and is as large as Apple's count, holds nobody else.
//!
//! An asset whose set is larger lost somebody and is listed again, as is one that a person holds who
//! was retired meanwhile, and one whose retired holders are not as many as Apple counts. Where the
//! versions do not come to rest, where an answer names none, where Apple has forgotten the
//! snapshot's, or where this would need more requests than reading everything, everything is read.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures_util::future::try_join;
use jiff::Timestamp;

use super::error::ReadError;
use super::holdings::Holdings;
use super::listing::{Listed, Lister};
use super::owned::{Owned, agrees, retired_count};
use super::people::People;
use super::read::{Progress, ReadScope, Sides, TRIES};
use super::snapshot::Snapshot;
use crate::apple::{AppleError, Reader};
use crate::license::{Asset, ClientUserId, HolderId, HolderRef, Roster};

/// Why a snapshot led to nothing.
pub(super) enum Unfit {
    /// It is no help, and everything must be read.
    Useless(&'static str),
    /// Reading everything would fail as well.
    Failed(ReadError),
}

impl<E: Into<ReadError>> From<E> for Unfit {
    fn from(error: E) -> Self {
        let error = error.into();
        if matches!(error, ReadError::Apple(AppleError::StaleVersion { .. })) {
            return Self::Useless("Apple does not know its version (9721)");
        }
        Self::Failed(error)
    }
}

/// Reads a location with the help of a snapshot.
pub(super) async fn read(
    reader: &Reader,
    roster: &Mutex<Roster>,
    what: &ReadScope,
    before: Snapshot,
    now: Timestamp,
    progress: &Progress<'_>,
) -> Result<Sides, Unfit> {
    if !before.is_recent(now) {
        return Err(Unfit::Useless(
            "everything was last read a week ago or more, or in the future",
        ));
    }
    if before.endpoint != reader.endpoint() {
        return Err(Unfit::Useless("it is of another endpoint"));
    }
    let pages = before.len().div_ceil(before.page_size.max(1)).max(1);
    let Snapshot { uid, assignments, users, people, mut found, page_size, .. } = before;
    let (config, people) = try_join(
        async { Ok::<_, ReadError>(reader.client_config().await?) },
        People::since(reader, people, users, page_size, progress),
    )
    .await?;
    let Some((people, retired)) = people else {
        return Err(Unfit::Useless("the list of users does not come to rest"));
    };
    if reader.uid().is_some_and(|now| now != uid) {
        return Err(Unfit::Useless("it is of another library"));
    }
    let wanted = what.managed.clone();
    let lister = Lister { reader, roster, people: &people.users, wanted, progress };
    let settled = lister.settle(&mut found, assignments, pages).await?;
    let Some((mut owned, version)) = settled else {
        return Err(Unfit::Useless(
            "the list of assignments does not come to rest, or more was added than there was",
        ));
    };

    let doubtful = lister.doubtful(what, &owned, &found, &holders(roster, &retired));
    let again: BTreeSet<Asset> =
        lister.all_wanted(what, &owned).intersection(&doubtful).copied().collect();
    let assigned = |asset: &Asset| owned.assets.get(asset).map_or(0, |owned| owned.assigned);
    let requests: u64 =
        again.iter().map(|asset| assigned(asset).div_ceil(page_size.max(1)).max(1)).sum();
    if requests > pages.saturating_add(1) {
        return Err(Unfit::Useless("so much was taken away that reading everything is less"));
    }
    tracing::debug!(assets = again.len(), "listed again, the others have not changed");
    let listed = lister.list_each(&again).await?;
    for asset in doubtful {
        found.replace(asset, &listed);
    }
    lister.verify(what, &mut owned, &mut found).await?;
    let listed = Listed { found, version: Some(version), page_size };
    Ok(Sides { config, owned, people, listed })
}

impl Lister<'_> {
    /// Takes in what was added until the counts and the sets are of one version; `None` where they
    /// do not come to be, or where there is more to take in than there are pages.
    async fn settle(
        &self,
        found: &mut Holdings,
        mut version: String,
        pages: u64,
    ) -> Result<Option<(Owned, String)>, ReadError> {
        let mut owned = None;
        for _ in 0..=TRIES {
            let Some(added) = self.added_since(&version, Some(pages)).await? else {
                return Ok(None);
            };
            let Some(now) = added.version else { return Ok(None) };
            let same = now == version;
            version = now;
            for asset in added.found.assets() {
                found.add(asset, &added.found);
            }
            match owned {
                Some(owned) if same => return Ok(Some((owned, version))),
                Some(_) | None => owned = Some(Owned::read(self.reader, self.progress).await?),
            }
        }
        Ok(None)
    }

    /// Assets whose set may hold somebody who does not hold them any more.
    fn doubtful(
        &self,
        what: &ReadScope,
        owned: &Owned,
        found: &Holdings,
        retired: &[HolderId],
    ) -> BTreeSet<Asset> {
        let mut assets = self.all_wanted(what, owned);
        assets.extend(found.assets());
        assets.retain(|&asset| {
            let (active, inactive) = found.count(asset);
            let counts = owned.assets.get(&asset);
            !agrees(counts, active, inactive)
                || (inactive > 0 && counts.and_then(retired_count) != Some(inactive))
                || retired.iter().any(|&holder| found.has(asset, holder))
        });
        assets
    }
}

/// The numbers of people who have one.
fn holders(roster: &Mutex<Roster>, people: &BTreeSet<ClientUserId>) -> Vec<HolderId> {
    let roster = roster.lock().unwrap_or_else(PoisonError::into_inner);
    people.iter().filter_map(|id| roster.find(HolderRef::User(id.as_str()))).collect()
}
