//! Random worlds and manifests: what is planned is done, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::subsequence;
use vpp::apply::outcome::RunResult;
use vpp::plan::Action;

use super::house::{House, Pair, pairs_of};

/// Devices `DMPX00000000` …; people `user-0` ….
const DEVICES: usize = 7;
const PEOPLE: usize = 5;

fn serial(n: usize) -> String {
    format!("DMPX0000000{n}")
}

/// One asset of the pool, as one location owns it.
#[derive(Debug, Clone)]
struct Owned {
    total: Option<usize>,
    devices: BTreeSet<usize>,
    people: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
struct Site {
    owned: Vec<Option<Owned>>,
    people: BTreeMap<usize, &'static str>,
    reclaim: &'static str,
    claimed: bool,
    retire: bool,
}

#[derive(Debug, Clone)]
struct Wish {
    locations: Vec<usize>,
    entries: Vec<(usize, &'static str)>,
    except: Option<usize>,
    reclaim: Option<&'static str>,
}

/// What Apple holds and what the manifests say. The last asset of the pool is a book.
#[derive(Debug, Clone)]
pub(super) struct Case {
    limits: [u32; 4],
    page: usize,
    sites: Vec<Site>,
    /// Groups of devices, then groups of people.
    devices: Vec<BTreeSet<usize>>,
    people: Vec<BTreeSet<usize>>,
    wishes: Vec<Wish>,
}

const POOL: usize = 4;
const GROUPS: usize = 2;

fn owned(book: bool) -> impl Strategy<Value = Option<Owned>> {
    let devices = btree_set(0..DEVICES, 0..5);
    let people = btree_set(0..PEOPLE, 0..4);
    let spare = prop_oneof![1 => Just(None), 5 => (0_usize..6).prop_map(Some)];
    let owned = (devices, people, spare).prop_map(move |(devices, people, spare)| {
        let devices = if book { BTreeSet::new() } else { devices };
        let held = devices.len() + people.len();
        Owned { total: spare.map(|spare| held + spare), devices, people }
    });
    prop_oneof![1 => Just(None), 6 => owned.prop_map(Some)]
}

fn site() -> impl Strategy<Value = Site> {
    let assets: Vec<_> = (0..POOL).map(|n| owned(n == POOL - 1).boxed()).collect();
    let status = prop_oneof![Just("Registered"), Just("Associated"), Just("Retired")];
    let people = proptest::collection::btree_map(0..PEOPLE, status, 0..PEOPLE);
    let reclaim = prop_oneof![Just("release"), Just("keep")];
    (assets, people, reclaim, any::<bool>(), any::<bool>()).prop_map(
        |(mut owned, mut people, reclaim, claimed, retire)| {
            // Whoever holds something is registered.
            for one in owned.iter_mut().flatten() {
                for person in &one.people {
                    people.entry(*person).or_insert("Associated");
                }
                // Retired people hold nothing but books.
            }
            for (n, one) in owned.iter_mut().enumerate() {
                if let Some(one) = one
                    && n != POOL - 1
                {
                    one.people.retain(|person| people[person] != "Retired");
                }
            }
            Site { owned, people, reclaim, claimed, retire }
        },
    )
}

fn wish(sites: usize) -> impl Strategy<Value = Wish> {
    let locations = subsequence((0..sites).collect::<Vec<_>>(), 1..=sites).prop_shuffle();
    let license =
        prop_oneof![3 => Just(""), 1 => Just("license: device"), 1 => Just("license: user")];
    let reclaim = prop_oneof![2 => Just(None), 1 => Just(Some("release")), 1 => Just(Some("keep"))];
    (locations, vec((0..2 * GROUPS, license), 0..3), proptest::option::of(0..2 * GROUPS), reclaim)
        .prop_map(|(locations, entries, except, reclaim)| Wish {
            locations,
            entries,
            except,
            reclaim,
        })
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let limits = [1..4_u32, 1..4, 1..5, 1..4];
    (limits, 3..40_usize, vec(site(), 1..4)).prop_flat_map(|(limits, page, sites)| {
        let count = sites.len();
        (
            Just((limits, page, sites)),
            vec(btree_set(0..DEVICES, 1..DEVICES), GROUPS),
            vec(btree_set(0..PEOPLE, 1..PEOPLE), GROUPS),
            vec(wish(count), POOL),
        )
            .prop_map(|((limits, page, sites), devices, people, wishes)| Case {
                limits,
                page,
                sites,
                devices,
                people,
                wishes,
            })
    })
}

fn list(names: impl IntoIterator<Item = String>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "called on what iterators lend")]
fn person(n: &usize) -> String {
    format!("user-{n}")
}

fn world(case: &Case) -> String {
    let [assets, people, devices, users] = case.limits;
    let mut text = format!(
        "apiVersion: vpp/v1\nkind: World\nlimits: {{ maxAssets: {assets}, maxClientUserIds: {people}, \
         maxSerialNumbers: {devices}, maxUsers: {users}, maxRequestPerSecond: 100000 }}\nlocations:\n"
    );
    for (at, site) in case.sites.iter().enumerate() {
        writeln!(text, "  - name: l{at}\n    uid: \"100{at}\"").unwrap();
        if site.claimed {
            writeln!(text, "    owner: {{ id: ours, name: IT }}").unwrap();
        }
        writeln!(text, "    users:").unwrap();
        for (n, status) in &site.people {
            writeln!(
                text,
                "      - {{ clientUserId: user-{n}, email: user-{n}@one.example, status: {status} }}"
            )
            .unwrap();
        }
        writeln!(text, "    assets:").unwrap();
        for (n, owned) in site.owned.iter().enumerate() {
            let Some(Owned { total, devices, people }) = owned else { continue };
            let kind = if n == POOL - 1 { "Book" } else { "App" };
            let total = total.map_or("unlimited".to_owned(), |total| total.to_string());
            let devices = list(devices.iter().map(|n| serial(*n)));
            let people = list(people.iter().map(person));
            writeln!(
                text,
                "      - {{ adamId: 10{n}, type: {kind}, total: {total}, assigned: {{ devices: \
                 [{devices}], users: [{people}] }} }}"
            )
            .unwrap();
        }
    }
    text.replace("    users:\n    assets:", "    assets:")
}

fn manifests(case: &Case) -> Vec<(&'static str, String)> {
    let mut text = String::new();
    for (at, site) in case.sites.iter().enumerate() {
        let retire = if site.retire { "users: { retire: unreferenced }\n" } else { "" };
        writeln!(
            text,
            "apiVersion: vpp/v1\nkind: Location\nname: l{at}\nuid: \"100{at}\"\ntoken: {{ env: T }}\n\
             owner: {{ id: ours, name: IT }}\nreclaim: {}\n{retire}---",
            site.reclaim
        )
        .unwrap();
    }
    text.push_str(
        "apiVersion: vpp/v1\nkind: Inventory\nname: devices\ncsv: { path: devices.csv, serial: \
         serial, user: user }\n---\napiVersion: vpp/v1\nkind: Inventory\nname: people\ncsv: { path: \
         people.csv, user: user, email: email }\n---\n",
    );
    for (at, members) in case.devices.iter().enumerate() {
        let members = list(members.iter().map(|n| serial(*n)));
        writeln!(text, "apiVersion: vpp/v1\nkind: Group\nname: g{at}\ndevices: [{members}]\n---")
            .unwrap();
    }
    for (at, members) in case.people.iter().enumerate() {
        let members = list(members.iter().map(person));
        let at = at + GROUPS;
        writeln!(text, "apiVersion: vpp/v1\nkind: Group\nname: g{at}\nusers: [{members}]\n---")
            .unwrap();
    }
    for (n, wish) in case.wishes.iter().enumerate() {
        let book = n == POOL - 1;
        let (kind, more) = if book { ("Book", "irrevocable: true\n") } else { ("App", "") };
        let locations = list(wish.locations.iter().map(|at| format!("l{at}")));
        write!(
            text,
            "apiVersion: vpp/v1\nkind: {kind}\nname: a{n}\nadamId: \"10{n}\"\n{more}location: \
             [{locations}]\nwhenShort: fill\n"
        )
        .unwrap();
        if let Some(reclaim) = wish.reclaim {
            writeln!(text, "reclaim: {reclaim}").unwrap();
        }
        if let Some(group) = wish.except {
            writeln!(text, "except: [g{group}]").unwrap();
        }
        let mut entries = vec![];
        let mut taken = BTreeSet::new();
        for (group, license) in &wish.entries {
            let group = if book { GROUPS + group % GROUPS } else { *group };
            if !taken.insert(group) {
                continue;
            }
            // A group of devices cannot be licensed by person without owners everywhere.
            let license = if book || group < GROUPS { "" } else { license };
            let comma = if license.is_empty() { "" } else { ", " };
            entries.push(format!("{{ to: g{group}{comma}{license} }}"));
        }
        writeln!(text, "assign: [{}]\n---", entries.join(", ")).unwrap();
    }
    let mut devices = "serial,user\n".to_owned();
    for n in 0..DEVICES {
        writeln!(devices, "{},user-{}", serial(n), n % PEOPLE).unwrap();
    }
    let mut people = "user,email\n".to_owned();
    for n in 0..PEOPLE {
        // Every third person has a new address.
        let domain = if n % 3 == 0 { "two" } else { "one" };
        writeln!(people, "user-{n},user-{n}@{domain}.example").unwrap();
    }
    vec![("all.yaml", text), ("devices.csv", devices), ("people.csv", people)]
}

async fn house(case: &Case, chaos: Option<u64>) -> House {
    let files = manifests(case);
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    House::with(&world(case), &files, |options| {
        options.page_size = case.page;
        options.chaos_seed = chaos;
    })
    .await
}

/// Never more licenses out than there are.
fn within_totals(house: &House) {
    for location in house.sandbox.snapshot().locations {
        for asset in location.assets {
            let total = asset.total.unwrap_or(u64::MAX);
            assert!(asset.assigned + asset.retired <= total, "{asset:?}");
        }
    }
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_planned_is_done_and_nothing_else(case in case()) {
        run(async {
            let house = house(&case, None).await;
            let before = house.sandbox.snapshot();
            let (plan, writers) = house.survey().await;
            let wanted = pairs_of(&plan);
            let report = house.carry_out(&plan, &writers).await;
            prop_assert_done(&report.result);
            let written = house.written();
            let sent: BTreeSet<Pair> = written.iter().cloned().collect();
            assert_eq!(sent, wanted, "sent is what was planned");
            // A pair is sent twice only where the trial's saves a request.
            assert!(written.len() <= wanted.len() + 2 * plan.locations.len());
            within_totals(&house);
            for location in &before.locations {
                let snapshot = house.sandbox.snapshot();
                let now = snapshot.location(&location.name).unwrap();
                let (was, is) = (location.pairs(), now.pairs());
                let people = plan.locations.iter().filter(|one| one.name == location.name);
                let people = people.map(|one| &one.users).next().unwrap();
                let created: Vec<String> =
                    people.create.iter().map(|one| one.client_user_id.to_string()).collect();
                let retired: Vec<String> = people.retire.iter().map(ToString::to_string).collect();
                for (adam, price, holder) in was.symmetric_difference(&is) {
                    let given = is.contains(&(*adam, *price, *holder));
                    let action = if given { Action::Assign } else { Action::Release };
                    let [place, adam, price, who] =
                        [location.name.as_str(), *adam, *price, *holder].map(ToOwned::to_owned);
                    // Retiring people takes back what they hold; who comes back has their books.
                    let side_effect = if given {
                        let back = location.asset(&adam).unwrap().retired_users.contains(&who);
                        back && created.contains(&who)
                    } else {
                        retired.contains(&who)
                    };
                    let pair = (place, action, adam, price, who);
                    assert!(side_effect || wanted.contains(&pair), "{pair:?}");
                }
            }
            let again = house.plan().await;
            assert!(again.is_empty(), "{again:#?}");
            house.stop().await;
        });
    }
}

fn prop_assert_done(result: &RunResult) {
    assert!(matches!(result, RunResult::Done | RunResult::Nothing), "{result:?}");
}

/// Throttling, lost replies, partial failures, moving pages and stuck events only make it slower.
#[test]
fn chaos_changes_nothing_but_the_time_it_takes() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, RngSeed, TestRunner};

    let config = Config { rng_seed: RngSeed::Fixed(11), ..Config::default() };
    let mut runner = TestRunner::new(config);
    let cases: Vec<Case> =
        (0..16).map(|_| case().new_tree(&mut runner).unwrap().current()).collect();
    let runs = cases.iter().zip(0_u64..).map(|(case, seed)| async move {
        let house = house(case, Some(seed)).await;
        let mut allowed = BTreeSet::new();
        let mut runs = 0;
        let left = loop {
            let (plan, writers) = house.survey().await;
            assert!(plan.complete, "seed {seed}: {:?}", plan.locations[0].failed);
            allowed.extend(pairs_of(&plan));
            if plan.is_empty() {
                break None;
            }
            if runs == 8 {
                break Some(plan);
            }
            runs += 1;
            house.carry_out(&plan, &writers).await;
            within_totals(&house);
        };
        assert!(left.is_none(), "seed {seed}: {left:#?}");
        for pair in house.written() {
            assert!(allowed.contains(&pair), "seed {seed}: {pair:?} was in no plan");
        }
        house.stop().await;
    });
    run(async {
        futures_util::future::join_all(runs).await;
    });
}
