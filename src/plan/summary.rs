use std::collections::{BTreeSet, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::numbers::count;
use super::served::MdmLocationPlan;
use super::{Action, Change, Inaction, LocationPlan, SeatSummary};

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
    /// Not wanted and kept (`reclaim: keep`, irrevocable, protected).
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
    /// Installations that are asked for along with licenses; absent where none are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installs: Option<InstallSummary>,
    /// Seats of subscriptions; absent where no manifest speaks of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<SeatSummary>,
    /// What servers that own tokens would be told; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<ServerSummary>,
}

/// The totals over all locations whose server owns the token. These licenses are in none of the
/// other totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerSummary {
    /// Assignments to groups that would be made, changed or taken away.
    pub steps: u64,
    /// Licenses that newly required devices and people need.
    pub assign: u64,
    /// Licenses that would be taken back by uninstalling.
    pub reclaim: u64,
    /// Assignments that are as wanted.
    pub unchanged: u64,
    /// Devices that have yet to remove an app.
    pub waiting: u64,
}

impl ServerSummary {
    fn of(locations: &[MdmLocationPlan]) -> Option<Self> {
        if locations.is_empty() {
            return None;
        }
        let mut sum = Self::default();
        for location in locations {
            sum.waiting += location.waiting();
            for app in &location.apps {
                sum.steps += count(app.steps.len());
                sum.assign += app.needed;
                sum.reclaim += app.taken();
                sum.unchanged += app.unchanged;
            }
        }
        Some(sum)
    }
}

/// Installations that are asked for along with licenses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstallSummary {
    /// Licenses of devices: one installation each.
    pub devices: u64,
    /// Licenses of people: an installation on each device that the server knows as theirs.
    pub users: u64,
}

impl Summary {
    /// The totals of a plan's parts. `assets_managed` cannot be counted from them: a location that
    /// was not read has no rows.
    pub(super) fn of(
        (locations, servers): (&[LocationPlan], &[MdmLocationPlan]),
        changes: &[Change],
        inactions: &[Inaction],
        assets_managed: u64,
    ) -> Self {
        let mut sum = Self { assets_managed, ..Self::default() };
        let (mut assets, mut devices, mut users) =
            (BTreeSet::new(), HashSet::new(), HashSet::new());
        for change in changes {
            let pairs = count(change.pairs());
            match change.action {
                Action::Assign => sum.assign += pairs,
                Action::Release => sum.release += pairs,
                Action::Uninstall => sum.uninstall += pairs,
            }
            if change.install {
                let installs = sum.installs.get_or_insert_default();
                installs.devices += count(change.devices.len());
                installs.users += count(change.users.len());
            }
            assets.insert((&change.asset, &change.name));
            devices.extend(&change.devices);
            users.extend(&change.users);
        }
        sum.reclaim = sum.release + sum.uninstall;
        sum.assets_changed = count(assets.len());
        sum.devices = count(devices.len());
        sum.users = count(users.len());
        for location in locations {
            sum.unchanged += location.unchanged;
            sum.unmanaged += location.unmanaged.assignments;
            sum.short += location.licenses.iter().map(|row| row.short).sum::<u64>();
            sum.users_create += count(location.users.create.len());
            sum.users_update += count(location.users.update.len());
            sum.users_retire += count(location.users.retire.len());
            sum.users_waiting += location.users.waiting;
        }
        let kept = inactions.iter().filter(|inaction| inaction.kind.is_kept());
        sum.kept = kept.map(|inaction| inaction.pairs).sum();
        sum.subscriptions = SeatSummary::of(locations);
        sum.servers = ServerSummary::of(servers);
        sum
    }
}
