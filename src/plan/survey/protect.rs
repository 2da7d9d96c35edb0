use super::super::Input;
use crate::desired::WantedAsset;
use crate::license::{AdamId, HolderId, HolderSet};
use crate::manifest::kind::Protection;

/// One item of a policy's `protect`, resolved.
pub(in super::super) struct Protected<'a> {
    pub(in super::super) rule: &'a Protection,
    pub(in super::super) whom: Whom,
}

/// Whom a protection covers.
pub(in super::super) enum Whom {
    /// Every holder.
    Everybody,
    /// A group's members, the devices of its people and the people of its devices: a protection
    /// that covers too much costs a license, one that covers too little costs data.
    These(HolderSet),
    /// The group it names does not exist. Then everybody is protected, and a guard says so.
    Unknown,
}

impl Protected<'_> {
    /// Whether the protection speaks of this asset.
    pub(in super::super) fn covers(&self, wanted: &WantedAsset) -> bool {
        self.covers_named(&wanted.name, wanted.asset.adam_id)
    }

    /// Whether the protection speaks of what has this name and number.
    pub(in super::super) fn covers_named(&self, name: &str, adam_id: AdamId) -> bool {
        let app = self.rule.app.as_ref();
        app.is_none_or(|app| app.value == name || app.value == adam_id.to_string())
    }

    /// Those of the set it protects.
    pub(in super::super) fn of(&self, set: &HolderSet) -> HolderSet {
        match &self.whom {
            Whom::Everybody | Whom::Unknown => set.clone(),
            Whom::These(holders) => set & holders,
        }
    }

    /// Whether it protects this holder, who may have no number.
    pub(in super::super) fn contains(&self, holder: Option<HolderId>) -> bool {
        match &self.whom {
            Whom::Everybody | Whom::Unknown => true,
            Whom::These(holders) => holder.is_some_and(|id| holders.contains(id)),
        }
    }
}

pub(super) fn protected<'a>(input: &'a Input<'_>) -> Vec<Protected<'a>> {
    let rules = input.manifests.policies.iter().flat_map(|policy| &policy.protect);
    rules
        .map(|rule| {
            let whom = match &rule.group {
                None => Whom::Everybody,
                Some(name) => match input.desired.groups.get(&name.value) {
                    None => Whom::Unknown,
                    Some(group) => {
                        let mut holders = &group.members | &group.users_of_devices;
                        holders |= &group.devices_of_users;
                        Whom::These(holders)
                    }
                },
            };
            Protected { rule, whom }
        })
        .collect()
}
