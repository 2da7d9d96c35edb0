//! A Graph with an Intune tenant in it, as strict as Microsoft's documents: it rejects unknown fields
//! in `assign`, missing permissions, page links that are followed twice and more than 20 questions in a
//! batch; it pages, throttles, truncates and reorders. Devices live in it by its own clock.

mod door;
mod http;
mod tenant;

pub(crate) use tenant::{Tenant, assignment};

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use vpp::graph::{Address, Credential, Failure, Graph, Options, Proof, Reply, Request, Wire};
use vpp::intune::Reader;

/// What goes wrong next.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// 429 with these seconds.
    Throttle(u64),
    /// A bare 5xx.
    Status(u16),
    /// The answer gets lost after the request was carried out.
    Lost,
    /// The answer ends in the middle.
    Cut,
    /// A redirect to elsewhere.
    Redirect,
}

/// What a request must match to be hit.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) path: &'static str,
    pub(crate) fault: Fault,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) tenant: Tenant,
    /// Permissions the application has.
    pub(crate) scopes: BTreeSet<&'static str>,
    /// Objects a page.
    pub(crate) page: usize,
    /// Lists come in another order each time they are begun.
    pub(crate) reorder: bool,
    /// So many times the order changes in the middle of a chain.
    pub(crate) moves: usize,
    /// A page of lists whose path has this loses its last object.
    pub(crate) short: Option<&'static str>,
    pub(crate) troubles: VecDeque<Trouble>,
    /// Items of the next batch that are throttled.
    pub(crate) throttled_items: usize,
    /// What was asked: method and path, signing in left out.
    pub(crate) log: Vec<String>,
    /// Bodies of every `assign`, with the version.
    pub(crate) assigned: Vec<(String, serde_json::Value)>,
    /// What happens right after the assignments of an app are read the next time.
    pub(crate) after_read: Option<fn(&mut Tenant)>,
    /// Where links of pages lead.
    base: String,
    links: BTreeSet<String>,
    chains: usize,
    sign_ins: u64,
}

/// Permissions to read everything vpp reads.
pub(crate) const READ: [&str; 4] = [
    "DeviceManagementApps.Read.All",
    "DeviceManagementServiceConfig.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "GroupMember.Read.All",
];

/// And to write what it writes.
pub(crate) const WRITE: [&str; 3] = [
    "DeviceManagementApps.ReadWrite.All",
    "DeviceManagementServiceConfig.ReadWrite.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
];

/// Where it is without a socket.
const BASE: &str = "http://127.0.0.1:9/graph/";

pub(crate) const SECRET: &str = "TheClientSecretOfNorthfield";
pub(crate) const ACCESS: &str = "AccessTokenNumber";

/// The fake, to be shared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<State>>);

impl Fake {
    /// With this tenant and every permission.
    pub(crate) fn new(tenant: Tenant) -> Self {
        let scopes = READ.into_iter().chain(WRITE).collect();
        let state = State { tenant, scopes, page: 100, base: BASE.to_owned(), ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Something that goes wrong once, at the next request whose path has this.
    pub(crate) fn trouble(&self, path: &'static str, fault: Fault) {
        self.state().troubles.push_back(Trouble { path, fault });
    }

    /// A client in this process.
    pub(crate) fn graph(&self) -> Graph {
        Graph::over(credential(), options(), Box::new(self.clone()))
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::new(self.graph())
    }
}

pub(crate) fn credential() -> Credential {
    Credential {
        tenant: "northfield.example".to_owned(),
        client_id: "c0ffee".to_owned(),
        proof: Proof::Secret(SECRET.into()),
    }
}

pub(crate) fn options() -> Options {
    Options {
        graph: Address::parse(BASE).unwrap(),
        login: Address::parse("http://127.0.0.1:9/login/").unwrap(),
        budget: Duration::from_mins(5),
        first_pause: Duration::from_millis(500),
    }
}

impl Wire for Fake {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move { self.state().answer(request) })
    }
}
