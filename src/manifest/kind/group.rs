use super::EntraGroup;
use crate::diagnostic::At;
use crate::license::{ClientUserId, SerialNumber};

/// A named set of holders.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name among the manifests.
    pub name: At<String>,
    /// Devices named one by one (duplicates already dropped, with a warning).
    pub devices: Vec<At<SerialNumber>>,
    /// People named one by one.
    pub users: Vec<At<ClientUserId>>,
    /// Inventory the members come from.
    pub from: Option<At<String>>,
    /// CEL condition over that inventory's columns; every row where it is absent.
    pub filter: Option<At<String>>,
    /// Groups whose members are members here too.
    pub include: Vec<At<String>>,
    /// What it is at Entra, for locations whose server owns the token.
    pub entra_group: Option<At<EntraGroup>>,
    /// Fewer members than this block the plan.
    pub minimum: Option<At<u64>>,
    /// Free text.
    pub description: Option<String>,
}

impl Group {
    /// Whether nobody is known to be in it but Entra.
    pub fn is_only_entra(&self) -> bool {
        let Self { devices, users, from, include, .. } = self;
        self.entra_group.is_some()
            && devices.is_empty()
            && users.is_empty()
            && from.is_none()
            && include.is_empty()
    }
}
