//! Locations that must be decided over together.

use std::collections::{BTreeMap, HashMap};

use crate::manifest::Manifests;

/// Locations that belong together.
pub(super) struct Tie<'a> {
    /// The smallest uId among them; the smallest name where none is pinned.
    pub(super) key: &'a str,
    /// Their places in the manifests.
    pub(super) members: Vec<usize>,
}

/// Which location leads to which (union-find).
pub(super) struct Ties(Vec<usize>);

impl Ties {
    /// Every location in exactly one tie.
    pub(super) fn of(manifests: &Manifests) -> Vec<Tie<'_>> {
        let locations = &manifests.locations;
        let mut ties = Self((0..locations.len()).collect());
        let places: HashMap<&str, usize> = locations
            .iter()
            .enumerate()
            .map(|(place, location)| (location.name.value.as_str(), place))
            .collect();
        for asset in &manifests.assets {
            let listed = asset.locations.iter();
            let mut listed = listed.filter_map(|name| places.get(name.value.as_str()).copied());
            if let Some(first) = listed.next() {
                listed.for_each(|other| ties.join(first, other));
            }
        }
        let mut found: BTreeMap<usize, Tie<'_>> = BTreeMap::new();
        for (place, location) in locations.iter().enumerate() {
            let key = location.uid.as_ref().map_or(&location.name.value, |uid| &uid.value);
            let tie = found.entry(ties.root(place)).or_insert(Tie { key, members: vec![] });
            tie.key = tie.key.min(key);
            tie.members.push(place);
        }
        found.into_values().collect()
    }

    /// The place that stands for the tie; the way there is shortened for the next who asks.
    fn root(&mut self, mut place: usize) -> usize {
        loop {
            let next = self.next(place);
            if next == place {
                return place;
            }
            let after = self.next(next);
            if let Some(slot) = self.0.get_mut(place) {
                *slot = after;
            }
            place = after;
        }
    }

    fn next(&self, place: usize) -> usize {
        self.0.get(place).copied().unwrap_or(place)
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.0.get_mut(other) {
            *slot = one;
        }
    }
}
