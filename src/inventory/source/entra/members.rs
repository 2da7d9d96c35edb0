use serde::{Deserialize, Serialize};

use super::Entra;
use super::graph::Graph;
use crate::inventory::ask::Trouble;

/// The members of one group, also through nested groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Members {
    /// Devices, by the id Intune knows them under (`deviceId`).
    pub(super) devices: Vec<String>,
    /// People.
    pub(super) users: Vec<User>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default, rename = "userPrincipalName")]
    pub(super) principal_name: Option<String>,
    #[serde(default)]
    pub(super) mail: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    id: String,
    #[serde(default)]
    device_id: Option<String>,
}

#[derive(Deserialize)]
struct Nested {
    id: String,
}

impl Entra<'_> {
    /// The members of a group: those remembered where Graph says that nothing has changed since.
    pub(super) async fn members(&self, graph: &Graph, group: &str) -> Result<Members, Trouble> {
        if self.given.environment.memory.is_none() {
            return graph.members(group).await;
        }
        if let Some(known) = self.unchanged(graph, group).await? {
            return Ok(known);
        }
        // The mark comes first: what changes while the members are read is seen next time.
        let nested = graph.nested(group).await?;
        let mark = self.mark(graph, group, &nested).await?;
        let members = graph.members(group).await?;
        // A group nested meanwhile is not among those the mark watches.
        if let Some(mark) = mark
            && graph.nested(group).await? == nested
        {
            self.keep(group, mark, &members).await;
        }
        Ok(members)
    }
}

impl Graph {
    async fn members(&self, group: &str) -> Result<Members, Trouble> {
        let path = ["groups", group, "transitiveMembers", "microsoft.graph.device"];
        let what = format!("devices of group {group}");
        let listed: Vec<Device> =
            self.counted(&path, "id,deviceId", &what, |device: &Device| &device.id).await?;
        let mut devices = Vec::with_capacity(listed.len());
        for Device { id, device_id } in listed {
            let Some(device_id) = device_id.filter(|id| !id.is_empty()) else {
                // Graph hides what an application may not see, and still lists and counts it.
                let said =
                    format!(": it does not show the deviceId of {id}; Device.Read.All is needed");
                let call = format!("GET /v1.0/groups/{group}/transitiveMembers");
                return Err(Trouble::Refused { call, status: 403, said });
            };
            // Intune and Entra may write the same id in different cases.
            devices.push(device_id.to_ascii_lowercase());
        }
        let path = ["groups", group, "transitiveMembers", "microsoft.graph.user"];
        let what = format!("people of group {group}");
        let select = "id,userPrincipalName,mail";
        let users = self.counted(&path, select, &what, |user: &User| &user.id).await?;
        Ok(Members { devices, users })
    }

    /// The groups nested in a group, sorted.
    async fn nested(&self, group: &str) -> Result<Vec<String>, Trouble> {
        let path = ["groups", group, "transitiveMembers", "microsoft.graph.group"];
        let what = format!("groups of group {group}");
        let nested: Vec<Nested> =
            self.counted(&path, "id", &what, |nested: &Nested| &nested.id).await?;
        let mut nested: Vec<String> = nested.into_iter().map(|nested| nested.id).collect();
        nested.sort_unstable();
        Ok(nested)
    }
}
