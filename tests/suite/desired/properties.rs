//! What holds for every set of manifests.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vpp::manifest::kind::WhenShort;

use crate::inventory::world::{Outcome, World};

/// A small school, by numbers: rows, groups and apps that refer to them.
#[derive(Debug, Clone)]
struct School {
    /// Serial number and user (0: nobody), grade, family.
    devices: Vec<(u8, u8, u8, u8)>,
    groups: Vec<GroupOf>,
    apps: Vec<AppOf>,
}

/// Entries (group, intent, license) and exceptions.
type AppOf = (Vec<(usize, u8, u8)>, Vec<usize>);

#[derive(Debug, Clone)]
enum GroupOf {
    Grade(u8),
    Family(u8),
    GradeAndFamily(u8, u8),
    Devices(BTreeSet<u8>),
    Users(BTreeSet<u8>),
    /// Groups before this one, by number modulo how many there are.
    Include(usize, usize),
}

const GROUPS: usize = 8;

fn group() -> impl Strategy<Value = GroupOf> {
    prop_oneof![
        (0..3_u8).prop_map(GroupOf::Grade),
        (0..2_u8).prop_map(GroupOf::Family),
        (0..3_u8, 0..2_u8).prop_map(|(grade, family)| GroupOf::GradeAndFamily(grade, family)),
        prop::collection::btree_set(0..14_u8, 0..4).prop_map(GroupOf::Devices),
        prop::collection::btree_set(1..6_u8, 0..3).prop_map(GroupOf::Users),
        (0..GROUPS, 0..GROUPS).prop_map(|(a, b)| GroupOf::Include(a, b)),
    ]
}

fn school() -> impl Strategy<Value = School> {
    let row = (0..12_u8, 0..6_u8, 0..3_u8, 0..2_u8);
    let app = (
        prop::collection::vec((0..GROUPS, 0..3_u8, 0..3_u8), 0..5),
        prop::collection::vec(0..GROUPS, 0..2),
    );
    (
        prop::collection::vec(row, 1..12),
        prop::collection::vec(group(), GROUPS),
        prop::collection::vec(app, 1..4),
    )
        .prop_map(|(devices, groups, apps)| School { devices, groups, apps })
}

fn entry(&(group, intent, license): &(usize, u8, u8)) -> String {
    let intent = ["", ":available", ":uninstall"][usize::from(intent)];
    let license = ["", ":user", ":device"][usize::from(license)];
    format!("g{group}{intent}{license}")
}

impl School {
    /// Its manifests with everything that has no meaning in another order.
    fn world(&self, order: &Order) -> World {
        let mut world = World::new();
        let mut rows: Vec<String> = self
            .devices
            .iter()
            .map(|&(serial, user, grade, family)| {
                let user = if user == 0 { String::new() } else { format!("u{user}") };
                format!("S{serial},{user},{grade},{family}\n")
            })
            .collect();
        shuffle(&mut rows, order.rows);
        let devices = format!("serial,owner,grade,family\n{}", rows.concat());
        let mails: String = (1..6).map(|n| format!("u{n},u{n}@school.test\n")).collect();
        let people = format!("id,mail\n{mails}");
        let add_devices =
            |world: &mut World| world.csv("devices", "serial=serial user=owner", &devices);
        let add_people = |world: &mut World| world.csv("people", "user=id email=mail", &people);
        if order.people_first {
            add_people(&mut world);
            add_devices(&mut world);
        } else {
            add_devices(&mut world);
            add_people(&mut world);
        }
        for (index, group) in self.groups.iter().enumerate() {
            group.add_to(&mut world, index);
        }
        shuffle(&mut world.manifests.groups, order.groups);
        for (index, (assign, except)) in self.apps.iter().enumerate() {
            let assign: Vec<String> = assign.iter().map(entry).collect();
            let except: Vec<String> = except.iter().map(|group| format!("g{group}")).collect();
            world.app(&(index + 1).to_string(), &borrowed(&assign), &borrowed(&except));
        }
        shuffle(&mut world.manifests.assets, order.assets);
        world
    }
}

impl GroupOf {
    fn add_to(&self, world: &mut World, index: usize) {
        let name = &format!("g{index}");
        let texts = |set: &BTreeSet<u8>, prefix: &str| -> Vec<String> {
            set.iter().map(|n| format!("{prefix}{n}")).collect()
        };
        match self {
            Self::Grade(grade) => {
                world.filtered(name, "devices", &format!("row.grade == '{grade}'"));
            }
            Self::Family(family) => {
                world.filtered(name, "devices", &format!("row['family'] == '{family}'"));
            }
            Self::GradeAndFamily(grade, family) => {
                let filter = format!("row.grade == '{grade}' && row.family == '{family}'");
                world.filtered(name, "devices", &filter);
            }
            Self::Devices(serials) => world.devices(name, &borrowed(&texts(serials, "S"))),
            Self::Users(users) => world.users(name, &borrowed(&texts(users, "u"))),
            Self::Include(..) => {
                let groups = included(index, self);
                let names: Vec<String> = groups.iter().map(|n| format!("g{n}")).collect();
                world.including(name, &borrowed(&names));
            }
        }
    }
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Numbers of the groups a group includes: only ones before it.
fn included(index: usize, group: &GroupOf) -> Vec<usize> {
    if let GroupOf::Include(a, b) = group
        && index > 0
    {
        vec![a % index, b % index]
    } else {
        vec![]
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Order {
    rows: u64,
    people_first: bool,
    groups: u64,
    assets: u64,
}

fn order() -> impl Strategy<Value = Order> {
    (any::<u64>(), any::<bool>(), any::<u64>(), any::<u64>()).prop_map(
        |(rows, people_first, groups, assets)| Order { rows, people_first, groups, assets },
    )
}

fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for end in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(end, usize::try_from(seed >> 33).unwrap() % (end + 1));
    }
}

/// For each app the holders of each entry, and what the guards look at.
type Meaning = BTreeMap<String, (Vec<Vec<String>>, Vec<String>)>;

fn meaning(outcome: &Outcome) -> Meaning {
    let assets = &outcome.resolved.desired.assets;
    assets
        .iter()
        .map(|asset| {
            let entries = asset.entries.iter().map(|entry| outcome.names(&entry.holders)).collect();
            (asset.name.clone(), (entries, outcome.names(&asset.except)))
        })
        .collect()
}

/// The same worked out holder by holder, with sets of texts.
fn oracle(school: &School) -> Meaning {
    let device = |serial: u8| format!("S{serial}");
    let user = |user: u8| (user > 0).then(|| format!("u{user}"));
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for &(serial, owner, ..) in &school.devices {
        used.extend(user(owner).map(|user| (device(serial), user)));
    }
    let users_of = |one: &str| -> Vec<String> {
        used.iter().filter(|(device, _)| device == one).map(|(_, user)| user.clone()).collect()
    };
    let devices_of = |one: &str| -> Vec<String> {
        used.iter().filter(|(_, user)| user == one).map(|(device, _)| device.clone()).collect()
    };
    let mut groups: Vec<[BTreeSet<String>; 3]> = vec![];
    for (index, group) in school.groups.iter().enumerate() {
        let mut sets: [BTreeSet<String>; 3] = Default::default();
        for &(serial, owner, grade, family) in &school.devices {
            let in_it = match group {
                GroupOf::Grade(wanted) => grade == *wanted,
                GroupOf::Family(wanted) => family == *wanted,
                GroupOf::GradeAndFamily(first, second) => grade == *first && family == *second,
                GroupOf::Devices(_) | GroupOf::Users(_) | GroupOf::Include(..) => false,
            };
            if in_it {
                sets[0].insert(device(serial));
                match user(owner) {
                    Some(user) => sets[1].extend([user]),
                    None => sets[1].extend(users_of(&device(serial))),
                }
            }
        }
        match group {
            GroupOf::Devices(serials) => {
                for serial in serials.iter().map(|&serial| device(serial)) {
                    sets[1].extend(users_of(&serial));
                    sets[0].insert(serial);
                }
            }
            GroupOf::Users(users) => {
                for user in users.iter().filter_map(|&one| user(one)) {
                    sets[2].extend(devices_of(&user));
                    sets[0].insert(user);
                }
            }
            GroupOf::Grade(_)
            | GroupOf::Family(_)
            | GroupOf::GradeAndFamily(..)
            | GroupOf::Include(..) => {}
        }
        for inner in included(index, group) {
            let inner = groups[inner].clone();
            for (set, inner) in sets.iter_mut().zip(inner) {
                set.extend(inner);
            }
        }
        groups.push(sets);
    }
    let reach = |group: usize, license: u8| -> BTreeSet<String> {
        let [members, users_of_devices, devices_of_users] = &groups[group];
        match license {
            0 => members.clone(),
            1 => members
                .iter()
                .filter(|name| name.starts_with('u'))
                .chain(users_of_devices)
                .cloned()
                .collect(),
            _ => members
                .iter()
                .filter(|name| name.starts_with('S'))
                .chain(devices_of_users)
                .cloned()
                .collect(),
        }
    };
    let app = |(assign, except): &AppOf| {
        let mut out: BTreeSet<String> = BTreeSet::new();
        for &group in except {
            out.extend(reach(group, 0));
            for &(_, _, license) in assign {
                out.extend(reach(group, license));
            }
        }
        let everybody: BTreeSet<String> =
            assign.iter().flat_map(|&(group, _, license)| reach(group, license)).collect();
        let mut holders = vec![vec![]; assign.len()];
        for one in everybody.difference(&out) {
            let named = (0..assign.len()).filter(|&index| {
                let (group, _, license) = assign[index];
                reach(group, license).contains(one)
            });
            // The lowest intent, and of those the earliest entry.
            let winner = named.min_by_key(|&index| (assign[index].1, index)).unwrap();
            holders[winner].push(one.clone());
        }
        (holders, out.into_iter().collect())
    };
    let apps = school.apps.iter().enumerate();
    apps.map(|(index, spec)| (format!("app-{}", index + 1), app(spec))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn entries_decide_as_a_naive_reading_of_the_rules_does(school in school()) {
        let outcome = school.world(&Order::default()).resolve();
        prop_assert_eq!(meaning(&outcome), oracle(&school));
    }

    #[test]
    fn the_order_of_rows_and_documents_changes_nothing(school in school(), order in order()) {
        let first = school.world(&Order::default()).resolve();
        let second = school.world(&order).resolve();
        prop_assert_eq!(meaning(&first), meaning(&second));
        prop_assert_eq!(first.digest(), second.digest());
    }

    #[test]
    fn sets_of_one_app_are_disjoint_and_nobody_excepted_is_in_them(school in school()) {
        let outcome = school.world(&Order::default()).resolve();
        for asset in &outcome.resolved.desired.assets {
            for (index, entry) in asset.entries.iter().enumerate() {
                prop_assert_eq!(entry.holders.intersection_len(&asset.except), 0);
                for other in &asset.entries[index + 1..] {
                    prop_assert_eq!(entry.holders.intersection_len(&other.holders), 0);
                }
            }
        }
    }
}

fn small() -> World {
    let mut world = World::new();
    world.csv("people", "user=id email=mail", "id,mail\nann,ann@school.test\n");
    world.devices("a", &["S1", "S2"]);
    world.devices("b", &["S2", "S3"]);
    world.users("c", &["ann"]);
    world.app("1", &["a", "b", "c"], &[]);
    world.app("2", &["a:uninstall"], &[]);
    world
}

#[test]
fn the_digest_does_not_count_how_something_is_written_down() {
    let digest = small().resolve().digest();
    assert_eq!(digest.len(), 64);
    let changes: [fn(&mut World); 5] = [
        |world| world.manifests.assets[0].name.value = "renamed".into(),
        |world| world.manifests.assets[0].assign.reverse(),
        |world| world.manifests.assets.reverse(),
        |world| {
            world.manifests.groups[0].name.value = "renamed".into();
            world.manifests.assets[0].assign[0].to.value = "renamed".into();
            world.manifests.assets[1].assign[0].to.value = "renamed".into();
        },
        |world| {
            // S2 is in both groups.
            world.manifests.groups[1].devices.remove(0);
            world.app("3", &[], &[]);
            world.manifests.assets.pop();
        },
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut world = small();
        change(&mut world);
        assert_eq!(world.resolve().digest(), digest, "change {index}");
    }
}

#[test]
fn the_digest_counts_everything_that_has_an_effect() {
    let changes: [fn(&mut World); 12] = [
        |_| {},
        |world| drop(world.manifests.assets.remove(1)),
        |world| world.app("3", &[], &[]),
        |world| drop(world.manifests.groups[1].devices.remove(1)),
        |world| world.manifests.assets[0].bundle_id = Some(world.at("a.b".into())),
        |world| world.manifests.assets[0].locations[0].value = "there".into(),
        |world| world.manifests.assets[0].irrevocable = true,
        |world| world.manifests.assets[0].when_short = WhenShort::Fill,
        |world| {
            world.manifests.assets[0].when_short = WhenShort::Fill;
            world.manifests.assets[0].assign.reverse();
        },
        |world| {
            let keep = vpp::manifest::kind::ReclaimMode::Keep;
            world.manifests.assets[0].reclaim = Some(world.at(keep));
        },
        |world| {
            let available = vpp::manifest::kind::Intent::Available;
            world.manifests.assets[0].assign[0].intent = available;
        },
        |world| {
            world.file("data/people.csv", "id,mail\nann,other@school.test\n");
        },
    ];
    let digests: BTreeSet<String> = changes
        .iter()
        .map(|change| {
            let mut world = small();
            change(&mut world);
            world.resolve().digest()
        })
        .collect();
    assert_eq!(digests.len(), changes.len());
}
