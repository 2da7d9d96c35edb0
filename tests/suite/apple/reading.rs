//! Reading a location whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::json;
use vpp::actual::{Actual, ReadError, ReadScope, Stock, UserStatus, read, read_back};
use vpp::license::{AdamId, Asset, AssetKind, ClientUserId, HolderRef, PricingParam, Roster};

use super::fake::{Op, Shared, World, serve};

pub(super) fn asset(adam: u64) -> Asset {
    let adam_id: AdamId = adam.to_string().parse().unwrap();
    Asset { adam_id, pricing_param: PricingParam::Standard }
}

pub(super) fn managed(adams: &[u64]) -> ReadScope {
    ReadScope {
        managed: adams.iter().copied().map(asset).collect(),
        full: false,
        subscriptions: false,
    }
}

fn everything() -> ReadScope {
    ReadScope { managed: BTreeSet::new(), full: true, subscriptions: false }
}

/// Reads, and gives the holders as the fake writes them.
pub(super) async fn read_world(
    world: World,
    scope: &ReadScope,
) -> (Result<(Actual, BTreeMap<u64, BTreeSet<String>>), ReadError>, Shared) {
    let (reader, world) = serve(world).await;
    let roster = Mutex::new(Roster::new());
    let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
    let result = read(&reader, &roster, scope, now, &|_| ()).await;
    let roster = roster.into_inner().unwrap();
    let named = result.map(|actual| {
        let held = actual
            .held
            .iter()
            .map(|(asset, holders)| {
                let names = roster.sorted(holders).into_iter().map(|holder| match holder {
                    HolderRef::Device(serial) => serial.to_owned(),
                    HolderRef::User(user) => format!("u:{user}"),
                });
                (asset.adam_id.get(), names.collect())
            })
            .collect();
        (actual, held)
    });
    (named, world)
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn two_apps() -> World {
    let mut world = World::new(3);
    for adam in [10, 20] {
        world.app(adam);
        for n in 0..5 {
            world.give(adam, &format!("S{n}"));
        }
    }
    world.users = ["ann", "bob"].map(|id| (id.to_owned(), "Associated".to_owned(), 0)).to_vec();
    world
}

fn seen(world: &Shared) -> Vec<String> {
    let mut seen = world.lock().unwrap().seen.clone();
    seen[1..].sort();
    seen
}

#[tokio::test]
async fn a_read_costs_two_requests_and_one_per_page() {
    let (result, world) = read_world(two_apps(), &managed(&[10, 20])).await;
    let (actual, held) = result.unwrap();
    let all = names(&["S0", "S1", "S2", "S3", "S4"]);
    assert_eq!(held, BTreeMap::from([(10, all.clone()), (20, all)]));
    assert_eq!(
        seen(&world),
        [
            "service/config",
            "assets?pageIndex=0",
            "assignments?includeUserState=true&pageIndex=0",
            "assignments?includeUserState=true&pageIndex=1",
            "assignments?includeUserState=true&pageIndex=2",
            "assignments?includeUserState=true&pageIndex=3",
            "client/config",
            "users?pageIndex=0",
        ]
    );
    assert_eq!(actual.requests, 8);
    assert_eq!(actual.uid, "2049025000431439");
    assert_eq!(actual.location_name.as_deref(), Some("Northfield"));
    assert_eq!(actual.token_expires.unwrap().to_string(), "2027-01-02T03:04:05Z");
    assert_eq!(actual.read_at.to_string(), "2026-11-21T08:00:00Z");
    assert_eq!(actual.limits.assets, 10);
    assert_eq!(actual.owner, None);
    assert_eq!(actual.versions.assignments.as_deref(), Some("v100"));
}

#[tokio::test]
async fn few_managed_assets_are_listed_one_by_one() {
    let mut world = two_apps();
    for n in 0..60 {
        world.give(20, &format!("T{n}"));
    }
    world.app(30);
    world.give(30, "X1");
    let (result, shared) = read_world(world, &managed(&[10, 30])).await;
    let (actual, held) = result.unwrap();
    assert_eq!(held[&10], names(&["S0", "S1", "S2", "S3", "S4"]));
    assert_eq!(held[&30], names(&["X1"]));
    assert_eq!(actual.assets[&asset(20)].assigned, 65, "what is not managed is counted");
    assert!(actual.requests < 12, "{:?}", seen(&shared));
}

#[tokio::test]
async fn nothing_managed_costs_no_listing() {
    let (result, world) = read_world(two_apps(), &managed(&[])).await;
    let (actual, held) = result.unwrap();
    assert!(held.is_empty());
    assert_eq!(actual.assets.len(), 2);
    assert_eq!(seen(&world).len(), 4, "{:?}", seen(&world));
}

#[tokio::test]
async fn pages_may_overlap_and_repeat() {
    let mut world = two_apps();
    world.overlap = 2;
    let (result, _) = read_world(world, &everything()).await;
    assert_eq!(result.unwrap().1[&20].len(), 5);
}

#[tokio::test]
async fn a_server_that_ignores_a_filter_does_no_harm() {
    let mut world = two_apps();
    for n in 0..60 {
        world.give(20, &format!("T{n}"));
    }
    world.deaf = true;
    let (result, _) = read_world(world, &managed(&[10])).await;
    assert_eq!(result.unwrap().1[&10], names(&["S0", "S1", "S2", "S3", "S4"]));
}

#[tokio::test]
async fn a_removal_during_the_read_leaves_no_phantom_and_hides_nobody() {
    for at in 2..12 {
        for strict_pages in [true, false] {
            let mut world = two_apps();
            world.strict_pages = strict_pages;
            world.cues = vec![(at, Op::Remove((10, "S0".to_owned())))];
            let (result, world) = read_world(world, &managed(&[10, 20])).await;
            let (_, held) = result.unwrap();
            assert_eq!(held[&20].len(), 5, "cue at {at}");
            assert!(world.lock().unwrap().history[&10].contains(&held[&10]), "at {at}: {held:?}");
        }
    }
}

/// The removed holder was read already, a later one slipped onto a page that was read, and a new
/// one makes up for the count: only the version tells that the set is wrong.
#[tokio::test]
async fn a_phantom_that_makes_up_for_a_hidden_holder_is_found() {
    for at in 2..12 {
        let mut world = World::new(3);
        world.app(10);
        for n in 0..11 {
            world.give(10, &format!("S{n:02}"));
        }
        world.cues =
            vec![(at, Op::Remove((10, "S00".to_owned()))), (at, Op::Add((10, "NEW".to_owned())))];
        let (result, world) = read_world(world, &managed(&[10])).await;
        let (_, held) = result.unwrap();
        assert!(world.lock().unwrap().history[&10].contains(&held[&10]), "at {at}: {held:?}");
    }
}

#[tokio::test]
async fn an_addition_to_a_long_list_is_asked_for_and_nothing_listed_again() {
    let mut world = World::new(1);
    world.app(10);
    for n in 0..90 {
        world.give(10, &format!("S{n:02}"));
    }
    // Answers that overtake each other would hide somebody, and the asset be listed again.
    world.at_once = 1;
    world.cues = vec![(60, Op::AddFirst((10, "NEW".to_owned())))];
    let (result, world) = read_world(world, &managed(&[10])).await;
    let (actual, held) = result.unwrap();
    assert_eq!((held[&10].len(), held[&10].contains("NEW")), (91, true));
    assert_eq!(actual.assets[&asset(10)].assigned, 91);
    let seen = seen(&world);
    assert!(seen.iter().all(|seen| !seen.starts_with("assignments?adamId")), "{seen:?}");
    assert_eq!(seen.iter().filter(|seen| seen.contains("sinceVersionId=v100")).count(), 1);
}

#[tokio::test]
async fn an_addition_during_the_read_is_not_lost() {
    for at in 2..9 {
        let mut world = two_apps();
        world.cues =
            vec![(at, Op::Add((10, "NEW".to_owned()))), (at, Op::Add((10, "NEW2".to_owned())))];
        let (result, world) = read_world(world, &managed(&[10, 20])).await;
        let (actual, held) = result.unwrap();
        assert!(world.lock().unwrap().history[&10].contains(&held[&10]), "at {at}: {held:?}");
        let count = u64::try_from(held[&10].len()).unwrap();
        assert_eq!(actual.assets[&asset(10)].assigned, count, "counts are of the same moment");
    }
}

#[tokio::test]
async fn a_list_that_disagrees_with_apples_count_is_an_error_that_names_both() {
    let mut world = two_apps();
    world.miscount = 1;
    let (result, _) = read_world(world, &managed(&[10, 20])).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "asset 10: Apple lists 5 holders and counts 6 (assignedCount), after 4 more tries; Apple \
         may still be working on earlier changes: wait some minutes, then run it again"
    );
}

#[tokio::test]
async fn what_nobody_manages_cannot_stop_a_read() {
    let mut world = two_apps();
    world.app(30);
    world.give(30, "not/a serial");
    world.assets.get_mut(&20).unwrap()["assignedCount"] = json!(99);
    let (result, _) = read_world(world, &managed(&[10])).await;
    let (actual, held) = result.unwrap();
    assert_eq!(held[&10].len(), 5);
    assert!(!held.contains_key(&20), "what is not surely right is not there");
    assert_eq!(actual.assets[&asset(20)].assigned, 99);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_never_skipped() {
    let mut world = two_apps();
    world.give(10, "not/a serial");
    let (result, _) = read_world(world, &managed(&[10])).await;
    let text = result.unwrap_err().to_string();
    assert!(text.contains("the holder `not/a serial` of 10 is no serial number"), "{text}");

    let mut world = two_apps();
    world.give(10, "u:");
    let (result, _) = read_world(world, &managed(&[10])).await;
    let text = result.unwrap_err().to_string();
    assert!(text.contains("an assignment of 10 names no holder"), "{text}");
}

#[tokio::test]
async fn what_retired_people_hold_is_told_apart() {
    let mut world = two_apps();
    world.assets.insert(30, json!({"productType": "Book", "revocable": false}));
    world.users.push(("gone".to_owned(), "Retired".to_owned(), 0));
    for holder in ["u:ann", "u:gone"] {
        world.give(30, holder);
        world.give(10, holder);
    }
    let (result, _) = read_world(world, &managed(&[10, 20, 30])).await;
    let (actual, held) = result.unwrap();
    assert_eq!(held[&30], names(&["u:ann"]), "a retired person's book is out of reach");
    assert!(held[&10].contains("u:gone"), "an app can still come back");
    assert_eq!(actual.assets[&asset(30)].kind, AssetKind::Book);
    assert_eq!(actual.users[&ClientUserId::new("gone").unwrap()].status, UserStatus::Retired);
}

#[tokio::test]
async fn of_several_records_of_a_person_the_active_one_counts() {
    let mut world = two_apps();
    for status in ["Retired", "Associated", "Deleted"] {
        world.users.push(("eve".to_owned(), status.to_owned(), 0));
    }
    let (result, _) = read_world(world, &managed(&[])).await;
    let users = result.unwrap().0.users;
    assert_eq!(users[&ClientUserId::new("eve").unwrap()].status, UserStatus::Associated);
}

#[tokio::test]
async fn unlimited_assets_are_not_counted_with_either_way_they_come() {
    let mut world = two_apps();
    world.assets.get_mut(&10).unwrap()["totalCount"] = json!(2_147_483_647_u32);
    let (result, _) = read_world(world, &managed(&[10])).await;
    assert_eq!(result.unwrap().0.assets[&asset(10)].stock, Stock::Unlimited);
}

#[tokio::test]
async fn a_foreign_owner_is_read_and_reported() {
    let mut world = two_apps();
    world.owner = Some(json!({"id": "them", "name": "Other", "metadata": ""}));
    let (result, _) = read_world(world, &managed(&[10])).await;
    assert_eq!(result.unwrap().0.owner.unwrap().id, "them");
}

#[tokio::test]
async fn a_new_asset_and_a_retirement_during_the_read_are_seen() {
    for at in 2..8 {
        let mut world = two_apps();
        for n in 0..8 {
            world.users.push((format!("p{n}"), "Associated".to_owned(), 0));
        }
        world.cues = vec![(at, Op::User("ann".to_owned(), "Retired")), (at, Op::AddAsset(5))];
        let (result, _) = read_world(world, &managed(&[10, 20])).await;
        let (actual, _) = result.unwrap();
        assert!(actual.users.len() == 10, "at {at}: {:?}", actual.users);
        assert!(actual.assets.contains_key(&asset(20)), "at {at}");
    }
}

/// Long lists are not walked again and again: what changed is asked for.
#[tokio::test]
async fn a_long_list_of_people_is_mended_by_what_changed() {
    let mut world = World::new(1);
    for n in 0..90 {
        world.users.push((format!("p{n:02}"), "Associated".to_owned(), 0));
    }
    world.cues = vec![
        (40, Op::User("p01".to_owned(), "Retired")),
        (70, Op::User("new".to_owned(), "Registered")),
        (150, Op::User("p02".to_owned(), "Retired")),
    ];
    let (result, world) = read_world(world, &managed(&[])).await;
    let users = result.unwrap().0.users;
    let status = |id: &str| users[&ClientUserId::new(id).unwrap()].status;
    assert_eq!(users.len(), 91);
    assert_eq!((status("p01"), status("new")), (UserStatus::Retired, UserStatus::Registered));
    assert_eq!((status("p02"), status("p03")), (UserStatus::Retired, UserStatus::Associated));
    let seen = seen(&world);
    assert!(seen.contains(&"users?sinceVersionId=v100&pageIndex=0".to_owned()), "{seen:?}");
    assert!(seen.len() < 200, "{}", seen.len());
}

#[tokio::test]
async fn a_forgotten_version_means_reading_everything_again() {
    let mut world = World::new(1);
    world.app(10);
    for n in 0..80 {
        world.give(10, &format!("S{n:02}"));
    }
    world.cues = vec![(50, Op::Remove((10, "S00".to_owned()))), (51, Op::Forget)];
    let (result, world) = read_world(world, &managed(&[10])).await;
    assert_eq!(result.unwrap().1[&10].len(), 79);
    assert!(seen(&world).iter().any(|seen| seen.contains("sinceVersionId=v100")));
}

#[tokio::test]
async fn reading_back_lists_only_what_is_asked() {
    let (reader, world) = serve(two_apps()).await;
    let roster = Mutex::new(Roster::new());
    let wanted = BTreeSet::from([asset(10), asset(99)]);
    let held = read_back(&reader, &roster, &wanted).await.unwrap();
    assert_eq!((held[&asset(10)].len(), held[&asset(99)].len()), (5, 0));
    assert!(seen(&world).iter().all(|seen| !seen.starts_with("assets")));
}

#[test]
fn a_read_can_run_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let roster = Mutex::new(Roster::new());
    let make = |reader: &vpp::apple::Reader| {
        let scope = everything();
        is_send(&read(reader, &roster, &scope, Timestamp::UNIX_EPOCH, &|_| ()));
    };
    let _ = make;
}
