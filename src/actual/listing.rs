//! Listing who holds what so that the result is true of one moment, whatever changes meanwhile.
//!
//! A walk over pages during which the version stayed the same is a picture of one moment. One
//! that moved can lack records (a removal shifts later ones to pages that were read already) and
//! hold records that are gone; Apple's deltas show additions only. So:
//!
//! 1. A short walk that moved is taken again. Where it goes on moving every asset is listed by
//!    itself, which is short, or even one page and so one moment.
//! 2. After a long walk that moved the additions since its first page are asked for, and of each
//!    asset Apple's counts before and after. Where additions explain the difference of the counts
//!    nothing was removed, and the set is taken if it is as large as the count; else the asset is
//!    listed by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::error::ReadError;
use super::holdings::{Holdings, HoldingsSink};
use super::owned::{Owned, agrees, retired_count};
use super::read::{Progress, ReadScope, SMALL, TRIES};
use super::walk::Walk;
use super::{OwnedAsset, UserRecord};
use crate::apple::{AppleError, AssignmentFilter, Assignments, Reader};
use crate::license::{Asset, ClientUserId, Roster};

/// Lists assignments of one location.
pub(super) struct Lister<'a> {
    pub(super) reader: &'a Reader,
    pub(super) roster: &'a Mutex<Roster>,
    pub(super) people: &'a BTreeMap<ClientUserId, UserRecord>,
    /// Assets that must be right.
    pub(super) wanted: BTreeSet<Asset>,
    pub(super) progress: &'a Progress<'a>,
}

/// Holders of all wanted assets, and perhaps of others, with the version they are true of at the
/// earliest.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) found: Holdings,
    pub(super) version: Option<String>,
    /// Records on the first page of a full listing; 0 where none was begun.
    pub(super) page_size: u64,
}

/// What was added since a version, and the version it was added until.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) found: Holdings,
    pub(super) version: Option<String>,
}

impl Lister<'_> {
    /// Lists everything there is to know, in one full listing or asset by asset, whichever needs
    /// fewer requests.
    ///
    /// Where the result is kept for next time, one request is spent on the version of the whole
    /// list: that of one asset's list may be of no use elsewhere.
    pub(super) async fn list(
        &self,
        scope: &ReadScope,
        owned: &mut Owned,
        keep: bool,
    ) -> Result<Listed, ReadError> {
        let assigned = |asset: &Asset| owned.assets.get(asset).map_or(0, |owned| owned.assigned);
        // A retired person's license is not counted as assigned.
        let retired = |asset: &Asset| owned.assets.get(asset).and_then(retired_count).unwrap_or(0);
        let held: BTreeSet<Asset> = self
            .wanted
            .iter()
            .copied()
            .filter(|asset| assigned(asset) > 0 || retired(asset) > 0)
            .collect();
        let others =
            owned.assets.iter().any(|(asset, owned)| owned.assigned > 0 && !held.contains(asset));
        if !scope.full && (held.is_empty() || (held.len() == 1 && others && !keep)) {
            let found = self.list_each(&held).await?;
            return Ok(Listed { found, version: None, page_size: 0 });
        }
        let mut sink = self.sink(None);
        let filter = AssignmentFilter { include_user_state: Some(true), ..Default::default() };
        let mut walk =
            Walk::begin::<Assignments>(self.reader, &filter, &mut sink, self.progress).await?;
        let size = walk.page_size.max(1);
        let each: u64 = held.iter().map(|asset| assigned(asset).div_ceil(size)).sum();
        if !scope.full && others && each < u64::from(walk.pages.saturating_sub(1)) {
            let found = self.list_each(&held).await?;
            return Ok(Listed { found, version: walk.version, page_size: size });
        }
        walk.finish::<Assignments>(self.reader, &filter, &mut sink, self.progress).await?;
        for _ in 1..TRIES {
            if !walk.moved {
                return Ok(Listed {
                    found: sink.into_found(),
                    version: walk.version,
                    page_size: size,
                });
            }
            if walk.pages > SMALL {
                match self.catch_up(&walk, sink.into_found(), scope, owned).await {
                    Ok(listed) => return Ok(listed),
                    Err(ReadError::Apple(AppleError::StaleVersion { .. })) => {}
                    Err(error) => return Err(error),
                }
            }
            *owned = Owned::read(self.reader, self.progress).await?;
            sink = self.sink(None);
            walk =
                Walk::whole::<Assignments>(self.reader, &filter, &mut sink, self.progress).await?;
        }
        if !walk.moved {
            return Ok(Listed { found: sink.into_found(), version: walk.version, page_size: size });
        }
        *owned = Owned::read(self.reader, self.progress).await?;
        let wanted = self.all_wanted(scope, owned);
        let found = self.list_each(&wanted).await?;
        Ok(Listed { found, version: walk.version, page_size: size })
    }

    /// Mends a long walk that moved, by what was added since its first page.
    async fn catch_up(
        &self,
        walk: &Walk,
        mut found: Holdings,
        scope: &ReadScope,
        owned: &mut Owned,
    ) -> Result<Listed, ReadError> {
        let added = match &walk.version {
            Some(version) => self.added_since(version, None).await?.map(|added| added.found),
            None => None,
        };
        let before = std::mem::take(owned);
        *owned = Owned::read(self.reader, self.progress).await?;
        let wanted = self.all_wanted(scope, owned);
        let names: BTreeSet<Asset> = found.assets().collect();
        let mut again = BTreeSet::new();
        for &asset in wanted.union(&names) {
            let counts = |owned: &Owned| owned.assets.get(&asset).map_or(0, |owned| owned.assigned);
            let explained = added.as_ref().is_some_and(|added| {
                found.add(asset, added);
                counts(&before) + added.count(asset).0 == counts(owned)
            });
            let (active, retired) = found.count(asset);
            if explained && agrees(owned.assets.get(&asset), active, retired) {
                continue;
            }
            if wanted.contains(&asset) {
                again.insert(asset);
            } else {
                found.forget(asset);
            }
        }
        tracing::debug!(assets = again.len(), "listed again one by one");
        let listed = self.list_each(&again).await?;
        for asset in again {
            found.replace(asset, &listed);
        }
        Ok(Listed { found, version: walk.version.clone(), page_size: walk.page_size })
    }

    /// What was added since a version; `None` where no walk over it saw one moment, or where it
    /// has more pages than `most`.
    ///
    /// The whole of it is asked again where it moved: a record can slip past such a walk, and what
    /// is asked from the walk's own version on would not bring it back.
    pub(super) async fn added_since(
        &self,
        version: &str,
        most: Option<u64>,
    ) -> Result<Option<Added>, ReadError> {
        let filter = AssignmentFilter {
            include_user_state: Some(true),
            since_version: Some(version.to_owned()),
            ..Default::default()
        };
        for _ in 0..TRIES {
            let mut sink = self.sink(None);
            let mut walk =
                Walk::begin::<Assignments>(self.reader, &filter, &mut sink, self.progress).await?;
            if most.is_some_and(|most| u64::from(walk.pages) > most) {
                return Ok(None);
            }
            walk.finish::<Assignments>(self.reader, &filter, &mut sink, self.progress).await?;
            if !walk.moved {
                return Ok(Some(Added { found: sink.into_found(), version: walk.version }));
            }
        }
        Ok(None)
    }

    /// Lists assets one by one, several at once.
    pub(super) async fn list_each(&self, assets: &BTreeSet<Asset>) -> Result<Holdings, ReadError> {
        let lists = stream::iter(assets.iter().copied())
            .map(|asset| async move { Ok::<_, ReadError>((asset, self.list_one(asset).await?)) })
            .buffer_unordered(self.reader.at_once());
        lists
            .try_fold(Holdings::default(), |mut all, (asset, one)| async move {
                all.add(asset, &one);
                Ok(all)
            })
            .await
    }

    /// Lists one asset until a walk saw one moment, or two walks in a row saw the same.
    pub(super) async fn list_one(&self, asset: Asset) -> Result<Holdings, ReadError> {
        let mut before = None;
        for tries in 0..TRIES {
            // Two in a row can be quicker than a write that is under way; a third waits for it.
            if tries > 1 {
                self.reader.rest(tries).await;
            }
            let mut sink = self.sink(Some(asset));
            let filter =
                AssignmentFilter { include_user_state: Some(true), ..AssignmentFilter::of(asset) };
            let walk =
                Walk::whole::<Assignments>(self.reader, &filter, &mut sink, self.progress).await?;
            let found = sink.into_found();
            if !walk.moved || before.as_ref() == Some(&found) {
                return Ok(found);
            }
            before = Some(found);
        }
        Err(ReadError::Unsettled {
            what: format!("the list of who holds asset {asset}"),
            tries: TRIES,
        })
    }

    /// Holds every wanted asset against Apple's count, and lists those that disagree again.
    pub(super) async fn verify(
        &self,
        scope: &ReadScope,
        owned: &mut Owned,
        found: &mut Holdings,
    ) -> Result<(), ReadError> {
        let mut wrong = self.disagreeing(scope, owned, found);
        if wrong.len() > 1 {
            // The counts are older than the list.
            *owned = Owned::read(self.reader, self.progress).await?;
            wrong = self.disagreeing(scope, owned, found);
        }
        for round in 1..=TRIES {
            if wrong.is_empty() {
                break;
            }
            tracing::debug!(round, assets = wrong.len(), "holders and counts disagree");
            if round > 1 {
                self.reader.rest(round).await;
            }
            let mut again: Vec<(Asset, Holdings, Option<OwnedAsset>)> =
                stream::iter(wrong.iter().copied())
                    .map(|asset| async move {
                        let one = self.list_one(asset).await?;
                        let counts = Owned::read_one(self.reader, asset, self.progress).await?;
                        Ok::<_, ReadError>((asset, one, counts))
                    })
                    .buffer_unordered(self.reader.at_once())
                    .try_collect()
                    .await?;
            for (asset, one, counts) in again.drain(..) {
                found.replace(asset, &one);
                match counts {
                    Some(counts) => owned.assets.insert(asset, counts),
                    None => owned.assets.remove(&asset),
                };
            }
            wrong.retain(|&asset| !is_right(asset, owned, found));
        }
        if let Some(&asset) = wrong.first() {
            return Err(ReadError::Inconsistent {
                asset,
                holders: found.count(asset).0,
                assigned: owned.assets.get(&asset).map_or(0, |owned| owned.assigned),
                tries: TRIES,
            });
        }
        if !scope.full {
            // What is not wanted was listed along the way; only what is surely right is kept.
            let names: Vec<Asset> = found.active.keys().copied().collect();
            for asset in names {
                if !self.wanted.contains(&asset) && !is_right(asset, owned, found) {
                    found.forget(asset);
                }
            }
        }
        Ok(())
    }

    fn disagreeing(&self, scope: &ReadScope, owned: &Owned, found: &Holdings) -> BTreeSet<Asset> {
        let mut wanted = self.all_wanted(scope, owned);
        if scope.full {
            wanted.extend(found.active.keys());
        }
        wanted.into_iter().filter(|&asset| !is_right(asset, owned, found)).collect()
    }

    pub(super) fn all_wanted(&self, scope: &ReadScope, owned: &Owned) -> BTreeSet<Asset> {
        let mut wanted = self.wanted.clone();
        if scope.full {
            wanted.extend(owned.assets.keys());
        }
        wanted
    }

    fn sink(&self, only: Option<Asset>) -> HoldingsSink<'_> {
        HoldingsSink::new(self.roster, self.people, &self.wanted, only)
    }
}

fn is_right(asset: Asset, owned: &Owned, found: &Holdings) -> bool {
    let (active, retired) = found.count(asset);
    agrees(owned.assets.get(&asset), active, retired)
}
