use crate::plan::{GuardLevel, GuardOutcome, Plan};
use crate::render::number;

/// Whether a plan can be applied: the first thing a reviewer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// `apply` would take it.
    Ready,
    /// Everything is as wanted.
    Nothing,
    /// Something forbids it.
    Blocked {
        /// Guards that block.
        guards: u64,
        /// Errors in the manifests.
        errors: u64,
    },
    /// Not everything could be read.
    Incomplete {
        /// Locations that could not be read.
        failed: u64,
        /// All locations.
        of: u64,
        /// Guards that block besides.
        guards: u64,
    },
}

impl Verdict {
    pub(super) fn of(plan: &Plan) -> Self {
        let blocks = plan.guards.iter().filter(|guard| {
            guard.level == GuardLevel::Block && guard.outcome == GuardOutcome::Tripped
        });
        let guards = number::count(blocks.count());
        let failed = plan.locations.iter().filter(|location| location.failed.is_some()).count();
        let errors = plan.diagnostics.iter().filter(|notice| notice.level == "error").count();
        if !plan.complete || failed > 0 {
            let (failed, of) = (number::count(failed), number::count(plan.locations.len()));
            return Self::Incomplete { failed, of, guards };
        }
        if !plan.applyable || guards > 0 || errors > 0 {
            return Self::Blocked { guards, errors: number::count(errors) };
        }
        let moves = !plan.changes.is_empty();
        let steps = plan.locations.iter().any(|location| {
            let users = &location.users;
            location.claim.is_some()
                || !(users.create.is_empty() && users.update.is_empty() && users.retire.is_empty())
        });
        if moves || steps { Self::Ready } else { Self::Nothing }
    }
}
