use super::Sections;
use crate::plan::Plan;
use crate::render::number::{count, counted, grouped};

impl Sections<'_> {
    /// When the plan was read, what that took, and how much of it is older.
    pub(in crate::render) fn read_said(&self, plan: &Plan) -> String {
        let requests = counted(self.cost.read_requests, "request", "requests");
        let apple = plan.locations.iter().filter_map(|location| location.read_at);
        let servers = plan.mdm_locations.iter().filter_map(|location| location.read_at);
        let Some(at) = apple.chain(servers).max() else {
            return format!("nothing read in {requests}");
        };
        let all = plan.locations.len() + plan.mdm_locations.len();
        let at = at.strftime("%Y-%m-%d %H:%M:%SZ");
        let since: Vec<_> = plan.locations.iter().filter_map(|one| one.read_since).collect();
        let part = match (since.iter().min(), since.len() == all) {
            (None, _) => String::new(),
            (Some(first), true) => {
                format!(", only what changed since {}", first.strftime("%Y-%m-%d"))
            }
            (Some(_), false) => {
                let some = grouped(count(since.len()));
                format!(", of {some} of them only what changed")
            }
        };
        format!("read {at} in {requests}{part}")
    }
}
