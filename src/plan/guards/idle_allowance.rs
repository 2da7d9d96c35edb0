use super::allowance::{place, today};
use super::{Guard, Trip, View, named};
use crate::diagnostic::Code;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G125",
        title: "allowance without effect",
        explain: "An allowance of a policy names a guard that does not exist or that nothing can \
                  waive, or its last day has passed. It does nothing: correct it or take it out, \
                  so that nobody relies on it.",
    },
    waivable: false,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for allowance in survey.manifests.policies.iter().flat_map(|policy| &policy.allow) {
        let code = &allowance.guard.value;
        let until = allowance.until.value;
        let why = match named(code) {
            None => format!("there is no guard `{code}`"),
            Some(guard) if !guard.waivable => {
                format!("nothing waives {} ({})", guard.code.id, guard.code.title)
            }
            Some(_) if until < today(survey) => format!("it ended on {until}"),
            Some(_) => continue,
        };
        trips.push(
            Trip::warn(format!(
                "the allowance at {} does nothing: {why}",
                place(survey, allowance)
            ))
            .at(allowance.span)
            .help("correct it or take it out"),
        );
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, warned};

    #[test]
    fn unknown_unwaivable_and_ended_ones_are_warned_of() {
        let warn = |guard: &str, until: &str| {
            warned(&World::new().allow(guard, |allow| allow.until(until)).plan()).len()
        };
        assert_eq!(warn("G999", "2027-01-01"), 1);
        assert_eq!(warn("G117", "2027-01-01"), 1);
        assert_eq!(warn("G104", "2026-11-20"), 1);
        assert_eq!(warn("G104", "2026-11-21"), 0);
    }
}
