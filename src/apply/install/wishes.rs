use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::record::Install;
use crate::apply::journal::Wish;
use crate::apply::work::Pairs;
use crate::license::{Asset, HolderId};

/// What is to be installed with which license: written down with the request for it.
#[derive(Debug, Default)]
pub(in crate::apply) struct Wishes {
    by_pair: HashMap<(Asset, HolderId), Vec<Install>>,
    written: RefCell<HashSet<Uuid>>,
}

impl Wishes {
    pub(super) fn add(&mut self, asset: Asset, holder: HolderId, installs: Vec<Install>) {
        self.by_pair.entry((asset, holder)).or_default().extend(installs);
    }

    /// Those of a request that are not written down yet.
    pub(in crate::apply) fn of(&self, pairs: &Pairs) -> Vec<Wish> {
        if self.by_pair.is_empty() {
            return vec![];
        }
        let written = self.written.borrow();
        let pairs = pairs.iter().flat_map(|(asset, ids)| ids.iter().map(move |id| (*asset, id)));
        let installs = pairs.filter_map(|pair| self.by_pair.get(&pair)).flatten();
        installs.map(Install::wish).filter(|wish| !written.contains(&wish.id)).collect()
    }

    /// These are written down.
    pub(in crate::apply) fn written(&self, ids: impl IntoIterator<Item = Uuid>) {
        self.written.borrow_mut().extend(ids);
    }

    /// Whether one is written down.
    pub(super) fn is_written(&self, id: Uuid) -> bool {
        self.written.borrow().contains(&id)
    }

    /// All of them, each with its pair.
    pub(super) fn all(&self) -> impl Iterator<Item = (Asset, HolderId, &Install)> {
        let pairs = self.by_pair.iter();
        pairs.flat_map(|((asset, id), all)| all.iter().map(move |one| (*asset, *id, one)))
    }
}
