use super::{Guard, Trip, View};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::numbers::{count, counted};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G122",
        title: "manifests or inventories have errors",
        explain: "A manifest or inventory with an error may say less than its author meant, and \
                  what it no longer says would look like licenses to take back. Mend the errors; \
                  `vpp validate` shows them with their places.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let errors: Vec<&Diagnostic> =
        view.survey.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    let Some(first) = errors.first() else { return vec![] };
    let many = counted(count(errors.len()), "error");
    let trip =
        Trip::block(format!("{many} in manifests and inventories, first: {}", first.message))
            .help("mend what `vpp validate` shows");
    vec![match first.labels.first() {
        Some(label) => trip.at(label.span),
        None => trip,
    }]
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, blocked};

    #[test]
    fn an_error_blocks_and_a_warning_does_not() {
        let plan = World::new().error("`year-7` has no column `serial`").plan();
        assert_eq!(blocked(&plan), ["VPP-G122"]);
        assert_eq!(plan.diagnostics[0].level, "error");
        let plan = World::new().warning("a duplicate").plan();
        assert!(plan.applyable && plan.guards.is_empty());
        assert_eq!(plan.diagnostics.len(), 1);
    }
}
