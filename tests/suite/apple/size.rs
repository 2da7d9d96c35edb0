//! A large location costs as many requests as it must, and no more.

use std::sync::Mutex;

use jiff::Timestamp;
use vpp::actual::{Actual, Keep, ReadScope, Snapshot, read, read_since};
use vpp::apple::{Connection, Endpoint, Reader, Token};
use vpp::license::Roster;
use vpp::sandbox::world::Pricing;
use vpp::sandbox::{Change, ChangeAssignments, Generate, Options, Running, Sandbox};

use super::reading::asset;

const PAGE: u64 = 100;

fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

struct School {
    sandbox: Sandbox,
    _running: Running,
    reader: Reader,
    roster: Mutex<Roster>,
}

impl School {
    async fn open(numbers: &str) -> Self {
        let numbers: Generate = format!("{numbers},rate=1000000").parse().unwrap();
        let options = Options { page_size: PAGE.try_into().unwrap(), ..Options::at(now()) };
        let sandbox = Sandbox::new(numbers.world(), options).unwrap();
        let running = sandbox.start().await.unwrap();
        let reader = Connection::new(Token::parse(&sandbox.token("school").unwrap()).unwrap())
            .endpoint(Endpoint::parse(&running.url()).unwrap())
            .connect()
            .unwrap();
        Self { sandbox, _running: running, reader, roster: Mutex::default() }
    }

    async fn read(&self, apps: u32) -> Actual {
        read(&self.reader, &self.roster, &scope(apps), now(), &|_| ()).await.unwrap()
    }

    async fn read_since(&self, apps: u32, kept: Option<&[u8]>) -> (Actual, Keep) {
        let scope = scope(apps);
        let kept =
            kept.map(|kept| Snapshot::decode(kept, &mut self.roster.lock().unwrap()).unwrap());
        read_since(&self.reader, &self.roster, &scope, kept, now(), &|_| ()).await.unwrap()
    }

    fn change(&self, change: Change, app: u32, devices: impl Iterator<Item = String>) {
        let what = ChangeAssignments {
            location: None,
            adam_id: Generate::adam_id(app).to_string(),
            pricing: Pricing::Stdq,
            serial_numbers: devices.collect(),
            client_user_ids: vec![],
            before_page: None,
        };
        assert!(self.sandbox.change_assignments(change, &what).unwrap() > 0);
    }
}

/// The first apps are managed.
fn scope(apps: u32) -> ReadScope {
    let managed = (0..apps).map(|app| asset(Generate::adam_id(app))).collect();
    ReadScope { managed, ..ReadScope::default() }
}

/// Both configurations, and one page of users.
const ALWAYS: u64 = 3;

#[tokio::test]
async fn five_managed_apps_of_four_hundred_cost_those_five() {
    let school = School::open("devices=2000,apps=400,each=40").await;
    let actual = school.read(5).await;
    // 200 devices hold each app. One page of the whole list tells how long it is.
    assert_eq!(actual.requests, ALWAYS + 400 / PAGE + 1 + 5 * 2);
    assert_eq!(actual.held.len(), 5);
    assert_eq!(actual.assets.len(), 400);
}

#[tokio::test]
async fn many_managed_apps_cost_the_pages_of_one_list() {
    let school = School::open("devices=2000,apps=40,each=10").await;
    let actual = school.read(40).await;
    assert_eq!(actual.requests, ALWAYS + 1 + 2000 * 10 / PAGE);
}

#[tokio::test]
async fn what_is_kept_of_the_last_read_leaves_six_requests_and_the_pages_of_apps_that_lost_somebody()
 {
    let school = School::open("devices=2000,apps=10,each=10").await;
    let (whole, keep) = school.read_since(10, None).await;
    let Keep::New(kept) = keep else { panic!("{keep:?}") };
    let kept = kept.encode(&school.roster.lock().unwrap()).unwrap();
    assert_eq!(whole.requests, ALWAYS + 1 + 2000 * 10 / PAGE);
    let (again, keep) = school.read_since(10, Some(&kept)).await;
    assert!(matches!(keep, Keep::Same), "nothing is written anew where nothing changed");
    assert!(again.requests <= 6, "{}", again.requests);
    assert_eq!(again.held, whole.held);

    for app in 0..5 {
        school.change(Change::Add, app, (0..20).map(|n| format!("NEW{app}X{n}")));
        school.change(Change::Remove, app, (0..20).map(|n| Generate::serial(app * 20 + n)));
    }
    let (moved, keep) = school.read_since(10, Some(&kept)).await;
    assert!(matches!(keep, Keep::New(_)));
    assert!(moved.requests <= 8 + 5 * 2000 / PAGE, "{}", moved.requests);
    assert_eq!(moved.held, school.read(10).await.held);
    assert_ne!(moved.held, whole.held);
}
