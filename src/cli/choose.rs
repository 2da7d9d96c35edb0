//! Which locations a run is about.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::args::Target;
use super::failure::Failure;
use super::shard::Shard;
use crate::manifest::Manifests;
use crate::manifest::kind::Location;

/// A label a location must have: its key and its value, compared to the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    key: String,
    value: String,
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or("expected KEY=VALUE, for example region=north")?;
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value } = self;
        write!(f, "{key}={value}")
    }
}

impl Label {
    fn fits(&self, location: &Location) -> bool {
        location.labels.get(&self.key) == Some(&self.value)
    }
}

/// Which locations a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Every one.
    All,
    /// These, which may be none: a shard can be empty, and so can the plan that was made of it.
    These(Vec<String>),
}

impl Chosen {
    /// From what was typed: names, labels, a shard, or none of them. What is typed together narrows.
    ///
    /// # Errors
    /// Where a name is no location's, no location has the labels, or the manifests cannot be
    /// sharded.
    pub(super) fn typed(
        manifests: &Manifests,
        target: &Target,
        shard: Option<Shard>,
    ) -> Result<Self, Failure> {
        let Target { locations: names, labels, .. } = target;
        let chosen = match (names.as_slice(), shard) {
            ([], None) => Self::All,
            ([], Some(shard)) => Self::These(shard.locations(manifests)?),
            (names, _) => Self::these(manifests, names.to_vec())?,
        };
        chosen.labeled(manifests, labels)
    }

    /// Of these, the locations that have all the labels.
    ///
    /// # Errors
    /// Where no location of the manifests has them, or one that was named has not: a mistyped label
    /// must not look like nothing to do.
    pub(super) fn labeled(self, manifests: &Manifests, labels: &[Label]) -> Result<Self, Failure> {
        if labels.is_empty() {
            return Ok(self);
        }
        let fits = |location: &&Location| labels.iter().all(|label| label.fits(location));
        let fitting: Vec<_> = manifests.locations.iter().filter(fits).collect();
        if fitting.is_empty() {
            let asked: Vec<_> = labels.iter().map(ToString::to_string).collect();
            let known: BTreeSet<String> = manifests
                .locations
                .iter()
                .flat_map(|location| &location.labels)
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            let known = match known.len() {
                0 => "no location has labels".to_owned(),
                _ => format!("labels are: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
            };
            let asked = asked.join(" and ");
            return Err(Failure::usage(format!("no location has the label {asked}; {known}")));
        }
        let fitting = fitting.into_iter().map(|location| &location.name.value);
        Ok(Self::These(fitting.filter(|name| self.has(name)).cloned().collect()))
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
