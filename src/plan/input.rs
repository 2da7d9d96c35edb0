use std::collections::BTreeMap;

use jiff::Timestamp;

use super::LastApplied;
use crate::actual::Actual;
use crate::desired::Desired;
use crate::diagnostic::Diagnostic;
use crate::license::Roster;
use crate::manifest::Manifests;
use crate::reclaim::Reclaim;

/// Everything a plan is made from. Nothing else reaches it: the same input gives the same plan.
#[derive(Debug)]
pub struct Input<'a> {
    /// The documents, with their sources.
    pub manifests: &'a Manifests,
    /// What they ask for.
    pub desired: &'a Desired,
    /// The numbers all sets here are written in.
    pub roster: &'a Roster,
    /// Each location's name in the manifests, and what Apple said of it or why it could not be
    /// read. A location of the manifests that is missing here counts as unreadable.
    pub locations: &'a [(String, Result<Actual, String>)],
    /// What the last apply left at each location, by its name in the manifests. Without memory of
    /// one the plan says nothing of drift.
    pub last: &'a BTreeMap<String, LastApplied>,
    /// Reclaims by uninstall that earlier runs began and that are not through, by the location's
    /// name. They say how far things are, and never what is done.
    pub reclaims: &'a BTreeMap<String, Vec<Reclaim>>,
    /// Problems of the manifests and inventories.
    pub diagnostics: &'a [Diagnostic],
    /// SHA-256 over what the manifests and inventories say, in hexadecimal.
    pub manifest_digest: String,
    /// The folder of the manifests, as the user named it.
    pub folder: String,
    /// The moment of the run: expiry, freezes and allowances are judged by it.
    pub now: Timestamp,
}
