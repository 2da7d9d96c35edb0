//! Which locations a run is about.

use super::failure::Failure;
use super::shard::Shard;
use crate::manifest::Manifests;

/// Which locations a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Every one.
    All,
    /// These, which may be none: a shard can be empty, and so can the plan that was made of it.
    These(Vec<String>),
}

impl Chosen {
    /// From what was typed: names, a shard, or neither.
    ///
    /// # Errors
    /// Where a name is no location's, or the manifests cannot be sharded.
    pub(super) fn typed(
        manifests: &Manifests,
        names: &[String],
        shard: Option<Shard>,
    ) -> Result<Self, Failure> {
        match (names, shard) {
            ([], None) => Ok(Self::All),
            ([], Some(shard)) => Ok(Self::These(shard.locations(manifests)?)),
            (names, _) => Self::these(manifests, names.to_vec()),
        }
    }

    /// These and no others.
    ///
    /// # Errors
    /// Where a name is no location's.
    pub(super) fn these(manifests: &Manifests, names: Vec<String>) -> Result<Self, Failure> {
        let known = || manifests.locations.iter().map(|location| location.name.value.as_str());
        if let Some(unknown) = names.iter().find(|name| !known().any(|one| one == name.as_str())) {
            return Err(Failure::usage(format!(
                "there is no location `{unknown}`; the manifests have: {}",
                known().collect::<Vec<_>>().join(", ")
            )));
        }
        Ok(Self::These(names))
    }

    /// Whether the run is about this location.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.iter().any(|one| one == name),
        }
    }
}
