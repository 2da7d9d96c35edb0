use super::{Guard, Trip, View};
use crate::actual::Stock;
use crate::diagnostic::Code;
use crate::manifest::kind::Share;
use crate::plan::Action;
use crate::plan::numbers::{counted, float, percent, trimmed};

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G121",
        title: "few licenses left",
        explain: "After this plan fewer licenses of an asset are free than the policy's `stock` \
                  asks for. Buy more before they run out.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for rule in survey.manifests.policies.iter().filter_map(|policy| policy.stock.as_ref()) {
        for placed in &survey.placed {
            for at in placed.at.iter().filter(|at| at.open) {
                let Some(Stock::Limited { total, available, retired: _ }) =
                    at.owned.map(|owned| owned.stock)
                else {
                    continue;
                };
                let free = available.saturating_add(at.reclaimed(Action::Release));
                let free = free.saturating_sub(at.assigned());
                let Some(bound) = below(rule.value.warn_below, free, total) else { continue };
                let name = &placed.wanted.name;
                trips.push(
                    Trip::warn(format!(
                        "{name}: {} left after this plan ({} of {total}, warned below {bound})",
                        counted(free, "license"),
                        percent(free, total.max(1))
                    ))
                    .subject(name)
                    .location(survey.site_name(at.site))
                    .at(rule.span)
                    .help("buy more before they run out"),
                );
            }
        }
    }
    trips
}

/// The bound that so many free licenses are below, if any.
fn below(bound: Share, free: u64, total: u64) -> Option<String> {
    let Share { percent, count } = bound;
    let by_count = count.filter(|count| free < *count).map(|count| count.to_string());
    let share = percent.filter(|percent| float(free) * 100.0 < percent * float(total));
    by_count.or_else(|| share.map(|percent| format!("{} %", trimmed(percent))))
}

#[cfg(test)]
mod tests {
    use crate::manifest::kind::Share;
    use crate::plan::world::{World, devices, warned};

    /// One of `owned` licenses is given.
    fn with(percent: Option<f64>, count: Option<u64>, owned: u64) -> crate::plan::Plan {
        World::new()
            .group("year-7", devices(1..=1))
            .app("notability")
            .to("year-7")
            .owns(owned)
            .stock(Share { percent, count })
            .plan()
    }

    #[test]
    fn fewer_free_licenses_than_the_bound_are_warned_of() {
        assert_eq!(warned(&with(None, Some(5), 5)), ["VPP-G121"]);
        assert_eq!(warned(&with(Some(90.0), None, 9)), ["VPP-G121"]);
    }

    #[test]
    fn at_the_bound_it_is_quiet() {
        assert!(warned(&with(None, Some(4), 5)).is_empty());
        assert!(warned(&with(Some(90.0), None, 10)).is_empty());
    }
}
