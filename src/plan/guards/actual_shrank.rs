use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::plan::numbers::{float, grouped, percent};

/// Percent of the assignments that may have gone since the last apply.
const MOST: f64 = 20.0;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G109",
        title: "far fewer assignments than the last apply left",
        explain: "A location holds over 20 % fewer assignments of its managed apps and books than \
                  when the last apply there had ended. Somebody or something else has taken them \
                  back: another service with the token, a mass retirement, or an answer of Apple's \
                  that is not whole. A plan made of it would give them all again, or build on \
                  what is missing. Find out what happened. If it is meant, add the allowance \
                  shown. Without memory of an earlier apply this guard has nothing to say.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let survey = view.survey;
    let mut trips = vec![];
    for (index, site) in survey.sites.iter().enumerate() {
        let Some(last) = site.last.filter(|_| site.open().is_some()) else { continue };
        let (mut then, mut now) = (0, 0);
        for (placed, at) in survey.at(index) {
            if let Some(held) = last.held.get(&placed.wanted.asset) {
                then += held.len();
                now += at.held.len();
            }
        }
        let gone = then.saturating_sub(now);
        if float(gone) * 100.0 <= MOST * float(then) {
            continue;
        }
        trips.push(
            Trip::block(format!(
                "{}: {} assignments are left of the {} that the apply of {} left: {} gone ({})",
                site.name(),
                grouped(now),
                grouped(then),
                last.at.strftime("%Y-%m-%d %H:%MZ"),
                grouped(gone),
                percent(gone, then.max(1))
            ))
            .location(site.name())
            .at(site.manifest.name.span)
            .help("find out who took them back: `vpp plan` names examples under drift")
            .reclaims(gone),
        );
    }
    trips
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, allowed, blocked, devices};

    /// Ten devices were left with the app, `now` of them have it still.
    fn left(now: u32) -> World {
        World::new()
            .group("year-7", devices(1..=10))
            .app("notability")
            .to("year-7")
            .owns(20)
            .held_by(devices(1..=now))
            .left_by("run-1", devices(1..=10))
    }

    #[test]
    fn more_than_a_fifth_gone_blocks() {
        let plan = left(7).plan();
        assert_eq!(blocked(&plan), ["VPP-G109"]);
        assert_eq!(
            plan.guards[0].message,
            "northfield: 7 assignments are left of the 10 that the apply of 2026-11-20 02:00Z left: \
             3 gone (30 %)"
        );
    }

    #[test]
    fn a_fifth_is_quiet_and_so_is_more_than_before() {
        assert!(blocked(&left(8).plan()).is_empty());
        assert!(blocked(&left(10).plan()).is_empty());
    }

    #[test]
    fn others_that_came_meanwhile_do_not_count_as_gone() {
        let plan = left(7).held_by(devices(11..=13)).plan();
        assert!(blocked(&plan).is_empty());
    }

    #[test]
    fn an_allowance_must_reach_what_is_gone() {
        let with = |number| {
            left(7).allow("G109", |allow| allow.app("northfield").reclaim_up_to(number)).plan()
        };
        assert_eq!(allowed(&with(3)), ["VPP-G109"]);
        assert_eq!(blocked(&with(2)), ["VPP-G109"]);
    }
}
