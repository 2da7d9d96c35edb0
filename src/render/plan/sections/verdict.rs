use super::{Sections, Totals};
use crate::plan::served::MdmLocationPlan;
use crate::plan::{GuardLevel, GuardOutcome, Plan};
use crate::render::number::{self, counted, grouped};

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
    /// In a word or two.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Nothing => "nothing to do",
            Self::Blocked { .. } => "blocked",
            Self::Incomplete { .. } => "incomplete",
        }
    }

    /// Whether `apply` would not take it.
    pub fn is_bad(&self) -> bool {
        match self {
            Self::Ready | Self::Nothing => false,
            Self::Blocked { .. } | Self::Incomplete { .. } => true,
        }
    }

    pub(super) fn of(plan: &Plan) -> Self {
        let blocks = plan.guards.iter().filter(|guard| {
            guard.level == GuardLevel::Block && guard.outcome == GuardOutcome::Tripped
        });
        let guards = number::count(blocks.count());
        let servers = plan.mdm_locations.iter().filter(|location| location.failed.is_some());
        let failed = plan.locations.iter().filter(|location| location.failed.is_some()).count()
            + servers.count();
        let errors = plan.diagnostics.iter().filter(|notice| notice.level == "error").count();
        if !plan.complete || failed > 0 {
            let (failed, of) = (
                number::count(failed),
                number::count(plan.locations.len() + plan.mdm_locations.len()),
            );
            return Self::Incomplete { failed, of, guards };
        }
        if !plan.applyable || guards > 0 || errors > 0 {
            return Self::Blocked { guards, errors: number::count(errors) };
        }
        let told = plan.mdm_locations.iter().any(MdmLocationPlan::has_steps);
        let moves = !plan.changes.is_empty() || told;
        let steps = plan.locations.iter().any(|location| {
            let users = &location.users;
            let seats = location.subscriptions.as_ref();
            location.claim.is_some()
                || seats.is_some_and(|seats| !seats.is_empty())
                || !(users.create.is_empty() && users.update.is_empty() && users.retire.is_empty())
        });
        if moves || steps { Self::Ready } else { Self::Nothing }
    }
}

impl Sections<'_> {
    /// The verdict in a sentence.
    pub fn verdict_said(&self) -> String {
        let guards = |guards: u64| counted(guards, "guard blocks", "guards block");
        match self.verdict {
            Verdict::Ready => "Nothing blocks this plan.".to_owned(),
            Verdict::Nothing => self.nothing(),
            Verdict::Blocked { guards: 0, errors: 0 } => {
                "The plan says of itself that it cannot be applied.".to_owned()
            }
            Verdict::Blocked { guards: tripped, errors } => {
                let mut why = vec![];
                if errors > 0 {
                    why.push(counted(errors, "error", "errors"));
                }
                if tripped > 0 {
                    why.push(guards(tripped));
                }
                let they = if tripped.saturating_add(errors) == 1 { "it is" } else { "they are" };
                let allowed = if tripped > 0 { " or allowed" } else { "" };
                let why = why.join(" and ");
                format!("{why}: nothing can be applied until {they} fixed{allowed}.")
            }
            Verdict::Incomplete { failed, of, guards: tripped } => {
                let said = match failed {
                    0 => "Not everything could be read.".to_owned(),
                    _ => format!(
                        "{} of {} could not be read.",
                        grouped(failed),
                        counted(of, "location", "locations")
                    ),
                };
                let besides =
                    if tripped > 0 { format!(" {}.", guards(tripped)) } else { String::new() };
                format!("{said}{besides} Nothing can be applied.")
            }
        }
    }

    fn nothing(&self) -> String {
        let Totals { assets_managed, unchanged, locations, going, .. } = &self.totals;
        let all = if self.left.is_empty() { "all " } else { "" };
        let seats = match self.seats.totals {
            Some(totals) => format!(" and {}", counted(totals.unchanged, "seat", "seats")),
            None => String::new(),
        };
        let one = *unchanged == 1 && seats.is_empty();
        let (all, are) = if one { ("the ", "is") } else { (all, "are") };
        let going = match going {
            0 => String::new(),
            1 => " 1 device has yet to remove an app.".to_owned(),
            going => format!(" {} devices have yet to remove an app.", grouped(*going)),
        };
        format!(
            "{} at {} checked: {all}{}{seats} {are} as wanted.{going}",
            self.assets(*assets_managed),
            counted(*locations, "location", "locations"),
            counted(*unchanged, "assignment", "assignments"),
        )
    }

    /// `3 apps`, or `3 apps and books` where the plan manages books too.
    pub fn assets(&self, number: u64) -> String {
        if self.books {
            counted(number, "app or book", "apps and books")
        } else {
            counted(number, "app", "apps")
        }
    }
}
