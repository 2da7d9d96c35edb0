//! People to register, update and retire.

use vpp::actual::UserStatus;
use vpp::manifest::kind::RetireUsers;
use vpp::plan::{Plan, UserPlan};

use super::world::{NORTH, World, devices, users};

fn users_of(plan: &Plan) -> &UserPlan {
    &plan.locations[0].users
}

fn ids<'a>(list: impl IntoIterator<Item = &'a vpp::license::UserDetails>) -> Vec<String> {
    list.into_iter().map(|user| user.client_user_id.to_string()).collect()
}

/// Notability for the staff.
fn staff<const N: usize>(named: [&str; N]) -> World {
    World::new().group("staff", users(named)).app("notability").to("staff").owns(50)
}

#[test]
fn people_without_a_record_are_registered_with_what_inventories_know() {
    let plan = staff(["zoe", "ada"]).person("ada", "ada@x.example", "ada@school.example").plan();
    assert_eq!(ids(&users_of(&plan).create), ["ada", "zoe"]);
    let ada = &users_of(&plan).create[0];
    assert_eq!(ada.email.as_deref(), Some("ada@x.example"));
    assert_eq!(ada.managed_apple_id.as_deref(), Some("ada@school.example"));
    // Only zoe has an invitation to accept.
    assert_eq!((users_of(&plan).waiting, plan.summary.users_create), (1, 2));
}

#[test]
fn retired_and_deleted_people_are_registered_again() {
    let plan = staff(["ada", "bob", "eve", "joe"])
        .user("ada", UserStatus::Retired)
        .user("bob", UserStatus::Deleted)
        .user("eve", UserStatus::Registered)
        .user("joe", UserStatus::Associated)
        .plan();
    assert_eq!(ids(&users_of(&plan).create), ["ada", "bob"]);
    assert_eq!(users_of(&plan).waiting, 3);
}

#[test]
fn another_address_is_updated_and_another_spelling_is_not() {
    let with = |known: &str, at_apple: Option<&str>| {
        let plan = staff(["ada"])
            .person("ada", known, "")
            .user_with_email("ada", UserStatus::Associated, at_apple)
            .plan();
        users_of(&plan).update.len()
    };
    assert_eq!(with("new@x.example", Some("old@x.example")), 1);
    assert_eq!(with("new@x.example", None), 1);
    assert_eq!(with("Ada@X.example", Some("ada@x.EXAMPLE")), 0);
    assert_eq!(with("", Some("old@x.example")), 0);
}

#[test]
fn people_who_get_no_license_are_not_registered() {
    let plan = World::new()
        .group("staff", users(["ada", "bob"]))
        .app("notability")
        .to("staff")
        .fill()
        .owns(1)
        .plan();
    assert_eq!(ids(&users_of(&plan).create), ["ada"]);
}

#[test]
fn people_are_registered_where_their_license_is() {
    let plan = World::new()
        .location("south")
        .group("staff", users(["ada", "bob"]))
        .app("notability")
        .in_locations(&[NORTH, "south"])
        .to("staff")
        .owns(1)
        .owns_at("south", 1)
        .plan();
    assert_eq!(ids(&plan.locations[0].users.create), ["ada"]);
    assert_eq!(ids(&plan.locations[1].users.create), ["bob"]);
}

/// Bob is registered and no entry names him.
fn without_bob(retire: RetireUsers) -> World {
    staff(["ada"])
        .at(NORTH, |site| site.retire = retire)
        .user("ada", UserStatus::Associated)
        .user("bob", UserStatus::Associated)
}

#[test]
fn people_no_entry_names_are_retired_where_the_location_says_so() {
    assert!(users_of(&without_bob(RetireUsers::Never).plan()).retire.is_empty());
    let plan = without_bob(RetireUsers::Unreferenced).plan();
    let retired: Vec<_> = users_of(&plan).retire.iter().map(ToString::to_string).collect();
    assert_eq!(retired, ["bob"]);
}

#[test]
fn people_are_not_retired_twice_and_not_while_any_entry_names_them() {
    let plan = without_bob(RetireUsers::Unreferenced).user("bob", UserStatus::Retired).plan();
    assert!(users_of(&plan).retire.is_empty());
    // Even an entry that takes a license away names him.
    let plan = without_bob(RetireUsers::Unreferenced)
        .group("bobs", users(["bob"]))
        .app("pages")
        .uninstall("bobs")
        .owns(5)
        .plan();
    assert!(users_of(&plan).retire.is_empty());
}

#[test]
fn people_who_hold_what_no_manifest_manages_are_not_retired() {
    let world = without_bob(RetireUsers::Unreferenced).app("stranger").owns(5);
    let plan = world.clone().held_by(users(["bob"])).unmanaged().plan();
    assert!(users_of(&plan).retire.is_empty());
    assert_eq!(plan.guards[0].code, "VPP-G124");
    // The holders of a stranger's app need not have been listed; then nobody knows who has it.
    let unlisted = world.held_by(users(["eve"])).unlisted().unmanaged().plan();
    assert!(users_of(&unlisted).retire.is_empty());
    assert!(unlisted.guards[0].message.contains("were not read"), "{}", unlisted.guards[0].message);
}

#[test]
fn nobody_is_registered_or_retired_for_devices_alone() {
    let plan =
        World::new().group("year-7", devices(1..=3)).app("notability").to("year-7").owns(3).plan();
    assert_eq!(users_of(&plan), &UserPlan::default());
}
