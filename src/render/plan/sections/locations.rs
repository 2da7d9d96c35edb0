use std::cmp::Reverse;

use hashbrown::HashMap;

use crate::actual::MdmInfo;
use crate::plan::Plan;
use crate::plan::served::MdmAppPlan;
use crate::render::number::{count, sum};

/// One location in a plan of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationRow<'p> {
    /// Name of its manifest.
    pub name: &'p str,
    /// Free text of its manifest, or Apple's name of it.
    pub title: Option<&'p str>,
    /// Apple's library id.
    pub uid: Option<&'p str>,
    /// Who has claimed it now.
    pub owner: Option<&'p MdmInfo>,
    /// Why it could not be read.
    pub failed: Option<&'p str>,
    /// Whether `apply` would claim it.
    pub claimed: bool,
    /// Licenses given.
    pub assign: u64,
    /// Licenses taken back.
    pub reclaim: u64,
    /// Pairs that are wanted and there.
    pub unchanged: u64,
}

impl LocationRow<'_> {
    /// Whether nothing happens there.
    pub fn is_quiet(&self) -> bool {
        !self.claimed && self.assign == 0 && self.reclaim == 0
    }
}

/// A location that `apply` would claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'p> {
    /// Name of the location.
    pub location: &'p str,
    /// As whom.
    pub owner: &'p MdmInfo,
    /// Who has claimed it now; `None` where nobody has.
    pub over: Option<&'p MdmInfo>,
}

pub(super) fn claims(plan: &Plan) -> Vec<Claim<'_>> {
    let mut claims: Vec<Claim<'_>> = plan
        .locations
        .iter()
        .filter_map(|location| {
            let owner = location.claim.as_ref()?;
            Some(Claim { location: &location.name, owner, over: location.owner.as_ref() })
        })
        .collect();
    // Taking over from someone is what a reviewer must not miss.
    claims.sort_by_key(|claim| claim.over.is_none());
    claims
}

pub(super) fn locations(plan: &Plan) -> Vec<LocationRow<'_>> {
    let mut moved: HashMap<&str, (u64, u64)> = HashMap::new();
    for change in &plan.changes {
        let (assign, reclaim) = moved.entry(change.location.as_str()).or_default();
        let side = if change.action.is_reclaim() { reclaim } else { assign };
        *side = side.saturating_add(count(change.pairs()));
    }
    let mut rows: Vec<LocationRow<'_>> = plan
        .locations
        .iter()
        .map(|location| {
            let (assign, reclaim) = moved.get(location.name.as_str()).copied().unwrap_or_default();
            LocationRow {
                name: &location.name,
                title: location.description.as_deref().or(location.apple_name.as_deref()),
                uid: location.uid.as_deref(),
                owner: location.owner.as_ref(),
                failed: location.failed.as_deref(),
                claimed: location.claim.is_some(),
                assign,
                reclaim,
                unchanged: location.unchanged,
            }
        })
        .collect();
    rows.extend(plan.mdm_locations.iter().map(|location| {
        let apps = || location.apps.iter();
        LocationRow {
            name: &location.name,
            title: location.description.as_deref(),
            uid: None,
            owner: None,
            failed: location.failed.as_deref(),
            claimed: false,
            assign: sum(apps().map(|app| app.needed)),
            reclaim: sum(apps().map(MdmAppPlan::taken)),
            unchanged: sum(apps().map(|app| app.unchanged)),
        }
    }));
    rows.sort_by_key(|row| {
        let pairs = Reverse(row.assign.saturating_add(row.reclaim));
        (row.failed.is_some(), !row.claimed, Reverse(row.reclaim), pairs)
    });
    rows
}
