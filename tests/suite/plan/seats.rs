//! A plan whose seats contradict each other is found out by the invariant it breaks.

use vpp::actual::{SeatCounts, SeatSplit};
use vpp::license::ClientUserId;
use vpp::manifest::kind::ReclaimMode;
use vpp::plan::{
    Action, AdministratorAction, AdministratorChange, Plan, SeatAction, SeatChange, SeatRow,
    SubscriptionPlan, fingerprint, lint,
};

use super::world::{World, devices, users};

fn user(id: &str) -> ClientUserId {
    ClientUserId::new(id).unwrap()
}

/// A plan in which a seat of `tutor` goes from bob to ada.
fn seated() -> Plan {
    let mut plan = World::new()
        .group("year-7", devices(1..=3))
        .group("staff", users(["ada"]))
        .app("notability")
        .to("year-7")
        .to("staff")
        .reclaim(ReclaimMode::Release)
        .owns(9)
        .plan();
    let adam_id = "1590000001".parse().unwrap();
    let given = plan.changes.iter().find(|change| change.action == Action::Assign).unwrap();
    let cause = given.cause.clone();
    let change = |action, who: &str| SeatChange {
        adam_id,
        name: "tutor".to_owned(),
        action,
        cause: cause.clone(),
        users: vec![user(who)],
        origin: None,
    };
    let one = SeatSplit { renewing: 1, expiring: 0 };
    let none = SeatSplit::default();
    let row = SeatRow {
        adam_id,
        name: "tutor".to_owned(),
        status: None,
        period_end: None,
        counts: Some(SeatCounts { assigned: one, available: none, total: one }),
        desired: 1,
        kept: 0,
        assign: 1,
        change: 0,
        release: 1,
        release_later: 0,
        short: 0,
        waiting: 0,
        free_after: none,
    };
    plan.locations[0].subscriptions = Some(SubscriptionPlan {
        changes: vec![
            change(SeatAction::Release, "bob"),
            change(SeatAction::AssignRenewing, "ada"),
        ],
        seats: vec![row],
        ..SubscriptionPlan::default()
    });
    plan
}

/// What is found besides sums and the fingerprint, which follow from the rest.
fn findings(plan: &mut Plan) -> Vec<&'static str> {
    plan.fingerprint = fingerprint(plan);
    let mut names: Vec<_> = lint(plan).into_iter().map(|finding| finding.lint).collect();
    names.retain(|name| *name != "summary-adds-up");
    names.dedup();
    names
}

fn found(break_it: impl FnOnce(&mut SubscriptionPlan)) -> Vec<&'static str> {
    let mut plan = seated();
    break_it(plan.locations[0].subscriptions.as_mut().unwrap());
    findings(&mut plan)
}

#[test]
fn sound_seats_have_no_findings() {
    assert_eq!(findings(&mut seated()), Vec::<&str>::new());
}

#[test]
fn nobody_is_in_two_changes_of_one_subscription() {
    assert_eq!(found(|seats| seats.changes.reverse()), ["seats-once"], "out of order");
    let names = found(|seats| {
        let bob = seats.changes[0].users.clone();
        seats.changes[1].users = bob;
    });
    assert_eq!(names, ["seats-once"], "bob loses what bob gets");
    let names = found(|seats| {
        seats.administrators.push(AdministratorChange {
            adam_id: seats.seats[0].adam_id,
            name: "tutor".to_owned(),
            action: AdministratorAction::Add,
            file: "vpp.yaml".to_owned(),
            line: 1,
            users: vec![user("ada"), user("ada")],
        });
    });
    assert_eq!(names, ["seats-once"], "an administrator twice");
    let mut plan = seated();
    plan.locations[0].users.retire.push(user("ada"));
    assert!(findings(&mut plan).contains(&"seats-once"), "who is retired gets no seat");
}

#[test]
fn rows_of_seats_say_what_their_changes_say() {
    for names in [
        found(|seats| seats.seats[0].change = 1),
        found(|seats| seats.seats[0].desired = 2),
        found(|seats| seats.unchanged = 1),
        found(|seats| seats.seats.clear()),
    ] {
        assert_eq!(names, ["seats-add-up"]);
    }
}

#[test]
fn no_more_seats_are_given_than_there_are() {
    // Nobody gives theirs back, and none is free.
    let names = found(|seats| {
        seats.changes.remove(0);
        seats.seats[0].release = 0;
    });
    assert_eq!(names, ["seats-suffice"]);
    assert_eq!(found(|seats| seats.enable = true), ["seats-suffice"]);
}
