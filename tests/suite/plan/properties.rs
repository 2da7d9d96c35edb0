//! Random worlds, held against a naive planner that goes pair by pair.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vpp::actual::{Stock, UserRecord, UserStatus};
use vpp::license::{Asset, Holder};
use vpp::manifest::kind::{Intent, ReclaimMode, RetireUsers};
use vpp::plan::{Action, Plan, lint};

use super::world::{App, NORTH, World, devices, users};

/// What one plan does with one license.
type Pairs = BTreeSet<(String, Asset, Holder, Action)>;

fn pairs(plan: &Plan) -> Pairs {
    let mut pairs = BTreeSet::new();
    for change in &plan.changes {
        let devices = change.devices.iter().cloned().map(Holder::Device);
        for holder in devices.chain(change.users.iter().cloned().map(Holder::User)) {
            pairs.insert((change.location.clone(), change.asset, holder, change.action));
        }
    }
    pairs
}

/// What the design says of one holder of one app: wanted, uninstalled, or named by nobody.
fn intent(world: &World, app: &App, holder: &Holder) -> Option<Intent> {
    if app.except.iter().any(|group| world.members(group).contains(holder)) {
        return None;
    }
    let named = app.entries.iter().filter(|(_, group)| world.members(group).contains(holder));
    named.map(|(intent, _)| *intent).min()
}

/// The first entry, in order, of the intent that decides over the holder.
fn entry(world: &World, app: &App, holder: &Holder) -> usize {
    let decides = intent(world, app, holder);
    let of = |(other, group): &(Intent, String)| {
        Some(*other) == decides && world.members(group).contains(holder)
    };
    app.entries.iter().position(of).unwrap_or(usize::MAX)
}

/// The naive planner.
fn oracle(world: &World) -> Pairs {
    let mut out = BTreeSet::new();
    for app in &world.apps {
        let sites: Vec<_> = app
            .locations
            .iter()
            .map(|name| world.sites.iter().find(|site| site.name == *name).unwrap())
            .collect();
        let everybody: BTreeSet<Holder> = sites
            .iter()
            .flat_map(|site| site.held.get(&app.asset).into_iter().flatten().cloned())
            .chain(app.entries.iter().flat_map(|(_, group)| world.members(group)))
            .collect();
        let wants = |holder: &Holder| {
            matches!(intent(world, app, holder), Some(Intent::Required | Intent::Available))
        };
        let has = |site: usize, holder: &Holder| {
            sites[site].held.get(&app.asset).is_some_and(|held| held.contains(holder))
        };
        let mut free: Vec<Option<u64>> = vec![];
        for (index, site) in sites.iter().enumerate() {
            let mut released = 0;
            for holder in everybody.iter().filter(|holder| has(index, holder)) {
                let first = (0..index).all(|earlier| !has(earlier, holder));
                if wants(holder) && first {
                    continue;
                }
                let mode = app.reclaim.or(site.reclaim).unwrap_or(ReclaimMode::Keep);
                let action = match (intent(world, app, holder), mode) {
                    (Some(Intent::Uninstall), _) | (_, ReclaimMode::Uninstall) => Action::Uninstall,
                    (_, ReclaimMode::Release) => Action::Release,
                    (_, ReclaimMode::Keep) => continue,
                };
                released += u64::from(action == Action::Release);
                out.insert((site.name.clone(), app.asset, holder.clone(), action));
            }
            let held = site.held.get(&app.asset).map_or(0, BTreeSet::len);
            free.push(match site.owned.get(&app.asset).map(|owned| owned.stock) {
                None => Some(0),
                Some(Stock::Unlimited) => None,
                Some(Stock::Limited { total, .. }) => {
                    Some(total - u64::try_from(held).unwrap() + released)
                }
            });
        }
        let nowhere = |holder: &&Holder| (0..sites.len()).all(|site| !has(site, holder));
        let mut new: Vec<&Holder> =
            everybody.iter().filter(|holder| wants(holder)).filter(nowhere).collect();
        new.sort_by_key(|holder| (entry(world, app, holder), (*holder).clone()));
        for holder in new {
            let place = free.iter().position(|free| *free != Some(0));
            if let Some(place) = place {
                free[place] = free[place].map(|free| free - 1);
                let name = sites[place].name.clone();
                out.insert((name, app.asset, holder.clone(), Action::Assign));
            }
        }
    }
    out
}

/// Does what the plan says; uninstalls are proven where `proven` says so.
fn apply(mut world: World, plan: &Plan, proven: bool) -> World {
    for location in &plan.locations {
        let site = world.sites.iter_mut().find(|site| site.name == location.name).unwrap();
        for user in &location.users.create {
            let record = UserRecord {
                status: UserStatus::Registered,
                email: user.email.clone(),
                invite_code: None,
            };
            site.users.insert(user.client_user_id.clone(), record);
        }
        for user in &location.users.update {
            let record = site.users.get_mut(&user.client_user_id).unwrap();
            record.email.clone_from(&user.email);
        }
        for user in &location.users.retire {
            site.users.get_mut(user).unwrap().status = UserStatus::Retired;
            let holder = Holder::User(user.clone());
            for (asset, held) in &mut site.held {
                // Apple takes a retired person's licenses back: they must all have been released.
                let released = pairs(plan).contains(&(
                    location.name.clone(),
                    *asset,
                    holder.clone(),
                    Action::Release,
                ));
                assert_eq!(held.contains(&holder), released, "{user} is retired with a license");
            }
        }
        if let Some(claim) = &location.claim {
            site.owner = Some(claim.clone());
        }
    }
    for (location, asset, holder, action) in pairs(plan) {
        let site = world.sites.iter_mut().find(|site| site.name == location).unwrap();
        let held = site.held.entry(asset).or_default();
        match action {
            Action::Assign => assert!(held.insert(holder), "given twice"),
            Action::Release => assert!(held.remove(&holder), "nothing to release"),
            Action::Uninstall => {
                assert!(held.contains(&holder), "nothing to uninstall");
                if proven {
                    held.remove(&holder);
                }
            }
        }
    }
    for site in &world.sites {
        for (asset, owned) in &site.owned {
            if let Stock::Limited { total, .. } = owned.stock {
                let held = u64::try_from(site.held.get(asset).map_or(0, BTreeSet::len)).unwrap();
                assert!(held <= total, "{held} of {total} licenses of {asset} given");
            }
        }
    }
    world
}

const GROUPS: [&str; 4] = ["a", "b", "c", "d"];
const PEOPLE: [&str; 3] = ["ada", "bob", "eve"];

fn holders() -> impl Strategy<Value = Vec<Holder>> {
    let some = (
        proptest::collection::btree_set(1..9_u32, 0..6),
        proptest::sample::subsequence(&PEOPLE[..], 0..=3),
    );
    some.prop_map(|(numbers, people)| {
        let people = people.into_iter().flat_map(|id| users([id]));
        devices(numbers).into_iter().chain(people).collect()
    })
}

fn mode() -> impl Strategy<Value = Option<ReclaimMode>> {
    proptest::option::of(prop_oneof![
        Just(ReclaimMode::Uninstall),
        Just(ReclaimMode::Release),
        Just(ReclaimMode::Keep),
    ])
}

#[derive(Debug, Clone)]
struct Drawn {
    entries: Vec<(usize, usize)>,
    except: Option<usize>,
    reclaim: Option<ReclaimMode>,
    fill: bool,
    places: usize,
    stock: [Option<u64>; 2],
    held: [Vec<Holder>; 2],
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let stock = || proptest::option::weighted(0.8, 0..8_u64);
    (
        proptest::collection::vec((0..3_usize, 0..4_usize), 0..4),
        proptest::option::weighted(0.3, 0..4_usize),
        mode(),
        any::<bool>(),
        0..4_usize,
        [stock(), stock()],
        [holders(), holders()],
    )
        .prop_map(|(entries, except, reclaim, fill, places, stock, held)| Drawn {
            entries,
            except,
            reclaim,
            fill,
            places,
            stock,
            held,
        })
}

fn worlds() -> impl Strategy<Value = World> {
    (
        proptest::collection::vec(holders(), 4),
        [mode(), mode()],
        proptest::collection::vec(drawn(), 1..4),
        any::<bool>(),
    )
        .prop_map(|(groups, modes, apps, retire)| {
            let mut world = World::new().location("south");
            for (site, mode) in world.sites.iter_mut().zip(modes) {
                site.reclaim = mode;
                site.retire = if retire { RetireUsers::Unreferenced } else { RetireUsers::Never };
            }
            for (name, holders) in GROUPS.iter().zip(groups) {
                world = world.group(name, holders);
            }
            for (number, drawn) in apps.into_iter().enumerate() {
                world = app(world, number, drawn);
            }
            world
        })
}

fn app(world: World, number: usize, drawn: Drawn) -> World {
    let mut world = world.app(&format!("app-{number}"));
    world = match drawn.places {
        0 => world,
        1 => world.in_locations(&["south"]),
        2 => world.in_locations(&[NORTH, "south"]),
        _ => world.in_locations(&["south", NORTH]),
    };
    for (intent, group) in drawn.entries {
        let group = GROUPS[group];
        world = match intent {
            0 => world.to(group),
            1 => world.available(group),
            _ => world.uninstall(group),
        };
    }
    if let Some(group) = drawn.except {
        world = world.except(GROUPS[group]);
    }
    if let Some(mode) = drawn.reclaim {
        world = world.reclaim(mode);
    }
    if drawn.fill {
        world = world.fill();
    }
    for ((location, free), held) in [NORTH, "south"].into_iter().zip(drawn.stock).zip(drawn.held) {
        world = match free {
            Some(free) => world.owns_at(location, free + u64::try_from(held.len()).unwrap()),
            None if location == NORTH => world.unlimited(),
            None => world.owns_at(location, u64::try_from(held.len()).unwrap()),
        };
        world = world.held_at(location, held);
    }
    world
}

/// How often each asset is held, over all locations.
fn doubles(world: &World) -> BTreeMap<(Asset, Holder), usize> {
    let mut counts = BTreeMap::new();
    for (asset, held) in world.sites.iter().flat_map(|site| &site.held) {
        for holder in held {
            *counts.entry((*asset, holder.clone())).or_default() += 1;
        }
    }
    counts
}

proptest! {
    #[test]
    fn the_plan_is_the_naive_planners(world in worlds()) {
        let plan = world.plan();
        prop_assert_eq!(lint(&plan), vec![]);
        prop_assert_eq!(pairs(&plan), oracle(&world));
    }

    #[test]
    fn numbering_does_not_show(world in worlds()) {
        prop_assert_eq!(world.plan(), world.clone().numbered_backwards().plan());
    }

    #[test]
    fn a_plan_that_was_applied_leaves_nothing_to_do(world in worlds()) {
        let plan = world.plan();
        // Unproven uninstalls are asked for again, and nothing else is.
        let waiting = apply(world.clone(), &plan, false).plan();
        prop_assert_eq!(lint(&waiting), vec![]);
        let uninstalls: Pairs =
            pairs(&plan).into_iter().filter(|pair| pair.3 == Action::Uninstall).collect();
        prop_assert_eq!(pairs(&waiting), uninstalls);
        prop_assert!(people(&waiting).is_empty());
        // What was short may get a license that an uninstall freed; then nothing is left.
        let mut now = apply(world.clone(), &plan, true);
        let then = now.plan();
        prop_assert!(then.summary.reclaim == 0, "{:?}", then.changes);
        prop_assert!(plan.summary.short > 0 || then.changes.is_empty());
        now = apply(now, &then, true);
        let last = now.plan();
        prop_assert!(last.changes.is_empty() && people(&last).is_empty());
        // Nobody is given a second license of what another location gave.
        let before = doubles(&world);
        for (pair, count) in doubles(&now) {
            let elsewhere = before.get(&pair).copied().unwrap_or(0);
            let apps: Vec<_> = world.apps.iter().filter(|app| app.asset == pair.0).collect();
            let both = apps.iter().all(|app| app.locations.len() == 2);
            prop_assert!(!both || count <= elsewhere.max(1));
        }
    }
}

/// Whether anybody is to be registered, updated or retired.
fn people(plan: &Plan) -> Vec<String> {
    let lists = plan.locations.iter().map(|location| &location.users);
    lists
        .flat_map(|users| {
            let details = users.create.iter().chain(&users.update);
            let ids = details.map(|user| user.client_user_id.to_string());
            ids.chain(users.retire.iter().map(ToString::to_string)).collect::<Vec<_>>()
        })
        .collect()
}
