//! The comparison itself: which licenses are in their place, which would move, and why.
//!
//! Everything here is sets; nothing is written down holder by holder before [`super::report`]
//! turns what moves into changes.

mod leave;
mod place;
mod protect;
mod short;
mod site;

pub(super) use leave::{Reclaim, Stay, mode};
pub(super) use place::{Placed, PlacedAt};
pub(super) use protect::{Protected, Whom};
pub(super) use short::first_in_order;
pub(super) use site::{Closed, Site, SiteState};

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::seats::{Seated, seat_all};
use super::{Cause, CauseKind, Input};
use crate::desired::{Desired, WantedAsset};
use crate::diagnostic::{Diagnostic, Span};
use crate::license::{AssetKind, Roster};
use crate::manifest::Manifests;
use crate::manifest::kind::AssetManifest;

/// Desired and actual, compared.
pub(super) struct Survey<'a> {
    pub(super) manifests: &'a Manifests,
    pub(super) desired: &'a Desired,
    pub(super) roster: &'a Roster,
    pub(super) diagnostics: &'a [Diagnostic],
    pub(super) now: Timestamp,
    /// In the order of the manifests.
    pub(super) sites: Vec<Site<'a>>,
    /// One per app or book, in the order of the manifests.
    pub(super) placed: Vec<Placed<'a>>,
    /// One per subscription at a location that was read, in the order of the manifests.
    pub(super) seated: Vec<Seated<'a>>,
    pub(super) protected: Vec<Protected<'a>>,
    /// Assets that an earlier manifest claims at the same location: (asset's place in `placed`,
    /// site, the earlier one's place).
    pub(super) twice: Vec<(usize, usize, usize)>,
    /// Each site's assets: places in `placed` and in its `at`.
    by_site: Vec<Vec<(usize, usize)>>,
    names: HashMap<&'a str, usize>,
    documents: HashMap<(AssetKind, &'a str), &'a AssetManifest>,
}

impl<'a> Survey<'a> {
    /// Compares.
    pub(super) fn of(input: &'a Input<'_>) -> Self {
        let sites = site::sites(input);
        let names = sites.iter().enumerate().map(|(index, site)| (site.name(), index)).collect();
        let documents = input.manifests.assets.iter();
        let mut survey = Self {
            manifests: input.manifests,
            desired: input.desired,
            roster: input.roster,
            diagnostics: input.diagnostics,
            now: input.now,
            by_site: vec![vec![]; sites.len()],
            sites,
            placed: vec![],
            seated: vec![],
            protected: protect::protected(input),
            twice: vec![],
            names,
            documents: documents
                .map(|manifest| ((manifest.kind, manifest.name.value.as_str()), manifest))
                .collect(),
        };
        let mut claimed = HashMap::new();
        for (index, wanted) in input.desired.assets.iter().enumerate() {
            let mut candidates = vec![];
            for site in survey.candidates(wanted) {
                match claimed.entry((site, wanted.asset)) {
                    Entry::Vacant(free) => {
                        free.insert(index);
                        candidates.push(site);
                    }
                    Entry::Occupied(earlier) => survey.twice.push((index, site, *earlier.get())),
                }
            }
            let placed = place::place(&survey, wanted, &candidates);
            for (place, at) in placed.at.iter().enumerate() {
                if let Some(assets) = survey.by_site.get_mut(at.site) {
                    assets.push((index, place));
                }
            }
            survey.placed.push(placed);
        }
        survey.seated = seat_all(&survey);
        survey
    }

    /// Where the asset may be licensed, most preferred first.
    fn candidates(&self, wanted: &WantedAsset) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        wanted
            .locations
            .iter()
            .filter_map(|name| self.names.get(name.as_str()).copied())
            .filter(|site| seen.insert(*site))
            .collect()
    }

    /// The document an asset was resolved from.
    pub(super) fn manifest(&self, wanted: &WantedAsset) -> Option<&'a AssetManifest> {
        self.documents.get(&(wanted.kind, wanted.name.as_str())).copied()
    }

    /// A cause and the line that says so.
    pub(super) fn cause(&self, span: Span, kind: CauseKind) -> Cause {
        Cause { file: self.manifests.sources.path(span).to_string(), line: span.line, kind }
    }

    /// What happens at one site, asset by asset in the order of the manifests.
    pub(super) fn at(&self, site: usize) -> impl Iterator<Item = (&Placed<'a>, &PlacedAt<'a>)> {
        let places = self.by_site.get(site).into_iter().flatten();
        places.filter_map(|&(asset, place)| {
            let placed = self.placed.get(asset)?;
            Some((placed, placed.at.get(place)?))
        })
    }

    /// A location's place in the order of the manifests.
    pub(super) fn place_of(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// A location by its place in the order of the manifests.
    pub(super) fn site(&self, index: usize) -> Option<&Site<'a>> {
        self.sites.get(index)
    }

    /// A location's name by its place.
    pub(super) fn site_name(&self, index: usize) -> &'a str {
        self.sites.get(index).map_or("?", Site::name)
    }
}
