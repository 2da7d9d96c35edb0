use schemars::JsonSchema;
use serde::Serialize;

use crate::actual::{Actual, SeatCounts, SubscriptionStatus};
use crate::license::AdamId;
use crate::plan::LocationPlan;

/// The seats of one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatStatus {
    /// Apple's number of it.
    pub adam_id: AdamId,
    /// Name of its manifest; `None` where none manages it.
    pub name: Option<String>,
    /// How it stands; `None` where the location has no seat of it.
    pub status: Option<SubscriptionStatus>,
    /// Last day of the billing period.
    pub period_end: Option<String>,
    /// Apple's counts.
    pub counts: SeatCounts,
    /// People the manifests ask for; `None` where none manages it.
    pub desired: Option<u64>,
    /// Held once the plan is applied and the period has ended.
    pub assigned_after: u64,
    /// Wanted, and no seat for them.
    pub short: u64,
    /// Wanted, and waiting until their account is linked or the subscription is active.
    pub waiting: u64,
    /// How many people administer it.
    pub administrators: u64,
}

/// Managed subscriptions in the order of the manifests, then unmanaged ones by number. Nothing
/// where subscriptions were not read.
pub(super) fn of(location: &LocationPlan, actual: Option<&Actual>) -> Vec<SeatStatus> {
    let Some(seats) = actual.and_then(|actual| actual.seats.as_ref()) else { return vec![] };
    let administrators = |adam_id: &AdamId| {
        seats.administrators.get(adam_id).map_or(0, crate::license::HolderSet::len)
    };
    let rows = location.subscriptions.iter().flat_map(|plan| &plan.seats);
    let managed = rows.clone().map(|row| {
        let counts = row.counts.unwrap_or_default();
        let taken = row.release.saturating_add(row.release_later);
        SeatStatus {
            adam_id: row.adam_id,
            name: Some(row.name.clone()),
            status: row.status,
            period_end: row.period_end.clone(),
            counts,
            desired: Some(row.desired),
            assigned_after: (counts.assigned.sum() + row.assign).saturating_sub(taken),
            short: row.short,
            waiting: row.waiting,
            administrators: administrators(&row.adam_id),
        }
    });
    let known: Vec<AdamId> = rows.clone().map(|row| row.adam_id).collect();
    let others = seats.subscriptions.iter().filter(|(adam_id, _)| !known.contains(adam_id));
    let unmanaged = others.map(|(adam_id, one)| SeatStatus {
        adam_id: *adam_id,
        name: None,
        status: Some(one.status),
        period_end: one.period_end.clone(),
        counts: one.counts,
        desired: None,
        assigned_after: one.counts.assigned.sum(),
        short: 0,
        waiting: 0,
        administrators: administrators(adam_id),
    });
    managed.chain(unmanaged).collect()
}
