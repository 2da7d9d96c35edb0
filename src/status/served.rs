use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::license::Asset;
use crate::plan::Plan;
use crate::plan::served::{MdmAppPlan, MdmDisagreement, MdmLocationPlan, MdmReclaim, MdmToken};

/// One location whose server owns the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MdmStatus {
    /// Name of its manifest.
    pub name: String,
    /// Free text of its manifest.
    pub description: Option<String>,
    /// Name of the Mdm.
    pub mdm: String,
    /// Why it could not be read; then everything below is empty.
    pub failed: Option<String>,
    /// Its token.
    pub token: Option<MdmToken>,
    /// Days until the token ends, rounded down; negative once it has ended.
    pub token_days: Option<i64>,
    /// Managed apps, in the order of the manifests.
    pub apps: Vec<MdmAppStatus>,
    /// Apps of the token that no manifest manages.
    pub unmanaged: u64,
}

/// One app there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MdmAppStatus {
    /// What Apple licenses.
    #[serde(flatten)]
    pub asset: Asset,
    /// Name of its manifest.
    pub name: String,
    /// All licenses, by the server's count.
    pub total: u64,
    /// Used ones.
    pub used: u64,
    /// Free ones.
    pub free: u64,
    /// Groups on their way out.
    pub reclaims: Vec<MdmReclaim>,
    /// Where Apple says something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<MdmDisagreement>,
}

pub(super) fn of(plan: &Plan, now: Timestamp) -> Vec<MdmStatus> {
    let days = |token: &MdmToken| Some(token.expires?.duration_since(now).as_hours() / 24);
    let one = |location: &MdmLocationPlan| MdmStatus {
        name: location.name.clone(),
        description: location.description.clone(),
        mdm: location.mdm.clone(),
        failed: location.failed.clone(),
        token: location.token.clone(),
        token_days: location.token.as_ref().and_then(days),
        apps: location.apps.iter().map(app).collect(),
        unmanaged: location.unmanaged,
    };
    plan.mdm_locations.iter().map(one).collect()
}

fn app(app: &MdmAppPlan) -> MdmAppStatus {
    MdmAppStatus {
        asset: app.asset,
        name: app.name.clone(),
        total: app.total,
        used: app.used,
        free: app.total.saturating_sub(app.used),
        reclaims: app.reclaims.clone(),
        disagreement: app.disagreement.clone(),
    }
}
