use vpp::license::HolderSet;

use crate::inventory::world::{Outcome, World, codes, only};

const DEVICES: &str = "serial,owner,grade,family\n\
                       S1,ann,7,iPad\n\
                       S2,bob,7,Mac\n\
                       S3,,8,iPad\n\
                       S4,ann,8,iPad\n";

fn school() -> World {
    let mut world = World::new();
    world.csv("devices", "serial=serial user=owner", DEVICES);
    world.csv("people", "user=id", "id,role\nann,teacher\nbob,student\ncid,teacher\n");
    world
}

/// Members, users of devices, devices of users.
fn sets(outcome: &Outcome, group: &str) -> [String; 3] {
    let group = &outcome.resolved.desired.groups[group];
    let text = |set: &HolderSet| outcome.names(set).join(" ");
    [text(&group.members), text(&group.users_of_devices), text(&group.devices_of_users)]
}

#[test]
fn rows_with_a_serial_number_are_devices_that_bring_their_users() {
    let mut world = school();
    world.filtered("year-7", "devices", r#"row.grade == "7""#);
    world.filtered("year-8", "devices", r#"row.grade == "8""#);
    world.filtered("all", "devices", "");
    let outcome = world.resolve();
    assert_eq!(sets(&outcome, "year-7"), ["S1 S2", "ann bob", ""]);
    assert_eq!(sets(&outcome, "year-8"), ["S3 S4", "ann", ""]);
    assert_eq!(sets(&outcome, "all"), ["S1 S2 S3 S4", "ann bob", ""]);
    assert!(outcome.codes().is_empty());
}

#[test]
fn rows_without_a_serial_number_are_people_whose_devices_all_inventories_name() {
    let mut world = school();
    world.csv("more", "serial=serial user=user", "serial,user\nS9,cid\nS3,cid\n");
    world.filtered("teachers", "people", r#"row.role == "teacher""#);
    assert_eq!(sets(&world.resolve(), "teachers"), ["ann cid", "", "S1 S3 S4 S9"]);
}

#[test]
fn a_row_without_a_user_asks_the_other_inventories() {
    let mut world = school();
    world.csv("serials", "serial=serial", "serial\nS1\nS7\n");
    world.csv("more", "serial=serial user=user", "serial,user\nS3,cid\nS1,zoe\n");
    world.filtered("iPads", "devices", r#"row.family == "iPad""#);
    world.filtered("serials", "serials", "");
    let outcome = world.resolve();
    assert_eq!(sets(&outcome, "iPads"), ["S1 S3 S4", "ann cid", ""]);
    assert_eq!(sets(&outcome, "serials"), ["S1 S7", "ann zoe", ""]);
}

#[test]
fn listed_members_are_looked_up_in_all_inventories() {
    let mut world = school();
    world.devices("loaners", &["s2", "S8"]);
    world.users("some", &["ann", "nobody"]);
    let outcome = world.resolve();
    assert_eq!(sets(&outcome, "loaners"), ["S2 S8", "bob", ""]);
    assert_eq!(sets(&outcome, "some"), ["ann nobody", "", "S1 S4"]);
}

#[test]
fn a_user_id_is_compared_to_the_letter_and_is_no_serial_number() {
    let mut world = World::new();
    world.csv("devices", "serial=serial user=owner", "serial,owner\nS1,Ann\n");
    world.users("some", &["ann", "S1"]);
    assert_eq!(sets(&world.resolve(), "some"), ["S1 ann", "", ""]);
}

#[test]
fn included_groups_bring_everything_whatever_the_order() {
    let mut world = school();
    world.including("outer", &["middle", "inner-2"]);
    world.including("middle", &["inner-1", "inner-2"]);
    world.filtered("inner-1", "devices", r#"row.grade == "7""#);
    world.users("inner-2", &["cid", "ann"]);
    let outcome = world.resolve();
    assert_eq!(sets(&outcome, "outer"), ["S1 S2 ann cid", "ann bob", "S1 S4"]);
    assert_eq!(sets(&outcome, "middle"), sets(&outcome, "outer"));
}

#[test]
fn a_circle_of_groups_ends_and_a_long_chain_does_not_overflow() {
    let mut world = World::new();
    world.including("a", &["b", "gone"]);
    world.including("b", &["a", "b", "leaf"]);
    world.devices("leaf", &["S1"]);
    for n in 0..20_000 {
        world.including(&format!("chain-{n}"), &[&format!("chain-{}", n + 1)]);
    }
    world.devices("chain-20000", &["S2"]);
    let outcome = world.resolve();
    assert_eq!((outcome.group("b").as_str(), outcome.group("chain-0").as_str()), ("S1", "S2"));
}

#[test]
fn a_group_keeps_its_minimum_and_may_be_empty() {
    let mut world = school();
    world.filtered("none", "devices", r#"row.grade == "13""#);
    world.manifests.groups[0].minimum = Some(world.at(3));
    let outcome = world.resolve();
    let group = &outcome.resolved.desired.groups["none"];
    assert_eq!((group.members.len(), group.minimum.map(|(minimum, _)| minimum)), (0, Some(3)));
}

#[test]
fn filters_that_cannot_be_answered_are_errors_at_the_filter() {
    for (filter, expected) in [
        (
            r#"row.grde == "7""#,
            "VPP-D001: data/devices.csv has no column `grde`\n\
             did you mean `row.grade`?\n\
             the columns of data/devices.csv are `serial`, `owner`, `grade`, `family`",
        ),
        (
            r#"grade == "7""#,
            "VPP-D002: the filter uses `grade`, which is nothing it knows\ndid you mean `row.grade`?",
        ),
        (
            "row.grade",
            "VPP-D003: the filter must be true or false, and gives `string` for data/devices.csv:2",
        ),
        ("int(row.owner) > 1", "VPP-D004: the filter failed for data/devices.csv:2: "),
    ] {
        let mut world = school();
        world.filtered("group", "devices", filter);
        let span = world.manifests.groups[0].filter.as_ref().unwrap().span;
        let outcome = world.resolve();
        let found = only(&outcome.resolved.diagnostics);
        assert!(found.starts_with(expected), "{found}");
        assert!(outcome.resolved.diagnostics[0].is_error());
        assert_eq!(outcome.resolved.diagnostics[0].labels[0].span, span);
        assert_eq!(outcome.group("group"), "");
    }
}

#[test]
fn what_is_no_cel_was_reported_with_the_manifests_and_is_not_again() {
    for filter in ["row.grade ==", ")(", "\u{0}", "'"] {
        let mut world = school();
        world.filtered("group", "devices", filter);
        let outcome = world.resolve();
        assert!(outcome.codes().is_empty() && outcome.group("group").is_empty(), "{filter}");
    }
}

#[test]
fn an_inventory_that_failed_is_reported_once() {
    let mut world = school();
    world.csv_at("gone", "serial=serial", "gone.csv");
    world.filtered("group", "gone", r#"row.x == "1""#);
    world.filtered("all", "gone", "");
    let loaded = world.load();
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I001"]);
    let mut roster = vpp::license::Roster::new();
    let resolved = vpp::desired::resolve(&world.manifests, &loaded.tables, &mut roster);
    assert!(resolved.diagnostics.is_empty(), "{:#?}", resolved.diagnostics);
}

#[test]
fn a_hostile_filter_is_an_error_and_takes_nothing_with_it() {
    for filter in [
        format!("1{} == 1", " + 1".repeat(8000)),
        format!("row{} == ''", ".a".repeat(16_000)),
        format!("row.grade in [{}]", "'7',".repeat(20_000)),
    ] {
        let mut world = school();
        world.filtered("group", "devices", &filter);
        let found = only(&world.resolve().resolved.diagnostics);
        assert!(found.starts_with("VPP-D010: the filter is too complex: it "), "{found}");
    }
}

#[test]
fn a_filter_as_deep_as_allowed_is_worked_out() {
    for filter in [
        format!("1{} == 61", " + 1".repeat(60)),
        format!("{}true", "!".repeat(60)),
        vec!["row.grade == '7'"; 1500].join(" || "),
        vec!["row.grade == '7'"; 1500].join(" && "),
        format!("{}row.grade == '7'", "row.grade == '8' ? false : ".repeat(50)),
        format!("{}row.grade == '7'{}", "(".repeat(60), ")".repeat(60)),
    ] {
        let mut world = school();
        world.filtered("group", "devices", &filter);
        let outcome = world.resolve();
        assert!(outcome.codes().is_empty(), "{:#?}", outcome.resolved.diagnostics);
        assert!(outcome.group("group").starts_with("S1 S2"), "{}", &filter[..20]);
    }
}

#[test]
fn many_rows_and_many_groups_add_up() {
    let rows: String =
        (0..20_000).map(|n| format!("S{n},u{},{},{}\n", n % 700, n % 13, n % 40)).collect();
    let mut world = World::new();
    world.csv("devices", "serial=serial user=owner", format!("serial,owner,grade,school\n{rows}"));
    for n in 0..26 {
        let (grade, school) = (n % 13, n);
        let filter = format!("row.grade == '{grade}' || row.school == '{school}'");
        world.filtered(&format!("g{n}"), "devices", &filter);
    }
    let outcome = world.resolve();
    for n in 0..26 {
        let members = (0..20_000).filter(|row| row % 13 == n % 13 || row % 40 == n).count();
        let found = &outcome.resolved.desired.groups[&format!("g{n}")].members;
        assert_eq!(found.len(), u64::try_from(members).unwrap());
    }
    assert_eq!(outcome.roster.len(), 20_700);
}
