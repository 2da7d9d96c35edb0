use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::license::HolderSet;
use crate::manifest::kind::WhenShort;
use crate::plan::examples::examples;
use crate::plan::numbers::{counted, grouped};
use crate::plan::survey::Placed;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G104",
        title: "not enough licenses",
        explain: "More holders are wanted than there are licenses, counting those free now and \
                  those this plan releases. A license that an uninstall of this plan will free is \
                  not counted before it is proven: who waits for one is a warning, who gets none \
                  at all blocks the plan. Buy licenses, name fewer holders, or write `whenShort: \
                  fill` to give as many as there are: entries in order, then holders in order. An \
                  allowance does the same for a time.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let placed = view.survey.placed.iter();
    placed
        .filter(|placed| placed.at.iter().any(|at| at.owned.is_some()))
        .filter_map(|placed| trip(view, placed))
        .chain(super::seats::short(view))
        .collect()
}

fn trip(view: &View<'_>, placed: &Placed<'_>) -> Option<Trip> {
    let (without, waits, gets) = (placed.short.without(), placed.short.waits(), placed.assigns());
    let name = &placed.wanted.name;
    let blocks = without > 0 && placed.wanted.when_short == WhenShort::Block;
    if !blocks && (waits == 0 || without > 0) {
        return None;
    }
    let wants = counted(placed.pending, "holder");
    let trip = if blocks {
        let later = if waits == 0 {
            String::new()
        } else {
            format!(", {} more once uninstalls are proven", grouped(waits))
        };
        Trip::block(format!(
            "{name}: {wants} to assign, licenses for {}{later}; {} would go without",
            grouped(gets),
            grouped(without)
        ))
        .help(format!("buy {}, or narrow the entries", counted(without, "license")))
        .help("or write `whenShort: fill` to give as many as there are, in order")
    } else {
        Trip::warn(format!(
            "{name}: {wants} to assign, licenses for {}; {} wait until uninstalls of this plan \
             are proven",
            grouped(gets),
            grouped(waits)
        ))
        .help("apply again later: they are given as the licenses come back")
    };
    let mut missing = HolderSet::new();
    for entry in &placed.short.entries {
        missing |= if blocks { &entry.without } else { &entry.waits };
    }
    let who = who(placed);
    let site = placed.at.get(placed.short.home).map(|at| view.survey.site_name(at.site));
    let trip = who.into_iter().fold(trip, Trip::help);
    Some(
        trip.subject(name)
            .location(site.unwrap_or_default())
            .at(placed.wanted.span)
            .examples(examples(view.survey.roster, &missing))
            .assigns(gets),
    )
}

/// Who gets a license and who does not, by entry in their order.
fn who(placed: &Placed<'_>) -> Vec<String> {
    let mut lines = vec![];
    for entry in &placed.wanted.entries {
        let (mut gets, mut waits, mut without) = (0, 0, 0);
        for at in &placed.at {
            let given = at.assigns.iter().map(|(_, holders)| holders);
            gets += given.map(|holders| holders.intersection_len(&entry.holders)).sum::<u64>();
        }
        for short in &placed.short.entries {
            waits += short.waits.intersection_len(&entry.holders);
            without += short.without.intersection_len(&entry.holders);
        }
        let parts: Vec<String> = [(gets, "get one"), (waits, "wait"), (without, "go without")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, does)| format!("{} {does}", grouped(number)))
            .collect();
        if !parts.is_empty() {
            lines.push(format!("entry `{}`: {}", entry.group, parts.join(", ")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, blocked, devices, warned};

    #[test]
    fn fewer_licenses_than_wanted_block_and_name_who_goes_without() {
        let plan = World::new()
            .group("year-7", devices(1..=3))
            .group("art", devices(4..=6))
            .app("procreate")
            .to("year-7")
            .to("art")
            .owns(4)
            .plan();
        assert_eq!(blocked(&plan), ["VPP-G104"]);
        let guard = &plan.guards[0];
        assert_eq!(
            guard.message,
            "procreate: 6 holders to assign, licenses for 4; 2 would go without"
        );
        assert!(guard.help.contains(&"entry `year-7`: 3 get one".to_owned()), "{:?}", guard.help);
        assert!(guard.help.contains(&"entry `art`: 1 get one, 2 go without".to_owned()));
        let mut without = guard.examples.clone();
        without.sort();
        assert_eq!(without, ["D005", "D006"]);
        assert_eq!((plan.summary.assign, plan.summary.short), (4, 2));
    }

    #[test]
    fn enough_licenses_or_an_unlimited_stock_do_not_block() {
        let world = || World::new().group("year-7", devices(1..=3)).app("procreate").to("year-7");
        assert!(blocked(&world().owns(3).plan()).is_empty());
        assert!(blocked(&world().unlimited().plan()).is_empty());
        assert!(blocked(&world().fill().owns(1).plan()).is_empty());
    }

    #[test]
    fn licenses_that_uninstalls_will_free_are_waited_for() {
        let plan = World::new()
            .group("year-7", devices(1..=2))
            .group("year-6", devices(3..=4))
            .app("procreate")
            .to("year-7")
            .uninstall("year-6")
            .held_by(devices(3..=4))
            .owns(2)
            .plan();
        assert_eq!((blocked(&plan).len(), warned(&plan)), (0, vec!["VPP-G104"]));
        assert_eq!((plan.summary.assign, plan.summary.uninstall, plan.summary.short), (0, 2, 2));
    }
}
