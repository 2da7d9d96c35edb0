use std::borrow::Cow;
use std::collections::HashSet;

use roaring::RoaringBitmap;

use super::{Library, number};
use crate::sandbox::world::Pricing;

/// Which assignments are asked for.
#[derive(Debug, Default)]
pub(crate) struct AssignmentFilter<'a> {
    pub(crate) adam_id: Option<&'a str>,
    pub(crate) pricing: Option<Pricing>,
    pub(crate) client_user_id: Option<&'a str>,
    pub(crate) serial_number: Option<&'a str>,
    pub(crate) exclude_inactive: bool,
    /// Only what was added after this version.
    pub(crate) since: Option<u64>,
}

/// Which people are asked for.
#[derive(Debug, Default)]
pub(crate) struct UserFilter<'a> {
    pub(crate) active_only: bool,
    pub(crate) retired_only: bool,
    pub(crate) client_user_id: Option<&'a str>,
    /// Only who changed after this version.
    pub(crate) since: Option<u64>,
}

/// A part of a list, and how long the list is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Slice<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: u64,
}

/// The version asked for is not known any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownVersion;

impl Library {
    /// `size` assignments from the `offset`th on, by asset and then by holder. Nothing is sorted:
    /// the counts lead to the asset, the bitmap to the holder.
    pub(crate) fn assignments(
        &self,
        filter: &AssignmentFilter<'_>,
        offset: u64,
        size: usize,
    ) -> Result<Slice<(u32, u32)>, UnknownVersion> {
        let sets = self.held_by(filter);
        if let Some(version) = filter.since {
            let added = self.assignment_changes.since(version).ok_or(UnknownVersion)?;
            let mut seen = HashSet::new();
            let items: Vec<(u32, u32)> = added
                .copied()
                .filter(|(asset, holder)| {
                    let set = sets.binary_search_by_key(asset, |(asset, _)| *asset);
                    set.ok().and_then(|at| sets.get(at)).is_some_and(|(_, s)| s.contains(*holder))
                })
                .filter(|pair| seen.insert(*pair))
                .collect();
            return Ok(cut(&items, offset, size));
        }
        let total = sets.iter().map(|(_, set)| set.len()).sum();
        let mut items = Vec::with_capacity(size.min(10_000));
        let mut skip = offset;
        for (asset, set) in &sets {
            if items.len() == size {
                break;
            }
            if skip >= set.len() {
                skip -= set.len();
                continue;
            }
            let Some(first) = u32::try_from(skip).ok().and_then(|nth| set.select(nth)) else {
                break;
            };
            skip = 0;
            let mut holders = set.iter();
            holders.advance_to(first);
            items.extend(holders.take(size - items.len()).map(|holder| (*asset, holder)));
        }
        Ok(Slice { items, total })
    }

    /// Per asset, in order, the holders a filter lets through.
    fn held_by(&self, filter: &AssignmentFilter<'_>) -> Vec<(u32, Cow<'_, RoaringBitmap>)> {
        let only = self.holders_named(filter);
        (0..)
            .zip(&self.assets)
            .filter(|(_, asset)| filter.adam_id.is_none_or(|wanted| asset.adam_id == wanted))
            .filter(|(_, asset)| filter.pricing.is_none_or(|wanted| asset.pricing == wanted))
            .map(|(at, asset)| {
                let mut set = Cow::Borrowed(&asset.held);
                if let Some(only) = &only {
                    set = Cow::Owned(only & &*set);
                }
                if filter.exclude_inactive && !asset.retired.is_empty() {
                    set = Cow::Owned(&*set - &asset.retired);
                }
                (at, set)
            })
            .collect()
    }

    fn holders_named(&self, filter: &AssignmentFilter<'_>) -> Option<RoaringBitmap> {
        let device = filter
            .serial_number
            .map(|serial| self.holders.device(serial).into_iter().collect::<RoaringBitmap>());
        let user = filter.client_user_id.map(|id| {
            let records = self.people.of(id).iter();
            records.filter_map(|record| Some(self.people.get(*record)?.holder)).collect()
        });
        match (device, user) {
            (Some(device), Some(user)) => Some(device & user),
            (device, user) => device.or(user),
        }
    }

    /// `size` records of people from the `offset`th on, in order of registration.
    pub(crate) fn users(
        &self,
        filter: &UserFilter<'_>,
        offset: u64,
        size: usize,
    ) -> Result<Slice<u32>, UnknownVersion> {
        let mut set = match (filter.active_only, filter.retired_only) {
            (false, false) => {
                let mut all = RoaringBitmap::new();
                all.insert_range(0..number(self.people.records().len()));
                all
            }
            (true, false) => self.people.active().clone(),
            (false, true) => self.people.retired().clone(),
            (true, true) => RoaringBitmap::new(),
        };
        if let Some(id) = filter.client_user_id {
            set &= self.people.of(id).iter().copied().collect::<RoaringBitmap>();
        }
        if let Some(version) = filter.since {
            let changed = self.user_changes.since(version).ok_or(UnknownVersion)?;
            set &= changed.copied().collect::<RoaringBitmap>();
        }
        let total = set.len();
        let first = u32::try_from(offset).ok().and_then(|nth| set.select(nth));
        let items = first.map_or_else(Vec::new, |first| {
            let mut records = set.iter();
            records.advance_to(first);
            records.take(size).collect()
        });
        Ok(Slice { items, total })
    }
}

fn cut<T: Copy>(items: &[T], offset: u64, size: usize) -> Slice<T> {
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    Slice {
        items: items.iter().skip(skip).take(size).copied().collect(),
        total: u64::try_from(items.len()).unwrap_or(u64::MAX),
    }
}
