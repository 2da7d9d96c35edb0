//! A folder of manifests and an Apple to hold them against: the whole way through the house, in
//! this process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::Utf8Path;
use jiff::Timestamp;
use vpp::actual::{self, ReadScope};
use vpp::apple::{Connection, Endpoint, OwnerPolicy, Reader, Token, Writer};
use vpp::apply::outcome::{ChangeReport, Event, RunReport};
use vpp::apply::{self, Access, Hands, Memory, Observer, Options, Stop};
use vpp::diagnostic::Diagnostic;
use vpp::license::{Asset, Roster};
use vpp::manifest::kind::Location;
use vpp::plan::{self, Action, Plan};
use vpp::sandbox::{self, Running, Sandbox, World};
use vpp::store::{RunId, Store};
use vpp::{desired, inventory, manifest};

use super::tap::Tap;

/// The moment of every run.
pub(crate) fn now() -> Timestamp {
    "2026-11-21T09:14:07Z".parse().unwrap()
}

/// A pair somebody asked Apple to change: location, action, `adamId`, price, holder.
pub(crate) type Pair = (String, Action, String, String, String);

pub(crate) struct House {
    folder: tempfile::TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) tap: Tap,
    running: Running,
    pub(crate) poll_budget: Duration,
    pub(crate) retry_budget: Duration,
    pub(crate) options: Options,
    pub(crate) store: Arc<dyn Store>,
}

/// Keeps what a run tells, and may act upon it.
pub(crate) struct Ear<'e> {
    events: Mutex<Vec<Event>>,
    act: Box<dyn Fn(&Event) + 'e>,
}

impl Observer for Ear<'_> {
    fn note(&self, event: Event) {
        (self.act)(&event);
        self.events.lock().unwrap().push(event);
    }
}

impl<'e> Ear<'e> {
    pub(crate) fn new(act: impl Fn(&Event) + 'e) -> Self {
        Self { events: Mutex::default(), act: Box::new(act) }
    }
}

impl House {
    pub(crate) async fn new(world: &str, files: &[(&str, &str)]) -> Self {
        Self::with(world, files, |_| ()).await
    }

    pub(crate) async fn with(
        world: &str,
        files: &[(&str, &str)],
        change: impl FnOnce(&mut sandbox::Options),
    ) -> Self {
        let world: World = vpp::yaml::from_str(world).unwrap();
        let mut options = sandbox::Options {
            event_delay: Duration::ZERO,
            stuck_for: Duration::from_millis(50),
            ..sandbox::Options::at(now())
        };
        change(&mut options);
        let sandbox = Sandbox::new(world, options).unwrap();
        let running = sandbox.start().await.unwrap();
        let server = running.url();
        let server = server.trim_start_matches("http://").split('/').next().unwrap();
        let house = Self {
            folder: tempfile::tempdir().unwrap(),
            tap: Tap::on(server.parse().unwrap()).await,
            sandbox,
            running,
            poll_budget: Duration::from_secs(5),
            retry_budget: Duration::from_secs(30),
            options: Options { pause: Duration::from_millis(1), ..Options::default() },
            store: vpp::store::in_memory().await.unwrap(),
        };
        for (path, text) in files {
            house.write(path, text);
        }
        house
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
    }

    pub(crate) fn reader(&self, location: &Location) -> Reader {
        let uid = location.uid.as_ref().map(|uid| uid.value.clone());
        let token = self.sandbox.token(uid.as_ref().unwrap_or(&location.name.value)).unwrap();
        let mut connection = Connection::new(Token::parse(&token).unwrap())
            .endpoint(Endpoint::parse(&self.tap.url()).unwrap())
            .location(&location.name.value)
            .expected_uid(uid)
            .poll_interval(Duration::from_millis(2))
            .poll_budget(self.poll_budget)
            .retry_budget(self.retry_budget)
            .first_backoff(Duration::from_millis(1));
        if let Some(owner) = &location.owner {
            connection = connection.owner(OwnerPolicy::Only(owner.value.id.clone()));
        }
        connection.connect().unwrap()
    }

    /// The plan, and the connections it was read through.
    pub(crate) async fn survey(&self) -> (Plan, Vec<(String, Writer)>) {
        let loaded = manifest::load(self.path());
        let manifests = loaded.manifests;
        let mut diagnostics = loaded.diagnostics;
        let environment = inventory::Environment::default();
        let inventories = inventory::load_all(&manifests, self.path(), &environment);
        diagnostics.extend(inventories.diagnostics);
        let mut roster = Roster::new();
        let resolved = desired::resolve(&manifests, &inventories.tables, &mut roster);
        diagnostics.extend(resolved.diagnostics);
        let errors: Vec<_> = diagnostics.iter().filter(|one| Diagnostic::is_error(one)).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let roster = Mutex::new(roster);
        let (mut locations, mut writers) = (vec![], vec![]);
        for location in &manifests.locations {
            let name = location.name.value.clone();
            let reader = self.reader(location);
            let here = resolved.desired.assets.iter().filter(|one| one.locations.contains(&name));
            let managed: BTreeSet<Asset> = here.map(|one| one.asset).collect();
            let subscriptions = !resolved.desired.subscriptions.is_empty();
            let scope = ReadScope { managed, full: false, subscriptions };
            let actual = actual::read(&reader, &roster, &scope, now(), &|_| {}).await;
            locations.push((name.clone(), actual.map_err(|error| error.to_string())));
            writers.push((name, Writer::new(reader)));
        }
        let roster = roster.into_inner().unwrap();
        let plan = plan::make(plan::Input {
            manifests: &manifests,
            desired: &resolved.desired,
            roster: &roster,
            locations: &locations,
            last: &BTreeMap::new(),
            reclaims: &BTreeMap::new(),
            diagnostics: &diagnostics,
            manifest_digest: desired::digest(&resolved.desired, &roster),
            folder: self.path().to_string(),
            now: now(),
        });
        assert_eq!(plan::lint(&plan), []);
        (plan, writers)
    }

    pub(crate) async fn plan(&self) -> Plan {
        self.survey().await.0
    }

    /// Applies today's plan.
    pub(crate) async fn apply(&self) -> RunReport {
        let (plan, writers) = self.survey().await;
        self.carry_out(&plan, &writers).await
    }

    pub(crate) async fn carry_out(&self, plan: &Plan, writers: &[(String, Writer)]) -> RunReport {
        self.hear(plan, writers, &Stop::new(), |_| ()).await.0
    }

    /// Applies a plan, and does something whenever something happens.
    pub(crate) async fn hear(
        &self,
        plan: &Plan,
        writers: &[(String, Writer)],
        stop: &Stop,
        act: impl Fn(&Event),
    ) -> (RunReport, Vec<Event>) {
        let ear = Ear { events: Mutex::default(), act: Box::new(act) };
        let memory = self.memory(RunId(uuid::Uuid::new_v4()));
        let waiting = BTreeMap::new();
        let report = apply::apply(
            plan,
            Access { writers, hands: &Hands::new(), servers: &[] },
            &ear,
            stop,
            self.options,
            memory,
            &waiting,
        )
        .await;
        accounts_for(plan, &report);
        (report, ear.events.into_inner().unwrap())
    }

    /// What a run remembers with.
    pub(crate) fn memory(&self, run: RunId) -> Memory<'_> {
        Memory { store: self.store.as_ref(), run, clock: &now, leases: None }
    }

    /// Somebody else with the location's token writes.
    pub(crate) async fn post(&self, location: &str, path: &str, body: serde_json::Value) {
        let url = format!("{}{path}", self.running.url());
        let token = self.sandbox.token(location).unwrap();
        let answer = reqwest::Client::new().post(url).bearer_auth(token).json(&body).send().await;
        assert_eq!(answer.unwrap().status(), 200);
    }

    /// Every pair any write request asked for, oldest first.
    pub(crate) fn written(&self) -> Vec<Pair> {
        let names: BTreeMap<String, String> = self
            .sandbox
            .locations()
            .into_iter()
            .map(|(name, uid)| (self.sandbox.token(&uid).unwrap(), name))
            .collect();
        let mut pairs = vec![];
        for post in self.tap.posts() {
            let action = match post.path.as_str() {
                "assets/associate" => Action::Assign,
                "assets/disassociate" => Action::Release,
                _ => continue,
            };
            let texts = |key: &str| -> Vec<String> {
                let list = post.body[key].as_array().cloned().unwrap_or_default();
                list.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
            };
            for asset in post.body["assets"].as_array().unwrap() {
                for holder in texts("serialNumbers").into_iter().chain(texts("clientUserIds")) {
                    pairs.push((
                        names[&post.token].clone(),
                        action,
                        asset["adamId"].as_str().unwrap().to_owned(),
                        asset["pricingParam"].as_str().unwrap_or("STDQ").to_owned(),
                        holder,
                    ));
                }
            }
        }
        pairs
    }

    /// POSTs the sandbox has seen, by path.
    pub(crate) fn posts(&self, path: &str) -> usize {
        let requests = self.sandbox.requests();
        requests.iter().filter(|one| one.method == "POST" && one.path == path).count()
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await.unwrap();
    }
}

/// Every pair of a plan that is to be written.
pub(crate) fn pairs_of(plan: &Plan) -> BTreeSet<Pair> {
    let mut pairs = BTreeSet::new();
    for change in plan.changes.iter().chain(&plan.later) {
        let devices = change.devices.iter().map(ToString::to_string);
        for holder in devices.chain(change.users.iter().map(ToString::to_string)) {
            pairs.insert((
                change.location.clone(),
                change.action,
                change.asset.adam_id.to_string(),
                change.asset.pricing_param.as_str().to_owned(),
                holder,
            ));
        }
    }
    pairs
}

/// Checks that a report accounts for every pair and person of its plan.
pub(crate) fn accounts_for(plan: &Plan, report: &RunReport) {
    assert_eq!(report.fingerprint, plan.fingerprint);
    let names = |of: &[String]| of.join(" ");
    let planned: Vec<String> = plan.locations.iter().map(|one| one.name.clone()).collect();
    let reported: Vec<String> = report.locations.iter().map(|one| one.name.clone()).collect();
    assert_eq!(names(&planned), names(&reported));
    for (location, done) in plan.locations.iter().zip(&report.locations) {
        let all = plan.changes.iter().chain(&plan.later);
        let changes = all.filter(|change| change.location == location.name);
        let changes: Vec<_> = changes.collect();
        assert_eq!(changes.len(), done.changes.len(), "{}", location.name);
        for (change, told) in changes.into_iter().zip(&done.changes) {
            let ChangeReport { asset, action, cause, withheld, failed, .. } = told;
            assert_eq!((asset, *action, cause), (&change.asset, change.action, &change.cause));
            assert_eq!(told.pairs(), u64::try_from(change.pairs()).unwrap(), "{told:#?}");
            assert!(told.withheld() <= told.not_tried, "{told:#?}");
            let holders: BTreeSet<String> = change
                .devices
                .iter()
                .map(ToString::to_string)
                .chain(change.users.iter().map(ToString::to_string))
                .collect();
            let mut seen = BTreeSet::new();
            for failure in failed.iter().chain(withheld) {
                assert_eq!(failure.count, u64::try_from(failure.holders.len()).unwrap());
                assert!(!failure.message.is_empty());
                for holder in &failure.holders {
                    assert!(holders.contains(holder), "{holder} is none of {change:?}");
                    assert!(seen.insert(holder), "{holder} fails twice: {told:#?}");
                }
            }
        }
        let seats = location.subscriptions.iter().flat_map(|seats| {
            let people = seats.administrators.iter().map(|change| change.users.len());
            seats.changes.iter().map(|change| change.users.len()).chain(people)
        });
        let told = done.subscriptions.iter().flat_map(|seats| {
            let people = seats.administrators.iter().map(|change| &change.outcome);
            seats.changes.iter().map(|change| &change.outcome).chain(people)
        });
        let told =
            told.map(|one| one.applied + one.already + one.failed() + one.not_tried + one.waits);
        let seats: Vec<u64> = seats.map(|count| u64::try_from(count).unwrap()).collect();
        assert_eq!(seats, told.collect::<Vec<_>>(), "{:#?}", done.subscriptions);
        let users = &location.users;
        for (people, counts) in [
            (users.create.len(), &done.users.created),
            (users.update.len(), &done.users.updated),
            (users.retire.len(), &done.users.retired),
        ] {
            let all = counts.applied + counts.already + counts.failed() + counts.not_tried;
            assert_eq!(all, u64::try_from(people).unwrap(), "{counts:?}");
        }
    }
}

/// What failed, over all changes: number and text.
pub(crate) fn failures(report: &RunReport) -> Vec<(Option<i32>, String, Vec<String>)> {
    let changes = report.locations.iter().flat_map(|location| &location.changes);
    let failed = changes.flat_map(|change| &change.failed);
    failed.map(|one| (one.number, one.message.clone(), one.holders.clone())).collect()
}
