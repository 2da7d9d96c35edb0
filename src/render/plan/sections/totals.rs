use crate::plan::served::{MdmAppPlan, MdmLocationPlan};
use crate::plan::{Action, Plan};
use crate::render::number::{count, sum};

/// The totals, in pairs of asset and holder where nothing else is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// To be given.
    pub assign: u64,
    /// To be taken back by disassociating.
    pub release: u64,
    /// To be taken back once the app is proven gone.
    pub uninstall: u64,
    /// Wanted and there.
    pub unchanged: u64,
    /// Assignments of assets no manifest manages.
    pub unmanaged: u64,
    /// Assets no manifest manages.
    pub unmanaged_assets: u64,
    /// Assets with a change.
    pub assets_changed: u64,
    /// Assets with a manifest.
    pub assets_managed: u64,
    /// Distinct devices a change touches.
    pub devices: u64,
    /// Distinct people a change touches.
    pub users: u64,
    /// People to register.
    pub create: u64,
    /// People whose e-mail address changed.
    pub update: u64,
    /// People to retire.
    pub retire: u64,
    /// Wanted holders who have not accepted yet.
    pub waiting: u64,
    /// Locations.
    pub locations: u64,
    /// Assignments that servers who own tokens would be told to change.
    pub told: u64,
    /// Devices that have yet to remove an app, where such a server was told.
    pub going: u64,
}

impl Totals {
    /// To be taken back, either way.
    pub fn reclaim(&self) -> u64 {
        self.release.saturating_add(self.uninstall)
    }

    pub(super) fn of(plan: &Plan) -> Self {
        let moved = |action: Action| {
            let changes = plan.changes.iter().filter(|change| change.action == action);
            sum(changes.map(|change| count(change.pairs())))
        };
        let users = || plan.locations.iter().map(|location| &location.users);
        let by_servers = || plan.mdm_locations.iter().flat_map(|location| &location.apps);
        let unmanaged = || plan.locations.iter().map(|location| &location.unmanaged);
        Self {
            assign: sum(by_servers().map(|app| app.needed)).saturating_add(moved(Action::Assign)),
            release: moved(Action::Release),
            uninstall: sum(by_servers().map(MdmAppPlan::taken))
                .saturating_add(moved(Action::Uninstall)),
            unchanged: sum(by_servers().map(|app| app.unchanged))
                .saturating_add(plan.summary.unchanged),
            unmanaged: plan.summary.unmanaged,
            unmanaged_assets: sum(unmanaged().map(|unmanaged| unmanaged.assets)),
            assets_changed: count(by_servers().filter(|app| !app.steps.is_empty()).count())
                .saturating_add(plan.summary.assets_changed),
            told: count(by_servers().map(|app| app.steps.len()).sum()),
            going: sum(plan.mdm_locations.iter().map(MdmLocationPlan::waiting)),
            assets_managed: count(by_servers().count()).saturating_add(plan.summary.assets_managed),
            devices: plan.summary.devices,
            users: plan.summary.users,
            create: sum(users().map(|users| count(users.create.len()))),
            update: sum(users().map(|users| count(users.update.len()))),
            retire: sum(users().map(|users| count(users.retire.len()))),
            waiting: sum(users().map(|users| users.waiting)),
            locations: count(plan.locations.len() + plan.mdm_locations.len()),
        }
    }
}
