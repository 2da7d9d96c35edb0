use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The totals of a plan. Licenses are counted in pairs of asset and holder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// To be given.
    pub assign: u64,
    /// To be taken back, either way.
    pub reclaim: u64,
    /// Of these, by disassociating.
    pub release: u64,
    /// Of these, once the app is proven gone.
    pub uninstall: u64,
    /// Wanted and there.
    pub unchanged: u64,
    /// Not wanted and kept (`reclaim: keep`, irrevocable).
    pub kept: u64,
    /// Wanted, and no license for them.
    pub short: u64,
    /// Assignments of assets no manifest manages.
    pub unmanaged: u64,
    /// People to register.
    pub users_create: u64,
    /// People whose e-mail address changed.
    pub users_update: u64,
    /// People to retire.
    pub users_retire: u64,
    /// Wanted holders who have not accepted yet and so cannot install.
    pub users_waiting: u64,
    /// Apps and books with a change.
    pub assets_changed: u64,
    /// Apps and books with a manifest.
    pub assets_managed: u64,
    /// Distinct devices a change touches.
    pub devices: u64,
    /// Distinct people a change touches.
    pub users: u64,
}
