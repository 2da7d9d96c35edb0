use super::numbering::Numbered;
use crate::license::{HolderId, HolderSet};

/// Who uses which device, over all inventories that have both columns.
#[derive(Debug, Default)]
pub(super) struct Associations {
    /// Device and user, ascending.
    by_device: Vec<(HolderId, HolderId)>,
    /// User and device, ascending.
    by_user: Vec<(HolderId, HolderId)>,
}

impl Associations {
    pub(super) fn of(numbered: &Numbered<'_>) -> Self {
        let mut by_device: Vec<_> = numbered
            .tables
            .iter()
            .filter(|table| table.associates())
            .flat_map(|table| {
                (0..table.table.rows())
                    .filter_map(|row| Some((table.device(row)?, table.user(row)?)))
            })
            .collect();
        by_device.sort_unstable();
        by_device.dedup();
        let mut by_user: Vec<_> = by_device.iter().map(|&(device, user)| (user, device)).collect();
        by_user.sort_unstable();
        Self { by_device, by_user }
    }

    /// The people known as users of a device.
    pub(super) fn users_of(&self, device: HolderId) -> impl Iterator<Item = HolderId> + '_ {
        others(&self.by_device, device)
    }

    /// The devices known to belong to a person.
    pub(super) fn devices_of(&self, user: HolderId) -> impl Iterator<Item = HolderId> + '_ {
        others(&self.by_user, user)
    }

    /// Those of the devices nobody is known to use.
    pub(super) fn unused(&self, devices: &HolderSet) -> HolderSet {
        devices.iter().filter(|&device| self.users_of(device).next().is_none()).collect()
    }

    /// Those of the people no device is known of.
    pub(super) fn without_device(&self, users: &HolderSet) -> HolderSet {
        users.iter().filter(|&user| self.devices_of(user).next().is_none()).collect()
    }
}

fn others(pairs: &[(HolderId, HolderId)], one: HolderId) -> impl Iterator<Item = HolderId> + '_ {
    let start = pairs.partition_point(|&(known, _)| known < one);
    pairs
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take_while(move |&&(known, _)| known == one)
        .map(|&(_, other)| other)
}
