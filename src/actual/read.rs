use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use futures_util::future::try_join3;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::error::ReadError;
use super::listing::{Listed, Lister};
use super::owned::Owned;
use super::people::People;
use super::since::{self, Unfit};
use super::snapshot::Snapshot;
use super::{Actual, Limits, LocationSeats, Versions, seats};
use crate::apple::{ClientConfig, Reader};
use crate::license::{Asset, HolderSet, Roster};

/// What must be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadScope {
    /// Assets with a manifest: their holders are read whole.
    pub managed: BTreeSet<Asset>,
    /// Whether the holders of all other assets are read as well (for adopting a location).
    pub full: bool,
    /// Whether subscriptions are read too.
    pub subscriptions: bool,
}

/// Which list is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadStage {
    /// Owned assets.
    Assets,
    /// Registered people.
    Users,
    /// Who holds what.
    Assignments,
}

/// How far a read is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadProgress {
    /// Which list.
    pub stage: ReadStage,
    /// Pages read of the present walk over it.
    pub pages: u32,
    /// How many there are, as far as is known now.
    pub of: u32,
}

/// How often a list that changes is read again before giving up.
pub(super) const TRIES: u32 = 4;

/// What changed since a snapshot is asked for once of the people and twice of the assignments. Where
/// the whole lists are shorter there is nothing to save.
const ASKING: u64 = 3;

/// A list of so many pages is walked again when it moved (about four seconds at Apple's pace).
pub(super) const SMALL: u32 = 64;

pub(super) struct Progress<'a>(pub(super) &'a (dyn Fn(ReadProgress) + Sync));

impl Progress<'_> {
    pub(super) fn step(&self, stage: ReadStage, pages: u32, of: u32) {
        tracing::trace!(?stage, pages, of, "page read");
        (self.0)(ReadProgress { stage, pages, of });
    }
}

/// Reads one location whole, or fails.
///
/// A read during which nothing changes costs `service/config`, `client/config` and one request
/// per page of assets, users and assignments. Assignments are read in one full listing, or asset
/// by asset where that needs fewer requests; holders of assets that are not managed may then be
/// missing from [`Actual::held`], while their counts are always there.
///
/// Holders are numbered by `roster`, which several reads may share. `now` is when the read
/// begins. `progress` is told of every page.
///
/// # Errors
/// [`ReadError`]: a request failed, a record makes no sense, or the lists went on changing or
/// disagree with Apple's counts after several tries. A foreign owner is no error here: it is
/// reported in [`Actual::owner`].
pub async fn read(
    reader: &Reader,
    roster: &Mutex<Roster>,
    what: &ReadScope,
    now: Timestamp,
    progress: &(dyn Fn(ReadProgress) + Sync),
) -> Result<Actual, ReadError> {
    let begun = Begun::new(reader, now);
    let progress = &Progress(progress);
    let service = reader.service_config().await?;
    let sides = whole(reader, roster, what, false, progress).await?;
    let seats = if what.subscriptions { Some(seats::read(reader, roster).await?) } else { None };
    sides.into_actual(reader, seats, service.limits, &begun, None)
}

/// What to remember of a read for the next one.
#[derive(Debug)]
pub enum Keep {
    /// What was kept is as good as anything: nothing changed.
    Same,
    /// This.
    New(Snapshot),
    /// Nothing: nothing managed is held, everything is two pages, or Apple names no versions.
    Nothing,
}

/// Reads one location, asking only for what changed since `before` where that leads to the same
/// result (see the `since` module), and gives what to keep for the next time.
///
/// Where nothing changed this takes six requests. A snapshot that is of no use is no error: why is
/// logged, and everything is read.
///
/// # Errors
/// As [`read`].
pub async fn read_since(
    reader: &Reader,
    roster: &Mutex<Roster>,
    what: &ReadScope,
    before: Option<Snapshot>,
    now: Timestamp,
    progress: &(dyn Fn(ReadProgress) + Sync),
) -> Result<(Actual, Keep), ReadError> {
    let begun = Begun::new(reader, now);
    let progress = &Progress(progress);
    let service = reader.service_config().await?;
    let mut found = None;
    if let Some(before) = before {
        let versions = before.versions();
        let (sets, full_at) = (before.found.clone(), before.full_at);
        match since::read(reader, roster, what, before, now, progress).await {
            Ok(sides) => {
                let same = sides.versions() == Some(versions) && sides.listed.found == sets;
                found = Some((sides, full_at, same));
            }
            Err(Unfit::Useless(why)) => {
                let location = reader.location();
                tracing::info!(location, why, "everything is read: the snapshot is of no use");
            }
            Err(Unfit::Failed(error)) => return Err(error),
        }
    }
    let since = found.as_ref().map(|(_, full_at, _)| *full_at);
    let (sides, full_at, same) = match found {
        Some(found) => found,
        None => (whole(reader, roster, what, true, progress).await?, now, false),
    };
    let keep = if same {
        Keep::Same
    } else {
        sides.snapshot(reader, full_at).map_or(Keep::Nothing, Keep::New)
    };
    let seats = if what.subscriptions { Some(seats::read(reader, roster).await?) } else { None };
    Ok((sides.into_actual(reader, seats, service.limits, &begun, since)?, keep))
}

/// When a read began.
struct Begun {
    now: Timestamp,
    instant: Instant,
    requests: u64,
}

impl Begun {
    fn new(reader: &Reader, now: Timestamp) -> Self {
        Self { now, instant: Instant::now(), requests: reader.requests() }
    }
}

/// Everything that was read of a location.
pub(super) struct Sides {
    pub(super) config: ClientConfig,
    pub(super) owned: Owned,
    pub(super) people: People,
    pub(super) listed: Listed,
}

/// Reads all lists. `keep` is for next time.
async fn whole(
    reader: &Reader,
    roster: &Mutex<Roster>,
    what: &ReadScope,
    keep: bool,
    progress: &Progress<'_>,
) -> Result<Sides, ReadError> {
    let (config, mut owned, people) = try_join3(
        async { Ok(reader.client_config().await?) },
        Owned::read(reader, progress),
        People::read(reader, progress),
    )
    .await?;
    let lister =
        Lister { reader, roster, people: &people.users, wanted: what.managed.clone(), progress };
    let mut listed = lister.list(what, &mut owned, keep).await?;
    lister.verify(what, &mut owned, &mut listed.found).await?;
    Ok(Sides { config, owned, people, listed })
}

impl Sides {
    /// Versions of the assignments and of the users, where Apple named them.
    fn versions(&self) -> Option<(String, String)> {
        Some((self.listed.version.clone()?, self.people.version.clone()?))
    }

    fn snapshot(&self, reader: &Reader, full_at: Timestamp) -> Option<Snapshot> {
        let Self { config: _, owned: _, people, listed } = self;
        let (assignments, users) = self.versions()?;
        let size = listed.page_size.max(1);
        let registered = u64::try_from(people.users.len()).unwrap_or(u64::MAX);
        let pages = listed.found.len().div_ceil(size) + registered.div_ceil(size).max(1);
        if pages < ASKING {
            return None;
        }
        Some(Snapshot {
            uid: reader.uid()?,
            endpoint: reader.endpoint(),
            assignments,
            users,
            people: people.users.clone(),
            found: listed.found.clone(),
            full_at,
            page_size: listed.page_size,
        })
    }

    fn into_actual(
        self,
        reader: &Reader,
        seats: Option<LocationSeats>,
        limits: Limits,
        begun: &Begun,
        since: Option<Timestamp>,
    ) -> Result<Actual, ReadError> {
        let Self { config, owned, people, listed } = self;
        let took = SignedDuration::try_from(begun.instant.elapsed()).unwrap_or_default();
        let took = SignedDuration::from_secs(took.as_secs());
        Ok(Actual {
            uid: reader.uid().ok_or(ReadError::Nameless)?,
            location_name: config.location_name,
            owner: reader.owner(),
            token_expires: reader.token_expires(),
            held: listed.found.into_held(&owned.assets),
            assets: owned.assets,
            users: people.users,
            seats,
            versions: Versions {
                assets: owned.version,
                assignments: listed.version,
                users: people.version,
            },
            limits,
            requests: reader.requests().saturating_sub(begun.requests),
            since,
            read_at: begun.now.checked_add(took).unwrap_or(begun.now),
        })
    }
}

/// Reads back who holds these assets, each true of one moment: what counts as done after a write.
///
/// What retired people hold is left out. An asset nobody holds has an empty set.
///
/// # Errors
/// As [`read`].
pub async fn read_back(
    reader: &Reader,
    roster: &Mutex<Roster>,
    assets: &BTreeSet<Asset>,
) -> Result<BTreeMap<Asset, HolderSet>, ReadError> {
    let quiet = |_: ReadProgress| ();
    let lister = Lister {
        reader,
        roster,
        people: &BTreeMap::new(),
        wanted: assets.clone(),
        progress: &Progress(&quiet),
    };
    let mut found = lister.list_each(assets).await?;
    Ok(assets
        .iter()
        .map(|&asset| (asset, found.active.remove(&asset).unwrap_or_default()))
        .collect())
}
