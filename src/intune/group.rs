use std::collections::BTreeSet;

use serde::Deserialize;

use super::Devices;

/// An Entra group and everybody in it, groups within it included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenGroup {
    /// Its name; `None` where there is no such group.
    pub title: Option<String>,
    /// Entra's ids of member devices, in lower case.
    pub devices: BTreeSet<String>,
    /// Entra's ids of member people.
    pub users: BTreeSet<String>,
}

impl SeenGroup {
    /// The devices an assignment to it reaches: members, and those of member people.
    pub fn managed(&self, devices: &Devices) -> BTreeSet<String> {
        let own = self.devices.iter().flat_map(|id| devices.of_entra(id));
        let theirs = self.users.iter().flat_map(|id| devices.of_user(id));
        own.chain(theirs).cloned().collect()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty() && self.users.is_empty()
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        self.devices.len() + self.users.len()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireGroup {
    pub(super) display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireMember {
    #[serde(rename = "@odata.type")]
    kind: String,
    id: String,
    #[serde(default)]
    device_id: Option<String>,
}

impl SeenGroup {
    pub(super) fn of(title: Option<String>, members: Vec<WireMember>) -> Self {
        let mut group = Self { title, ..Self::default() };
        for member in members {
            match member.kind.trim_start_matches("#microsoft.graph.") {
                "device" => {
                    group.devices.extend(member.device_id.map(|id| id.to_ascii_lowercase()));
                }
                "user" => {
                    group.users.insert(member.id);
                }
                // Groups within it come with their own members; contacts have no devices.
                _ => {}
            }
        }
        group
    }
}
