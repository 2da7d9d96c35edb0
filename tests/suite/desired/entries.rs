use vpp::license::AssetKind;

use crate::inventory::world::{Outcome, World, only};

const DEVICES: &str = "serial,owner,grade\n\
                       S1,ann,7\n\
                       S2,bob,7\n\
                       S3,,8\n\
                       S4,ann,8\n";

fn school() -> World {
    let mut world = World::new();
    world.csv("devices", "serial=serial user=owner", DEVICES);
    world.filtered("year-7", "devices", r#"row.grade == "7""#);
    world.filtered("year-8", "devices", r#"row.grade == "8""#);
    world.filtered("all", "devices", "");
    world.users("teachers", &["ann", "cid"]);
    world.devices("loaners", &["S1", "S4"]);
    world
}

fn app(assign: &[&str], except: &[&str]) -> Outcome {
    let mut world = school();
    world.app("1", assign, except);
    world.resolve()
}

fn entries(assign: &[&str], except: &[&str]) -> Vec<String> {
    app(assign, except).entries(0)
}

#[test]
fn licenses_go_to_members_or_to_the_kind_of_holder_that_is_written() {
    assert_eq!(entries(&["year-7"], &[]), ["S1 S2"]);
    assert_eq!(entries(&["year-7:user"], &[]), ["ann bob"]);
    assert_eq!(entries(&["teachers"], &[]), ["ann cid"]);
    assert_eq!(entries(&["teachers:device"], &[]), ["S1 S4"]);
    assert_eq!(entries(&["teachers:user"], &[]), ["ann cid"]);
    assert_eq!(entries(&["year-7:device"], &[]), ["S1 S2"]);
}

#[test]
fn books_go_to_people() {
    let mut world = school();
    world.asset(AssetKind::Book, "1", &["year-7", "teachers"], &["loaners"]);
    assert_eq!(world.resolve().entries(0), ["bob", "cid"]);
}

#[test]
fn required_comes_before_available_and_available_before_uninstall() {
    let outcome = app(&["all:uninstall", "year-7:available", "loaners"], &[]);
    assert_eq!(outcome.entries(0), ["S3", "S2", "S1 S4"]);
    assert_eq!(entries(&["year-7", "all"], &[]), ["S1 S2", "S3 S4"]);
    assert_eq!(entries(&["all", "year-7"], &[]), ["S1 S2 S3 S4", ""]);
    let named: Vec<u64> =
        outcome.resolved.desired.assets[0].entries.iter().map(|entry| entry.named).collect();
    assert_eq!(named, [4, 2, 2]);
}

#[test]
fn a_clash_of_giving_and_taking_is_one_warning_that_names_both_lines() {
    let outcome = app(&["all:uninstall", "year-7:available"], &[]);
    let found = only(&outcome.resolved.diagnostics);
    assert!(
        found.starts_with(
            "VPP-D005: `app-1` means both `available` and `uninstall` for 2 devices, and \
             `available` wins: `S1`, `S2`\n"
        ),
        "{found}"
    );
    let entries = &outcome.resolved.desired.assets[0].entries;
    let spans: Vec<_> =
        outcome.resolved.diagnostics[0].labels.iter().map(|label| label.span).collect();
    assert_eq!(spans, [entries[0].span, entries[1].span]);
    assert!(!outcome.resolved.diagnostics[0].is_error());
}

#[test]
fn there_is_no_clash_where_both_mean_a_license_or_except_settles_it() {
    assert!(app(&["all", "year-7:available"], &[]).codes().is_empty());
    assert!(app(&["year-7", "year-8:uninstall"], &[]).codes().is_empty());
    assert!(app(&["year-7", "loaners:uninstall"], &["loaners"]).codes().is_empty());
    assert_eq!(app(&["year-7", "loaners:uninstall"], &[]).codes(), ["VPP-D005"]);
}

#[test]
fn except_beats_every_entry() {
    let outcome = app(&["all", "loaners:uninstall"], &["loaners", "teachers"]);
    assert_eq!(outcome.entries(0), ["S2 S3", ""]);
    let asset = &outcome.resolved.desired.assets[0];
    assert_eq!(outcome.names(&asset.except), ["S1", "S4", "ann", "cid"]);
    let lines: Vec<_> = asset
        .except_lines
        .iter()
        .map(|(group, _, holders)| (group.as_str(), holders.len()))
        .collect();
    assert_eq!(lines, [("loaners", 2), ("teachers", 2)]);
}

#[test]
fn except_follows_the_entries_from_devices_to_users_and_back() {
    // Ann's loaners would get the app through her own license.
    assert_eq!(entries(&["year-7:user"], &["loaners"]), ["bob"]);
    assert_eq!(entries(&["year-7:device"], &["teachers"]), ["S2"]);
    // Nothing here goes from one kind to the other.
    assert_eq!(entries(&["year-7"], &["teachers"]), ["S1 S2"]);
    assert_eq!(entries(&["teachers"], &["loaners"]), ["ann cid"]);
    // What is taken out is taken out of every entry of the app.
    assert_eq!(entries(&["teachers", "year-7:user"], &["loaners"]), ["cid", "bob"]);
}

#[test]
fn nobody_is_nobody_and_the_data_for_the_guards_is_there() {
    let mut world = school();
    world.app("1", &[], &[]);
    world.app("2", &["empty"], &[]);
    world.devices("empty", &[]);
    let outcome = world.resolve();
    let [first, second] = &outcome.resolved.desired.assets[..] else { panic!() };
    assert!(first.entries.is_empty() && second.entries[0].named == 0);
    assert_eq!(first.assign_span, world.manifests.assets[0].assign_span);
}

#[test]
fn devices_nobody_uses_are_warned_of_once_a_group() {
    let mut world = school();
    for adam_id in ["1", "2", "3", "4", "5", "6"] {
        world.app(adam_id, &["all:user"], &[]);
    }
    let outcome = world.resolve();
    let found = only(&outcome.resolved.diagnostics);
    assert!(found.starts_with("VPP-D006: 1 device of group `all` have no known user"), "{found}");
    assert!(found.contains("`S3`") && found.contains("2 more entries ask for the same"), "{found}");
}

#[test]
fn people_without_a_device_are_warned_of() {
    let found = only(&app(&["teachers:device"], &[]).resolved.diagnostics);
    assert!(found.starts_with("VPP-D007: 1 person of group `teachers`"), "{found}");
    assert!(found.contains("`cid`"), "{found}");
}

#[test]
fn a_device_with_two_users_gives_both_a_license_whatever_the_order_of_rows() {
    for rows in ["S1,ann\nS1,bob\n", "S1,bob\nS1,ann\n"] {
        let mut world = World::new();
        world.csv("devices", "serial=serial user=owner", format!("serial,owner\n{rows}"));
        world.filtered("all", "devices", "");
        world.app("1", &["all:user"], &[]);
        assert_eq!(world.resolve().entries(0), ["ann bob"]);
    }
}
