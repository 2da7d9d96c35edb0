//! One broken plan per invariant, each found by that invariant.

use super::{LINTS, lint};
use crate::actual::Stock;
use crate::license::UserDetails;
use crate::license::{AssetKind, ClientUserId, SerialNumber};
use crate::manifest::kind::ReclaimMode;
use crate::plan::world::{NORTH, World, devices, owner, users};
use crate::plan::{Action, Carried, InactionKind, Plan};

/// A release of D009 and D008, assigns to D001 … D003 and to ada, who is registered.
fn sound() -> Plan {
    World::new()
        .group("year-7", devices(1..=3))
        .group("staff", users(["ada"]))
        .app("notability")
        .to("year-7")
        .to("staff")
        .reclaim(ReclaimMode::Release)
        .held_by(devices(8..=9))
        .owns(9)
        .plan()
}

/// The names of what is found once the plan is broken.
fn found(break_it: impl FnOnce(&mut Plan)) -> Vec<&'static str> {
    let mut plan = sound();
    break_it(&mut plan);
    let mut names: Vec<_> = lint(&plan).into_iter().map(|finding| finding.lint).collect();
    names.dedup();
    names
}

fn assign(plan: &mut Plan) -> &mut crate::plan::Change {
    plan.changes.iter_mut().find(|change| change.action == Action::Assign).unwrap()
}

fn serial(text: &str) -> SerialNumber {
    text.parse().unwrap()
}

#[test]
fn a_sound_plan_has_no_findings() {
    assert_eq!(lint(&sound()), []);
    let names: std::collections::BTreeSet<_> = LINTS.iter().map(|lint| lint.name).collect();
    assert_eq!(names.len(), LINTS.len());
}

#[test]
fn summary_adds_up() {
    assert_eq!(found(|plan| plan.summary.assign += 1), ["summary-adds-up"]);
    assert_eq!(found(|plan| plan.summary.assets_managed = 0), ["summary-adds-up"]);
}

#[test]
fn fingerprint_matches() {
    assert_eq!(found(|plan| plan.fingerprint.replace_range(5..6, "x")), ["fingerprint-matches"]);
}

#[test]
fn flags_hold() {
    assert_eq!(found(|plan| plan.complete = false), ["flags-hold"]);
    assert_eq!(found(|plan| plan.applyable = false), ["flags-hold"]);
}

#[test]
fn unchanged_adds_up() {
    let names = found(|plan| plan.locations[0].licenses[0].desired += 1);
    assert_eq!(names, ["unchanged-adds-up"]);
}

#[test]
fn changes_have_a_place() {
    assert!(found(|plan| plan.locations[0].licenses.clear()).contains(&"changes-have-a-place"));
    let names = found(|plan| plan.locations[0].failed = Some("gone".to_owned()));
    assert!(names.contains(&"changes-have-a-place"));
}

#[test]
fn changes_in_order() {
    assert_eq!(found(|plan| plan.changes.reverse()), ["changes-in-order"]);
}

#[test]
fn holders_sorted() {
    assert_eq!(found(|plan| assign(plan).devices.reverse()), ["holders-sorted"]);
    let twice = |plan: &mut Plan| assign(plan).devices.push(serial("D003"));
    assert!(found(twice).contains(&"holders-sorted"));
    let empty = |plan: &mut Plan| assign(plan).devices.clear();
    assert!(found(empty).contains(&"holders-sorted"));
}

#[test]
fn no_pair_twice() {
    let twice = |plan: &mut Plan| {
        let mut other = assign(plan).clone();
        other.cause.line += 100;
        plan.changes.push(other);
    };
    let names = found(twice);
    assert!(names.contains(&"no-pair-twice") && !names.contains(&"no-pair-both-ways"));
}

#[test]
fn no_pair_both_ways() {
    let names = found(|plan| assign(plan).devices.push(serial("D009")));
    assert!(names.contains(&"no-pair-both-ways") && !names.contains(&"no-pair-twice"));
}

#[test]
fn books_to_people() {
    assert_eq!(found(|plan| assign(plan).kind = AssetKind::Book), ["books-to-people"]);
}

#[test]
fn foreign_untouched() {
    let foreign = World::new().at(NORTH, |site| site.owner = Some(owner("them"))).plan();
    let names = found(|plan| {
        plan.guards.clone_from(&foreign.guards);
        plan.applyable = false;
    });
    assert_eq!(names, ["foreign-untouched"]);
}

#[test]
fn rows_add_up() {
    let names = found(|plan| plan.locations[0].licenses[0].uninstall += 1);
    assert_eq!(names, ["rows-add-up"]);
}

#[test]
fn licenses_suffice() {
    let too_few = Stock::Limited { total: 3, available: 1, retired: 0 };
    let names = found(|plan| {
        plan.locations[0].licenses[0].stock = Some(too_few);
        plan.locations[0].licenses[0].free_after = Some(0);
    });
    assert_eq!(names, ["licenses-suffice"]);
    let names = found(|plan| plan.locations[0].licenses[0].free_after = None);
    assert_eq!(names, ["licenses-suffice"]);
}

#[test]
fn short_is_explained() {
    let mut kept = World::new().app("notability").owns(9).held_by(devices(1..=1)).plan();
    kept.inactions[0].kind = InactionKind::Short;
    let names = found(|plan| plan.inactions.clone_from(&kept.inactions));
    assert_eq!(names, ["short-is-explained"]);
}

#[test]
fn people_once() {
    let ada = || ClientUserId::new("ada").unwrap();
    let names = found(|plan| plan.locations[0].users.retire.push(ada()));
    assert!(names.contains(&"people-once"));
    let again = || UserDetails { client_user_id: ada(), email: None, managed_apple_id: None };
    let names = found(|plan| plan.locations[0].users.create.push(again()));
    assert!(names.contains(&"people-once"));
}

#[test]
fn claim_only_unclaimed() {
    let names = found(|plan| plan.locations[0].claim = Some(owner("us")));
    assert!(names.contains(&"claim-only-unclaimed"));
}

#[test]
fn reclaims_of_earlier_runs_go_on_or_end() {
    let broken = |break_it: fn(&mut Carried)| {
        let mut plan = World::new()
            .group("year-7", devices(1..=3))
            .app("notability")
            .to("year-7")
            .reclaim(ReclaimMode::Uninstall)
            .held_by(devices(1..=9))
            .owns(9)
            .begun("2026-11-20T09:00:00Z", devices(3..=5), |_| ())
            .plan();
        assert_eq!(lint(&plan), []);
        break_it(&mut plan.carried[0]);
        lint(&plan).into_iter().map(|finding| finding.lint).collect::<Vec<_>>()
    };
    assert_eq!(broken(|row| row.count += 1), ["under-way-adds-up"]);
    assert_eq!(broken(|row| row.wanted_again += 1), ["under-way-adds-up"]);
    let too_many = |row: &mut Carried| {
        row.stages[0].count = 7;
        row.count = 8;
    };
    assert_eq!(broken(too_many), ["under-way-adds-up"]);
}

#[test]
fn only_given_apps_are_installed() {
    let name = "only-given-apps-are-installed";
    assert!(!found(|plan| assign(plan).install = true).contains(&name));
    assert!(found(|plan| plan.changes[0].install = true).contains(&name));
    let book = |plan: &mut Plan| {
        assign(plan).install = true;
        assign(plan).kind = AssetKind::Book;
    };
    assert!(found(book).contains(&name));
}
