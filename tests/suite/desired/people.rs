use vpp::license::{AssetKind, ClientUserId};

use crate::inventory::world::{Outcome, World, only};

fn world(people: &str) -> World {
    let mut world = World::new();
    let devices = "serial,owner,mail\nS1,ann,ann@school.test\nS2,bob,\n";
    world.csv("devices", "serial=serial user=owner email=mail", devices);
    world.csv("people", "user=id email=mail account=account", format!("id,mail,account\n{people}"));
    world
}

/// `id email account` of everybody known.
fn people(outcome: &Outcome) -> Vec<String> {
    let people = &outcome.resolved.desired.people;
    people
        .iter()
        .map(|(id, person)| {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
            format!("{id} {} {}", text(&person.email), text(&person.managed_apple_id))
        })
        .collect()
}

#[test]
fn everybody_an_entry_may_license_is_there_with_what_is_known() {
    let mut world = world("ann,,ann@appleid.test\nbob,bob@school.test,\nzoe,zoe@school.test,\n");
    world.users("some", &["ann", "bob", "nobody"]);
    world.users("others", &["zoe"]);
    world.app("1", &["some", "others:uninstall"], &[]);
    let outcome = world.resolve();
    assert_eq!(
        people(&outcome),
        ["ann ann@school.test ann@appleid.test", "bob bob@school.test -", "nobody - -"]
    );
    assert!(outcome.codes().is_empty());
}

#[test]
fn nobody_is_there_where_devices_hold_the_licenses() {
    let mut world = world("ann,a@school.test,\n");
    world.filtered("all", "devices", "");
    world.app("1", &["all"], &[]);
    assert!(people(&world.resolve()).is_empty());
    world.asset(AssetKind::Book, "2", &["all"], &[]);
    assert_eq!(people(&world.resolve()), ["ann ann@school.test -", "bob - -"]);
}

#[test]
fn inventories_that_disagree_are_a_warning_that_names_both_rows() {
    let mut world = world("bob,b@school.test,\nann,ANN@school.test,\nann,other@school.test,\n");
    world.users("some", &["ann", "bob"]);
    world.app("1", &["some"], &[]);
    let outcome = world.resolve();
    let found = only(&outcome.resolved.diagnostics);
    assert!(
        found.starts_with(
            "VPP-D008: 1 person has several e-mail addresses, and the first is used: `ann` has \
             `ann@school.test` (data/devices.csv:2) and `other@school.test` (data/people.csv:4)"
        ),
        "{found}"
    );
    assert_eq!(outcome.resolved.diagnostics[0].labels.len(), 2);
    let ann = &outcome.resolved.desired.people[&ClientUserId::new("ann").unwrap()];
    assert_eq!(ann.email.as_deref(), Some("ann@school.test"));
}

#[test]
fn people_no_entry_licenses_are_not_worth_a_warning() {
    let mut world = world("ann,other@school.test,\n");
    world.users("some", &["bob"]);
    world.app("1", &["some"], &[]);
    assert!(world.resolve().codes().is_empty());
}
