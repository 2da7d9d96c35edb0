//! Plans with the same effect have the same fingerprint, and others have not.

use vpp::manifest::kind::ReclaimMode;
use vpp::plan::{fingerprint, short};

use super::world::{NORTH, World, devices, owner, users};

fn world() -> World {
    World::new()
        .group("year-7", devices(1..=3))
        .group("staff", users(["ada"]))
        .app("notability")
        .to("year-7")
        .to("staff")
        .reclaim(ReclaimMode::Release)
        .held_by(devices(9..=9))
        .owns(9)
}

#[test]
fn it_is_a_version_and_sixty_four_digits() {
    let plan = world().plan();
    let digits = plan.fingerprint.strip_prefix("vpp1:").unwrap();
    assert_eq!(digits.len(), 64);
    assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(plan.fingerprint, fingerprint(&plan));
    assert_eq!(short(&plan.fingerprint).len(), "vpp1:9f2c-41d0-77ab".len());
}

#[test]
fn it_can_be_computed_by_hand() {
    use sha2::{Digest, Sha256};
    let lines = [
        "vpp1",
        "location \"2049025000431439\"",
        "create {\"client_user_id\":\"ada\",\"email\":null,\"managed_apple_id\":null}",
        "release 1001 STDQ device \"D009\"",
        "assign 1001 STDQ device \"D001\"",
        "assign 1001 STDQ device \"D002\"",
        "assign 1001 STDQ device \"D003\"",
        "assign 1001 STDQ user \"ada\"",
    ];
    let text = lines.join("\n") + "\n";
    let bytes = Sha256::digest(text);
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(world().plan().fingerprint, format!("vpp1:{}", digits.concat()));
}

#[test]
fn causes_names_files_and_numbering_are_not_in_it() {
    let plain = world().plan().fingerprint;
    assert_eq!(world().numbered_backwards().plan().fingerprint, plain);
    let mut renamed = world();
    renamed.apps[0].name = "notes".to_owned();
    renamed.apps[0].entries.reverse();
    assert_eq!(renamed.plan().fingerprint, plain);
    // One group more for the same holders, and a location where nothing happens.
    let split = World::new()
        .location("south")
        .group("first", devices(1..=1))
        .group("rest", devices(2..=3))
        .group("staff", users(["ada"]))
        .app("notability")
        .to("staff")
        .to("rest")
        .to("first")
        .reclaim(ReclaimMode::Release)
        .held_by(devices(9..=9))
        .owns(9)
        .plan();
    assert_eq!(split.fingerprint, plain);
    let mut moved = world().plan();
    moved.locations[0].limits.assets = 1;
    moved.locations[0].write_requests = 99;
    moved.changes.reverse();
    assert_eq!(fingerprint(&moved), plain);
}

#[test]
fn every_effect_is_in_it() {
    let plain = world().plan().fingerprint;
    let others = [
        world().held_by(devices(8..=8)).plan(),
        world().held_by(devices(1..=1)).plan(),
        world().reclaim(ReclaimMode::Uninstall).plan(),
        world().reclaim(ReclaimMode::Keep).plan(),
        world().person("ada", "ada@x.example", "").plan(),
        world().at(NORTH, |site| site.owner = None).plan(),
        world().at(NORTH, |site| (site.owner, site.ours) = (None, Some(owner("we")))).plan(),
        world().at(NORTH, |site| (site.uid, site.pinned) = ("7".to_owned(), None)).plan(),
    ];
    let mut all: Vec<_> = others.into_iter().map(|plan| plan.fingerprint).collect();
    all.push(plain);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 9);
}
