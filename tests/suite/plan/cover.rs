//! Few requests, exact and within Apple's limits.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vpp::actual::Limits;
use vpp::license::{Asset, AssetKind, ClientUserId, PricingParam, SerialNumber};
use vpp::plan::cover::{Rectangle, lower_bound, rectangles};
use vpp::plan::{Action, Cause, CauseKind, Change};

fn asset(number: usize) -> Asset {
    let adam_id = (1000 + number).to_string().parse().unwrap();
    Asset { adam_id, pricing_param: PricingParam::Standard }
}

fn serial(number: usize) -> SerialNumber {
    format!("S{number:07}").parse().unwrap()
}

fn user(number: usize) -> ClientUserId {
    ClientUserId::new(&format!("u{number:07}")).unwrap()
}

fn change(
    number: usize,
    devices: impl IntoIterator<Item = usize>,
    users: impl IntoIterator<Item = usize>,
) -> Change {
    Change {
        location: "northfield".to_owned(),
        asset: asset(number),
        kind: AssetKind::App,
        name: format!("app-{number}"),
        bundle_id: None,
        install: false,
        action: Action::Assign,
        origin: None,
        cause: Cause {
            file: "apps.yaml".to_owned(),
            line: 1,
            kind: CauseKind::Except { group: "g".to_owned() },
        },
        devices: devices.into_iter().map(serial).collect(),
        users: users.into_iter().map(user).collect(),
    }
}

fn cover(changes: &[Change]) -> Vec<Rectangle> {
    check(changes, &Limits::default())
}

/// Covers, and holds the cover against what it promises.
fn check(changes: &[Change], limits: &Limits) -> Vec<Rectangle> {
    let rectangles = rectangles(changes.iter(), limits);
    let mut wanted: BTreeMap<Asset, (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
    for change in changes {
        let (devices, users) = wanted.entry(change.asset).or_default();
        devices.extend(change.devices.iter().cloned());
        users.extend(change.users.iter().cloned());
    }
    let alone: usize = wanted
        .values()
        .map(|(devices, users)| {
            let parts = devices.len().div_ceil(limits.serial_numbers);
            parts.max(users.len().div_ceil(limits.client_user_ids))
        })
        .sum();
    assert!(rectangles.len() <= alone, "{} requests, one app at a time {alone}", rectangles.len());
    let bound = lower_bound(changes.iter(), limits);
    assert!(u64::try_from(rectangles.len()).unwrap() >= bound, "fewer than the bound {bound}");
    for Rectangle { assets, devices, users } in &rectangles {
        assert!(!assets.is_empty() && assets.len() <= limits.assets);
        assert!(devices.len() <= limits.serial_numbers && users.len() <= limits.client_user_ids);
        assert!(devices.len() + users.len() > 0);
        assert!(assets.is_sorted_by(|a, b| a < b));
        assert!(devices.is_sorted_by(|a, b| a < b) && users.is_sorted_by(|a, b| a < b));
        for asset in assets {
            // Each pair is wanted, and taken out so that it cannot come twice.
            let (of_devices, of_users) = wanted.get_mut(asset).unwrap();
            assert!(devices.iter().all(|device| of_devices.remove(device)));
            assert!(users.iter().all(|user| of_users.remove(user)));
        }
    }
    assert!(wanted.values().all(|(devices, users)| devices.is_empty() && users.is_empty()));
    rectangles
}

#[test]
fn nothing_needs_no_request() {
    assert!(cover(&[]).is_empty());
    assert!(cover(&[change(1, [], [])]).is_empty());
}

#[test]
fn forty_apps_for_a_thousand_devices_take_two() {
    let changes: Vec<_> = (0..40).map(|app| change(app, 0..1000, [])).collect();
    assert_eq!(cover(&changes).len(), 2);
    assert_eq!(lower_bound(changes.iter(), &Limits::default()), 2);
}

#[test]
fn two_hundred_apps_with_groups_of_the_same_thousand_take_eight() {
    let changes: Vec<_> = (0..200).map(|app| change(app, 0..1000, [])).collect();
    assert_eq!(cover(&changes).len(), 8);
}

#[test]
fn devices_and_people_share_requests() {
    let changes: Vec<_> = (0..25).map(|app| change(app, 0..1000, 0..1000)).collect();
    assert_eq!(cover(&changes).len(), 1);
}

#[test]
fn holders_with_the_same_apps_go_together() {
    // Thirty classrooms, each with its own twenty of forty apps: by app 40, by classroom 30.
    let changes: Vec<_> = (0..40)
        .map(|app| {
            let rooms = (0..30).filter(move |room| (app * 7 + room * 11) % 40 < 20);
            change(app, rooms.flat_map(|room| room * 30..room * 30 + 30), [])
        })
        .collect();
    assert!(cover(&changes).len() <= 30);
}

#[test]
fn apps_for_groups_take_as_many_as_the_bound_says() {
    // Thirty classes, and forty apps for some of them each, so that no two apps are alike.
    let changes: Vec<_> = (0..40)
        .map(|app| {
            let classes = (0..30)
                .filter(move |class| (app * 17 + class * class * 5 + app * class * 3) % 31 < 15);
            change(app, classes.flat_map(|class| class * 40..class * 40 + 40), [])
        })
        .collect();
    let bound = lower_bound(changes.iter(), &Limits::default());
    assert_eq!(bound, 30);
    assert_eq!(cover(&changes).len(), 30);
}

#[test]
fn a_large_common_part_is_taken_out_first() {
    // Everybody gets 25 apps; each app has one device of its own besides. One app at a time
    // takes 50 requests, since 1,001 devices do not fit into one.
    let changes: Vec<_> =
        (0..25).map(|app| change(app, (0..1000).chain([2000 + app]), [])).collect();
    assert_eq!(cover(&changes).len(), 26);
}

#[test]
fn parts_that_want_different_ways_each_get_theirs() {
    // 25 apps for everybody and one device each besides: 26 by holder, 50 by app.
    let everybody = (0..25).map(|app| change(app, (0..1000).chain([2000 + app]), []));
    // Ten apps, and a device for each of their combinations: 10 by app, 1,022 by holder.
    let mixed = (0..10).map(|app| {
        let devices = (1..1023_usize).filter(move |device| device >> app & 1 == 1);
        change(100 + app, devices.map(|device| 5000 + device), [])
    });
    let changes: Vec<_> = everybody.chain(mixed).collect();
    assert_eq!(cover(&changes).len(), 36);
}

#[test]
fn several_causes_of_one_app_are_one_matter() {
    let changes = [change(1, 0..10, []), change(1, 10..20, []), change(1, [], 0..3)];
    assert_eq!(cover(&changes).len(), 1);
}

#[test]
fn limits_of_nothing_do_not_stop_it() {
    let limits = Limits { assets: 0, serial_numbers: 0, client_user_ids: 0, ..Limits::default() };
    let changes = [change(1, 0..3, 0..2), change(2, 0..3, [])];
    assert_eq!(rectangles(changes.iter(), &limits).len(), 6);
}

/// Few apps and holders, so that rectangles are found and missed by one pair.
fn worlds() -> impl Strategy<Value = Vec<(usize, Vec<usize>, Vec<usize>)>> {
    let holders = || proptest::collection::vec(0..12_usize, 0..10);
    proptest::collection::vec((0..8_usize, holders(), holders()), 0..12)
}

proptest! {
    #[test]
    fn every_cover_is_exact_within_limits_and_never_worse_than_one_app_at_a_time(
        world in worlds(),
        (assets, serial_numbers, client_user_ids) in (1..4_usize, 1..6_usize, 1..6_usize),
    ) {
        let limits = Limits { assets, serial_numbers, client_user_ids, ..Limits::default() };
        // A change has each holder once, and no pair is in two changes.
        let mut seen = BTreeSet::new();
        let changes: Vec<_> = world
            .into_iter()
            .map(|(app, mut devices, mut users)| {
                devices.sort_unstable();
                users.sort_unstable();
                devices.retain(|device| seen.insert((app, true, *device)));
                users.retain(|user| seen.insert((app, false, *user)));
                change(app, devices, users)
            })
            .collect();
        let covered = check(&changes, &limits);
        let mut backwards = changes;
        backwards.reverse();
        prop_assert_eq!(covered, rectangles(backwards.iter(), &limits));
    }
}
