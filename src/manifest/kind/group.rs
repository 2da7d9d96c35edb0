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
    /// Fewer members than this block the plan.
    pub minimum: Option<At<u64>>,
    /// Free text.
    pub description: Option<String>,
}
