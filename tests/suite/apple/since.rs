//! Reading only what changed comes to the same as reading everything, whatever happened meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use vpp::actual::{Actual, Keep, ReadError, ReadScope, Snapshot, read, read_since};
use vpp::apple::{Connection, Endpoint, Reader, Token, Writer};
use vpp::license::{ClientUserId, HolderRef, Roster, UserDetails};
use vpp::sandbox::world::Pricing;
use vpp::sandbox::{Change, ChangeAssignments, Options, Running, Sandbox};

use super::fake::{Op, Shared, World, serve};
use super::reading::{asset, managed};

fn start() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

type Names = BTreeMap<u64, BTreeSet<String>>;

/// Who holds what, by name.
fn named(actual: &Actual, roster: &Roster) -> Names {
    let name = |holder: HolderRef<'_>| match holder {
        HolderRef::Device(serial) => serial.to_owned(),
        HolderRef::User(user) => format!("u:{user}"),
    };
    let held = actual.held.iter();
    held.map(|(asset, set)| {
        (asset.adam_id.get(), roster.sorted(set).into_iter().map(name).collect())
    })
    .collect()
}

/// Reads as run after run does: what is kept goes through bytes and another roster.
#[derive(Default)]
struct Runs {
    kept: Option<Vec<u8>>,
}

impl Runs {
    async fn next(
        &mut self,
        reader: &Reader,
        scope: &ReadScope,
        now: Timestamp,
    ) -> Result<(Actual, Names), ReadError> {
        let mut roster = Roster::new();
        // Numbers differ from run to run.
        roster.number(HolderRef::Device("S3")).unwrap();
        let before = self.kept.as_ref().map(|bytes| Snapshot::decode(bytes, &mut roster).unwrap());
        let roster = Mutex::new(roster);
        let (actual, keep) = read_since(reader, &roster, scope, before, now, &|_| ()).await?;
        let roster = roster.into_inner().unwrap();
        match keep {
            Keep::Same => assert!(self.kept.is_some()),
            Keep::New(snapshot) => self.kept = Some(snapshot.encode(&roster).unwrap()),
            Keep::Nothing => self.kept = None,
        }
        let held = named(&actual, &roster);
        Ok((actual, held))
    }
}

/// What a full read says, held against what a read with a snapshot said.
async fn same_as_whole(
    reader: &Reader,
    scope: &ReadScope,
    (actual, held): &(Actual, Names),
) -> Result<(), TestCaseError> {
    let roster = Mutex::new(Roster::new());
    let whole = read(reader, &roster, scope, start(), &|_| ()).await.unwrap();
    let all = named(&whole, &roster.into_inner().unwrap());
    for managed in &scope.managed {
        let app = managed.adam_id.get();
        prop_assert_eq!(held.get(&app), all.get(&app), "{}", app);
    }
    if scope.full {
        prop_assert_eq!(held, &all);
    }
    prop_assert_eq!(&actual.assets, &whole.assets);
    prop_assert_eq!(&actual.users, &whole.users);
    Ok(())
}

fn requests(world: &Shared) -> Vec<String> {
    std::mem::take(&mut world.lock().unwrap().seen)
}

fn three_apps() -> World {
    let mut world = World::new(4);
    for adam in [10, 20, 30] {
        world.app(adam);
        for n in 0..6 {
            world.give(adam, &format!("S{n}"));
        }
    }
    world.users = vec![("ann".to_owned(), "Associated".to_owned(), 0)];
    world
}

#[tokio::test]
async fn where_nothing_changed_it_takes_six_requests_and_no_page_of_holders() {
    let (reader, world) = serve(three_apps()).await;
    let mut runs = Runs::default();
    let first = runs.next(&reader, &managed(&[10, 20, 30]), start()).await.unwrap();
    requests(&world);
    let second = runs.next(&reader, &managed(&[10, 20, 30]), start()).await.unwrap();
    assert_eq!(second.1, first.1);
    let since = "assignments?includeUserState=true&sinceVersionId=v100&pageIndex=0";
    let mut seen = requests(&world);
    seen.sort();
    assert_eq!(
        seen,
        [
            "assets?pageIndex=0",
            since,
            since,
            "client/config",
            "users?sinceVersionId=v100&pageIndex=0"
        ]
    );
    assert_eq!(second.0.requests, 5, "limits are asked for every five minutes");
}

#[tokio::test]
async fn only_who_lost_somebody_is_listed_again() {
    let (reader, world) = serve(three_apps()).await;
    let mut runs = Runs::default();
    runs.next(&reader, &managed(&[10, 20, 30]), start()).await.unwrap();
    {
        let mut world = world.lock().unwrap();
        world.apply(Op::Add((10, "S9".to_owned())));
        world.apply(Op::Remove((20, "S5".to_owned())));
        world.apply(Op::Add((20, "S8".to_owned())));
        world.seen.clear();
    }
    let (_, held) = runs.next(&reader, &managed(&[10, 20, 30]), start()).await.unwrap();
    assert_eq!(held[&10].len(), 7);
    assert!(held[&20].contains("S8") && !held[&20].contains("S5"));
    let seen = requests(&world);
    assert_eq!(seen.len(), 7, "{seen:#?}");
    let again = seen.iter().filter(|request| request.contains("adamId=20")).count();
    assert_eq!(again, 2, "{seen:#?}");
}

#[tokio::test]
async fn a_forgotten_version_an_old_snapshot_and_another_library_mean_a_full_read() {
    let (reader, world) = serve(three_apps()).await;
    let scope = managed(&[10, 20, 30]);
    let full = |seen: &[String]| {
        seen.iter().filter(|one| one.starts_with("assignments?includeUserState=true&page")).count()
    };
    let mut runs = Runs::default();
    runs.next(&reader, &scope, start()).await.unwrap();
    assert_eq!(full(&requests(&world)), 5);

    world.lock().unwrap().apply(Op::Forget);
    runs.next(&reader, &scope, start()).await.unwrap();
    assert_eq!(full(&requests(&world)), 5, "9721");

    let days = |days: i64| start() + SignedDuration::from_hours(24 * days);
    runs.next(&reader, &scope, days(6)).await.unwrap();
    assert_eq!(full(&requests(&world)), 0, "six days old");
    runs.next(&reader, &scope, days(7)).await.unwrap();
    assert_eq!(full(&requests(&world)), 5, "its full read was a week ago");
    runs.next(&reader, &scope, start()).await.unwrap();
    assert_eq!(full(&requests(&world)), 5, "it comes from the future");

    let mut other = three_apps();
    other.uid = "77".to_owned();
    let (reader, world) = serve(other).await;
    runs.next(&reader, &scope, start()).await.unwrap();
    assert_eq!(full(&requests(&world)), 5, "another library");
}

#[tokio::test]
async fn versions_that_never_come_to_rest_mean_a_full_read() {
    let (reader, world) = serve(three_apps()).await;
    let scope = managed(&[10, 20, 30]);
    let mut runs = Runs::default();
    runs.next(&reader, &scope, start()).await.unwrap();
    {
        let mut world = world.lock().unwrap();
        world.seen.clear();
        // Something happens before every request of the next twenty.
        world.cues = (1..20)
            .map(|n| (n, Op::Add((10, format!("T{n}")))))
            .chain((1..20).map(|n| (n, Op::Remove((20, format!("S{}", n % 6))))))
            .collect();
    }
    let read = runs.next(&reader, &scope, start()).await.unwrap();
    same_as_whole(&reader, &scope, &read).await.unwrap();
}

/// What happens between two runs and during one.
#[derive(Debug, Clone)]
struct Round {
    between: Vec<Op>,
    during: Vec<(usize, Op)>,
}

const APPS: [u64; 3] = [10, 20, 30];

fn pair() -> impl Strategy<Value = (u64, String)> {
    let holder = prop_oneof![
        4 => (0..9_u32).prop_map(|n| format!("S{n}")),
        1 => prop::sample::select(vec!["u:ann".to_owned(), "u:bob".to_owned()]),
    ];
    (prop::sample::select(APPS.to_vec()), holder)
}

fn op() -> impl Strategy<Value = Op> {
    let status = prop::sample::select(vec!["Registered", "Associated", "Retired"]);
    let user = prop::sample::select(vec!["ann", "bob", "cy"]);
    prop_oneof![
        8 => pair().prop_map(Op::Add),
        8 => pair().prop_map(Op::Remove),
        3 => (user, status).prop_map(|(user, status)| Op::User(user.to_owned(), status)),
        1 => Just(Op::Forget),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    let during = prop_oneof![
        2 => Just(vec![]),
        1 => prop::collection::vec((1..12_usize, op()), 0..6),
    ];
    (prop::collection::vec(op(), 0..8), during)
        .prop_map(|(between, during)| Round { between, during })
}

#[derive(Debug, Clone)]
struct Story {
    page_size: usize,
    overlap: usize,
    rows: Vec<(u64, String)>,
    rounds: Vec<Round>,
    scope: ReadScope,
}

fn story() -> impl Strategy<Value = Story> {
    let scope = (prop::sample::subsequence(APPS.to_vec(), 1..=3), any::<bool>())
        .prop_map(|(apps, full)| ReadScope { full, ..managed(&apps) });
    let rows = prop::collection::vec(pair(), 0..40);
    let rounds = prop::collection::vec(round(), 2..7);
    (1..7_usize, 0..2_usize, rows, rounds, scope).prop_map(
        |(page_size, overlap, rows, rounds, scope)| Story {
            page_size,
            overlap: overlap.min(page_size - 1),
            rows,
            rounds,
            scope,
        },
    )
}

async fn tell(story: Story) -> Result<(), TestCaseError> {
    let mut world = World::new(story.page_size);
    world.overlap = story.overlap;
    for app in APPS {
        world.app(app);
    }
    for (app, holder) in &story.rows {
        if !world.rows.iter().any(|((a, h), _)| a == app && h == holder) {
            world.give(*app, holder);
        }
    }
    world.users = ["ann", "bob"].map(|id| (id.to_owned(), "Associated".to_owned(), 0)).to_vec();
    let (reader, world) = serve(world).await;
    let mut runs = Runs::default();
    for Round { between, during } in story.rounds {
        let quiet = during.is_empty();
        {
            let mut world = world.lock().unwrap();
            for op in between {
                world.apply(op);
            }
            world.seen.clear();
            world.history.clear();
            world.cues = during;
        }
        let read = match runs.next(&reader, &story.scope, start()).await {
            Ok(read) => read,
            Err(ReadError::Unsettled { .. } | ReadError::Inconsistent { .. }) if !quiet => continue,
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        if quiet {
            same_as_whole(&reader, &story.scope, &read).await?;
            continue;
        }
        let world = world.lock().unwrap();
        for managed in &story.scope.managed {
            let app = managed.adam_id.get();
            let found = read.1.get(&app).cloned().unwrap_or_default();
            let history = &world.history[&app];
            prop_assert!(history.contains(&found), "{app}: {found:?} was never true: {history:?}");
        }
    }
    Ok(())
}

fn block_on<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_between_runs_and_during_them_nobody_is_missed_and_nobody_invented(
        story in story()
    ) {
        block_on(tell(story))?;
    }
}

/// A day at a sandbox, which is as strict as Apple and knows people with several records.
#[derive(Debug, Clone)]
enum Deed {
    Give(usize, usize),
    Take(usize, usize),
    GiveUser(usize, usize),
    Retire(usize),
    Create(usize),
    Accept(usize),
    Read,
    /// Somebody is taken out just before a page of assignments is answered.
    TakeBefore(u64, usize, usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        5 => (0..3_usize, 0..30_usize).prop_map(|(app, n)| Deed::Give(app, n)),
        5 => (0..3_usize, 0..30_usize).prop_map(|(app, n)| Deed::Take(app, n)),
        3 => (0..4_usize, 0..4_usize).prop_map(|(app, n)| Deed::GiveUser(app, n)),
        2 => (0..4_usize).prop_map(Deed::Retire),
        2 => (0..4_usize).prop_map(Deed::Create),
        1 => (0..4_usize).prop_map(Deed::Accept),
        1 => (0..3_u64, 0..3_usize, 0..30_usize)
            .prop_map(|(page, app, n)| Deed::TakeBefore(page, app, n)),
        4 => Just(Deed::Read),
    ]
}

/// Three apps and a book.
const SCHOOL: &str = "
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 1000000 }
locations:
- name: school
  uid: '2049'
  assets:
  - { adamId: 10, total: 1000, assigned: { devices: { prefix: S, count: 20, width: 2 } } }
  - { adamId: 20, total: 1000, assigned: { devices: { prefix: S, count: 9, from: 5, width: 2 } } }
  - { adamId: 30, total: 1000, assigned: { users: [ann, ben] } }
  - { adamId: 40, type: Book, total: 1000, assigned: { users: [ann, cleo] } }
  users:
  - { clientUserId: [ann, ben], status: Associated }
  - { clientUserId: [cleo], status: Registered }
";

const APPS_AND_BOOK: [u64; 4] = [10, 20, 30, 40];
const PEOPLE: [&str; 4] = ["ann", "ben", "cleo", "dan"];

struct School {
    sandbox: Sandbox,
    _running: Running,
    writer: Writer,
}

impl School {
    async fn open(page_size: usize, version_retention: u64) -> Self {
        let options = Options {
            page_size,
            version_retention,
            event_delay: Duration::ZERO,
            ..Options::at(start())
        };
        let world = vpp::yaml::from_str(SCHOOL).unwrap();
        let sandbox = Sandbox::new(world, options).unwrap();
        let running = sandbox.start().await.unwrap();
        let reader = Connection::new(Token::parse(&sandbox.token("school").unwrap()).unwrap())
            .endpoint(Endpoint::parse(&running.url()).unwrap())
            .poll_interval(Duration::from_millis(1))
            .connect()
            .unwrap();
        reader.client_config().await.unwrap();
        Self { sandbox, _running: running, writer: reader.into_writer() }
    }

    fn change(&self, change: Change, app: usize, users: &[&str], n: usize, page: Option<u64>) {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        // Whoever is retired cannot be given anything, which is no matter here.
        let _ = self.sandbox.change_assignments(
            change,
            &ChangeAssignments {
                location: None,
                adam_id: APPS_AND_BOOK[app].to_string(),
                pricing: Pricing::Stdq,
                serial_numbers: if users.is_empty() { vec![format!("S{n:02}")] } else { vec![] },
                client_user_ids: own(users),
                before_page: page,
            },
        );
    }

    async fn doing(&self, deed: &Deed) {
        let id = |n: usize| ClientUserId::new(PEOPLE[n]).unwrap();
        let event = match deed {
            Deed::Give(app, n) => return self.change(Change::Add, *app, &[], *n, None),
            Deed::Take(app, n) => return self.change(Change::Remove, *app, &[], *n, None),
            Deed::GiveUser(app, n) => {
                return self.change(Change::Add, *app, &[PEOPLE[*n]], 0, None);
            }
            Deed::TakeBefore(page, app, n) => {
                return self.change(Change::Remove, *app, &[], *n, Some(*page));
            }
            Deed::Accept(n) => {
                let _ = self.sandbox.accept_invitation(None, PEOPLE[*n], None);
                return;
            }
            Deed::Read => return,
            Deed::Retire(n) => self.writer.retire_users(&[id(*n)]).await,
            Deed::Create(n) => {
                let user = UserDetails {
                    client_user_id: id(*n),
                    email: Some(format!("{}@school.example", PEOPLE[*n])),
                    managed_apple_id: None,
                };
                self.writer.create_users(&[user]).await
            }
        };
        if let Ok(event) = event {
            self.writer.settle(&event).await.unwrap();
        }
    }
}

async fn day(
    page_size: usize,
    retention: u64,
    scope: ReadScope,
    deeds: Vec<Deed>,
) -> Result<(), TestCaseError> {
    let school = School::open(page_size, retention).await;
    let reader = school.writer.reader();
    let mut runs = Runs::default();
    for deed in deeds.iter().chain([&Deed::Read, &Deed::Read]) {
        school.doing(deed).await;
        if !matches!(deed, Deed::Read) {
            continue;
        }
        // A page that moved during the reads makes them reads of different moments.
        for _ in 0..50 {
            let moved = school.sandbox.meddling().len();
            let read = runs.next(reader, &scope, start()).await;
            let read = read.map_err(|error| TestCaseError::fail(error.to_string()))?;
            let same = same_as_whole(reader, &scope, &read).await;
            if school.sandbox.meddling().len() == moved {
                same?;
                break;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_school_day_read_bit_by_bit_is_the_day_read_whole(
        page_size in 2..12_usize,
        retention in prop_oneof![Just(3_u64), Just(1000)],
        apps in prop::sample::subsequence(APPS_AND_BOOK.to_vec(), 1..=4),
        full in any::<bool>(),
        deeds in prop::collection::vec(deed(), 0..40),
    ) {
        let managed = apps.into_iter().map(asset).collect();
        let scope = ReadScope { full, managed, ..ReadScope::default() };
        block_on(day(page_size, retention, scope, deeds))?;
    }
}
