//! A few whole plans, as `plan.json` says them.

use vpp::actual::UserStatus;
use vpp::manifest::kind::ReclaimMode;

use super::world::{NORTH, World, devices, users};

#[test]
fn a_first_day() {
    let plan = World::new()
        .at(NORTH, |site| (site.owner, site.pinned) = (None, None))
        .group("year-7", devices(1..=2))
        .group("staff", users(["ada", "bob"]))
        .person("ada", "ada@x.example", "ada@school.example")
        .user("bob", UserStatus::Registered)
        .app("notability")
        .to("year-7")
        .to("staff")
        .owns(10)
        .plan();
    insta::assert_json_snapshot!(plan);
}

#[test]
fn a_year_ends() {
    let plan = World::new()
        .at(NORTH, |site| site.reclaim = Some(ReclaimMode::Keep))
        .location("south")
        .group("year-6", devices(1..=3))
        .group("year-7", devices(4..=6))
        .group("loaners", devices(3..=3))
        .app("notability")
        .in_locations(&[NORTH, "south"])
        .to("year-7")
        .uninstall("year-6")
        .except("loaners")
        .held_by(devices(1..=4))
        .owns(5)
        .owns_at("south", 1)
        .app("stranger")
        .owns(7)
        .held_by(devices(1..=7))
        .unmanaged()
        .plan();
    insta::assert_json_snapshot!(plan);
}

#[test]
fn a_bad_day() {
    let plan = World::new()
        .location("south")
        .unreadable("south", "the token was revoked (9625)")
        .group("year-7", devices(1..=3))
        .group("year-8", vec![])
        .app("notability")
        .to("year-7")
        .to("year-8")
        .owns(2)
        .app("pages")
        .in_locations(&["south"])
        .to("year-7")
        .error("inventory `devices` has no column `serial`")
        .plan();
    insta::assert_json_snapshot!(plan);
}
