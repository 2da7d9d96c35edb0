//! Which licenses move, where, and for what cause.

use vpp::actual::MdmInfo;
use vpp::manifest::kind::{Intent, ReclaimMode};
use vpp::plan::{Action, CauseKind, Change, InactionKind, Plan};

use super::world::{NORTH, World, devices, owner, users};

/// The holders of a change, as text.
fn holders(change: &Change) -> Vec<String> {
    let devices = change.devices.iter().map(ToString::to_string);
    devices.chain(change.users.iter().map(ToString::to_string)).collect()
}

fn only(plan: &Plan) -> &Change {
    let [change] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    change
}

#[test]
fn who_is_named_and_has_no_license_gets_one_for_the_entry_that_names_them() {
    let plan = World::new()
        .group("year-7", devices(1..=3))
        .group("staff", users(["zoe", "adam"]))
        .app("notability")
        .to("year-7")
        .available("staff")
        .held_by(devices(2..=2))
        .owns(9)
        .plan();
    let [pupils, staff] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(holders(pupils), ["D001", "D003"]);
    assert_eq!(holders(staff), ["adam", "zoe"]);
    assert_eq!((pupils.cause.file.as_str(), pupils.cause.line), ("apps/notability.yaml", 5));
    assert_eq!((staff.cause.file.as_str(), staff.cause.line), ("apps/notability.yaml", 6));
    let entry = CauseKind::Entry { group: "year-7".to_owned(), intent: Intent::Required };
    assert_eq!(pupils.cause.kind, entry);
    assert_eq!((plan.summary.assign, plan.summary.unchanged), (4, 1));
}

#[test]
fn a_holder_nobody_names_loses_the_license_the_way_the_app_says() {
    let world = |mode| {
        World::new()
            .at(NORTH, |site| site.reclaim = Some(ReclaimMode::Keep))
            .group("year-7", devices(1..=1))
            .app("notability")
            .to("year-7")
            .reclaim(mode)
            .held_by(devices(1..=3))
            .owns(3)
            .plan()
    };
    for (mode, action) in
        [(ReclaimMode::Release, Action::Release), (ReclaimMode::Uninstall, Action::Uninstall)]
    {
        let plan = world(mode);
        let change = only(&plan);
        assert_eq!((change.action, holders(change)), (action, vec!["D002".into(), "D003".into()]));
        // The line of the app's own `reclaim:`.
        assert_eq!(change.cause.line, 6);
    }
    let kept = world(ReclaimMode::Keep);
    assert!(kept.changes.is_empty());
    assert_eq!((kept.inactions[0].kind, kept.inactions[0].pairs), (InactionKind::Kept, 2));
}

#[test]
fn the_location_decides_where_the_app_says_nothing_and_keeping_where_nobody_does() {
    let world = |mode| {
        World::new()
            .at(NORTH, |site| site.reclaim = mode)
            .group("year-7", devices(1..=1))
            .app("notability")
            .to("year-7")
            .held_by(devices(1..=3))
            .owns(3)
            .plan()
    };
    let released = world(Some(ReclaimMode::Release));
    assert_eq!(only(&released).action, Action::Release);
    // The line of the app's name: it has no `reclaim:` of its own.
    assert_eq!(only(&released).cause.line, 1);
    let kept = world(None);
    assert!(kept.changes.is_empty());
    let cause = CauseKind::Unnamed { reclaim: ReclaimMode::Keep };
    assert_eq!((kept.inactions[0].pairs, &kept.inactions[0].cause.kind), (2, &cause));
}

#[test]
fn an_uninstall_entry_uninstalls_whatever_reclaim_says() {
    for mode in [ReclaimMode::Keep, ReclaimMode::Release] {
        let plan = World::new()
            .group("year-6", devices(1..=2))
            .group("staff", users(["ada"]))
            .app("notability")
            .uninstall("year-6")
            .uninstall("staff")
            .reclaim(mode)
            .held_by(devices(1..=1))
            .held_by(users(["ada"]))
            .owns(3)
            .plan();
        assert!(plan.changes.iter().all(|change| change.action == Action::Uninstall));
        assert_eq!(plan.summary.uninstall, 2);
        assert_eq!(plan.changes[0].cause.line, 5);
    }
}

#[test]
fn except_beats_every_entry_and_is_the_cause() {
    let plan = World::new()
        .group("year-7", devices(1..=3))
        .group("loaners", devices(3..=4))
        .app("notability")
        .to("year-7")
        .uninstall("loaners")
        .except("loaners")
        .reclaim(ReclaimMode::Release)
        .held_by(devices(1..=4))
        .owns(4)
        .plan();
    let change = only(&plan);
    assert_eq!(
        (change.action, holders(change)),
        (Action::Release, vec!["D003".into(), "D004".into()])
    );
    assert_eq!(change.cause.kind, CauseKind::Except { group: "loaners".to_owned() });
    assert_eq!(change.cause.line, 7);
}

#[test]
fn a_device_that_moves_between_two_groups_with_the_app_is_no_change() {
    let plan = World::new()
        .group("year-7", devices(1..=2))
        .group("year-8", devices(3..=4))
        .app("notability")
        .to("year-7")
        .to("year-8")
        .held_by(devices(1..=4))
        .owns(4);
    assert!(plan.plan().changes.is_empty());
}

#[test]
fn only_assets_with_a_manifest_are_touched() {
    let plan = World::new()
        .at(NORTH, |site| site.reclaim = Some(ReclaimMode::Release))
        .app("stranger")
        .owns(9)
        .held_by(devices(1..=7))
        .unmanaged()
        .plan();
    assert!(plan.changes.is_empty() && plan.inactions.is_empty());
    assert_eq!((plan.summary.unmanaged, plan.locations[0].unmanaged.assets), (7, 1));
}

#[test]
fn an_asset_managed_elsewhere_is_unmanaged_here() {
    let plan = World::new()
        .location("south")
        .group("year-7", devices(1..=1))
        .app("notability")
        .in_locations(&["south"])
        .to("year-7")
        .reclaim(ReclaimMode::Release)
        .owns(9)
        .owns_at("south", 9)
        .held_by(devices(5..=6))
        .plan();
    assert_eq!((plan.summary.reclaim, plan.summary.unmanaged, plan.summary.assign), (0, 2, 1));
}

/// Notability for three devices, from the north and then from the south.
fn two_locations() -> World {
    World::new()
        .location("south")
        .group("year-7", devices(1..=3))
        .app("notability")
        .in_locations(&[NORTH, "south"])
        .to("year-7")
        .reclaim(ReclaimMode::Release)
}

#[test]
fn who_has_it_in_one_location_keeps_it_there() {
    let plan = two_locations().owns(9).owns_at("south", 9).held_at("south", devices(2..=2)).plan();
    let change = only(&plan);
    assert_eq!(
        (change.location.as_str(), holders(change)),
        (NORTH, vec!["D001".into(), "D003".into()])
    );
    assert_eq!(plan.locations[1].unchanged, 1);
}

#[test]
fn who_has_it_in_several_keeps_the_most_preferred() {
    let plan = two_locations()
        .owns(9)
        .owns_at("south", 9)
        .held_by(devices(1..=3))
        .held_at("south", devices(2..=2))
        .plan();
    let change = only(&plan);
    assert_eq!((change.location.as_str(), change.action), ("south", Action::Release));
    assert_eq!(holders(change), ["D002"]);
}

#[test]
fn new_ones_take_the_first_location_with_a_license() {
    let plan = two_locations().owns(1).owns_at("south", 9).plan();
    let [north, south] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!((north.location.as_str(), holders(north)), (NORTH, vec!["D001".into()]));
    assert_eq!(
        (south.location.as_str(), holders(south)),
        ("south", vec!["D002".into(), "D003".into()])
    );
}

#[test]
fn a_location_that_is_not_ours_holds_new_ones_back_everywhere() {
    let them: fn() -> Option<MdmInfo> = || Some(owner("them"));
    let plan = two_locations()
        .at("south", |site| site.owner = them())
        .owns(9)
        .owns_at("south", 9)
        .held_at("south", devices(1..=1))
        .plan();
    assert!(plan.changes.is_empty() && !plan.applyable);
    assert_eq!((plan.inactions[0].kind, plan.inactions[0].pairs), (InactionKind::Withheld, 2));
    assert_eq!(plan.summary.unchanged, 1);
}

#[test]
fn releases_of_this_plan_can_be_given_again_and_uninstalls_cannot() {
    let world = |mode| {
        World::new()
            .group("year-7", devices(1..=2))
            .app("notability")
            .to("year-7")
            .reclaim(mode)
            .held_by(devices(3..=4))
            .owns(2)
            .plan()
    };
    let released = world(ReclaimMode::Release);
    assert_eq!((released.summary.assign, released.summary.release), (2, 2));
    assert!(released.applyable);
    let uninstalled = world(ReclaimMode::Uninstall);
    assert_eq!((uninstalled.summary.assign, uninstalled.summary.short), (0, 2));
    assert_eq!(uninstalled.inactions[0].kind, InactionKind::WaitsForReclaim);
}

#[test]
fn fill_gives_what_there_is_entries_in_order_then_holders_in_order() {
    let plan = World::new()
        .group("second", devices(1..=3))
        .group("first", devices(4..=5))
        .app("notability")
        .to("first")
        .to("second")
        .fill()
        .owns(3)
        .plan();
    let given: Vec<_> = plan.changes.iter().flat_map(holders).collect();
    assert_eq!(given, ["D004", "D005", "D001"]);
    assert!(plan.applyable);
    assert_eq!((plan.inactions[0].kind, plan.inactions[0].pairs), (InactionKind::Short, 2));
    assert_eq!(plan.locations[0].licenses[0].free_after, Some(0));
}

#[test]
fn what_cannot_come_back_stays() {
    let plan = World::new()
        .group("staff", users(["ada"]))
        .book("rust")
        .to("staff")
        .irrevocable()
        .reclaim(ReclaimMode::Release)
        .held_by(users(["bob"]))
        .owns(5)
        .plan();
    assert_eq!((plan.summary.assign, plan.summary.reclaim, plan.summary.kept), (1, 0, 1));
    assert_eq!(plan.inactions[0].kind, InactionKind::Irrevocable);
}

#[test]
fn a_holder_whose_name_could_not_be_sent_back_is_left_alone_and_counted() {
    let plan = World::new()
        .group("year-7", devices(1..=1))
        .app("notability")
        .to("year-7")
        .reclaim(ReclaimMode::Release)
        .held_by(devices(2..=2))
        .held_oddly("d-3")
        .owns(9)
        .plan();
    assert_eq!((plan.summary.release, plan.summary.kept), (1, 1));
    assert_eq!(plan.inactions[0].kind, InactionKind::Malformed);
    assert_eq!(plan.inactions[0].examples, ["d-3"]);
}

#[test]
fn a_plan_counts_its_write_requests() {
    let plan = World::new()
        .at(NORTH, |site| site.owner = None)
        .group("year-7", devices(1..=2))
        .group("staff", users(["ada"]))
        .app("notability")
        .to("year-7")
        .to("staff")
        .reclaim(ReclaimMode::Release)
        .held_by(devices(9..=9))
        .owns(9)
        .app("pages")
        .to("year-7")
        .uninstall("staff")
        .held_by(users(["ada"]))
        .owns(9)
        .plan();
    // The claim, one release, and the assigns in one or two rectangles; the uninstall waits.
    assert_eq!(plan.summary.uninstall, 1);
    assert_eq!(plan.locations[0].write_requests, 1 + 1 + 2);
}
