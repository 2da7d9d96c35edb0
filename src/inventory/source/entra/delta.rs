//! Delta links: whether a group has changed since its members were read, in one request instead of
//! as many as it has pages.
//!
//! Graph's delta tells changes of direct members only, so the link watches the group and all groups
//! nested in it, and where anything changed the members are read whole. Nothing is pieced together
//! from changes: what is remembered is only ever used as it was read.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Entra;
use super::graph::Graph;
use super::members::Members;
use crate::inventory::ask::{Request, Trouble};

/// As many groups one delta query takes.
const MOST: usize = 50;

/// Members are read whole this often, whatever Graph says.
const OLDEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is kept of a group for the next run.
#[derive(Serialize, Deserialize)]
struct Kept {
    link: String,
    members: Members,
    /// When the members were read.
    read_at: jiff::Timestamp,
}

impl Entra<'_> {
    fn key(&self, group: &str) -> String {
        let (tenant, client) = (&self.entra.tenant, &self.entra.client_id);
        format!("inventory/entra/1/{tenant}/{client}/{group}")
    }

    /// The members as they were read last, where nothing has changed since.
    pub(super) async fn unchanged(
        &self,
        graph: &Graph,
        group: &str,
    ) -> Result<Option<Members>, Trouble> {
        let environment = self.given.environment;
        let Some(memory) = &environment.memory else { return Ok(None) };
        let Some((text, _)) = memory.recall(&self.key(group)).await else { return Ok(None) };
        let Ok(mut kept) = serde_json::from_str::<Kept>(&text) else { return Ok(None) };
        let age = environment.now.duration_since(kept.read_at);
        let Some(url) = graph.address.link(&kept.link) else { return Ok(None) };
        if age > OLDEST || age.is_negative() {
            return Ok(None);
        }
        let mut changed = 0_u32;
        let asked = graph.pages(Request::get(url), "changes of a group", |_: serde_json::Value| {
            changed += 1;
            Ok(())
        });
        let link = match asked.await {
            Ok((_, Some(link))) if changed == 0 => link,
            // The link is too old, or anything moved: the members are read whole.
            Ok(_) | Err(Trouble::Refused { .. } | Trouble::Incomplete(_)) => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        kept.link = link;
        if let Ok(text) = serde_json::to_string(&kept) {
            memory.remember(&self.key(group), &text, environment.now).await;
        }
        Ok(Some(kept.members))
    }

    /// A link that will tell what changes from now on; `None` where nothing is remembered, or the
    /// groups are more than a query takes.
    pub(super) async fn mark(
        &self,
        graph: &Graph,
        group: &str,
        nested: &[String],
    ) -> Result<Option<String>, Trouble> {
        if self.given.environment.memory.is_none() || nested.len() >= MOST {
            return Ok(None);
        }
        let ids = [group].into_iter().chain(nested.iter().map(String::as_str));
        let filter: Vec<String> = ids.map(|id| format!("id eq '{id}'")).collect();
        let filter = filter.join(" or ");
        let query = [("$select", "members"), ("$filter", filter.as_str())];
        let request = graph.at(&["groups", "delta"], &query);
        let (_, link) =
            graph.pages(request, "changes of a group", |_: serde_json::Value| Ok(())).await?;
        Ok(link)
    }

    pub(super) async fn keep(&self, group: &str, link: String, members: &Members) {
        let environment = self.given.environment;
        let Some(memory) = &environment.memory else { return };
        let kept = Kept { link, members: members.clone(), read_at: environment.now };
        if let Ok(text) = serde_json::to_string(&kept) {
            memory.remember(&self.key(group), &text, environment.now).await;
        }
    }
}
