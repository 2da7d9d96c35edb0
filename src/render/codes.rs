//! Every code of every room, for titles and explanations.

use crate::diagnostic::Code;
use crate::{apple, desired, inventory, manifest, plan};

/// Every code, by id.
pub fn all() -> Vec<&'static Code> {
    let mut codes: Vec<&'static Code> = each().collect();
    codes.sort_by_key(|code| code.id);
    codes
}

/// What a code stands for, in a few words.
pub(super) fn title(id: &str) -> Option<&'static str> {
    each().find(|code| code.id == id).map(|code| code.title)
}

fn each() -> impl Iterator<Item = &'static Code> {
    [manifest::CODES, inventory::CODES, desired::CODES, apple::CODES]
        .into_iter()
        .flatten()
        .copied()
        .chain(plan::GUARDS.iter().map(|guard| &guard.code))
}
