//! An Apple that runs on this machine, as strict as the real one.
//!
//! A [`World`] says what it holds at the start, [`Options`] how it behaves, [`Sandbox`] is the
//! running thing. It serves the App, Book and Subscription Management API v2 below `/mdm/v2/`. It
//! has wire types of its own, so that a client cannot be right by sharing its mistakes.
//!
//! # Where Apple's pages are silent
//! - Unknown query parameters and unknown keys in a body are refused (9602), so that a typing
//!   mistake shows. An asset the location does not own is 9602, before anything is queued.
//! - A credential that is well formed but known to nobody, or the inner part of a token, is
//!   9622; an earlier download of a token is 9625. A read-only token gets 403/9637 for changes.
//! - Asking for somebody who was never registered (`clientUserId`) is 9609; asking for a serial
//!   number that holds nothing gives an empty list. Serial numbers are compared to the letter.
//! - Assigning what is assigned already succeeds and takes no second license; taking back what is
//!   not there succeeds. Registered users can be given licenses before they are associated.
//! - Which pairs get the last licenses is arbitrary, and the same in every run of the same world.
//! - Without `excludeInactiveUsers` the assignments contain what retired users still hold.
//! - `sinceVersionId` brings added assignments that are still there, never removals, and people
//!   who changed. A version is that of the whole data set, whatever the filters; filters apply.
//! - With `unlimited=true` unlimited assets stand in `unlimitedAssets` and the others in `assets`;
//!   without the parameter all stand in `assets`, unlimited ones with 2147483647 available.
//! - A list without records has one page. Refused requests do not count against the rate.
//! - A cursor of a list of subscriptions is good for the same question and the same state of the
//!   list: anything else is 9812. A last page that is full has a cursor to an empty one.
//! - A seat given as expiring is one that ends anyway while there are some, else a renewing one that
//!   comes back at the end of the period. Giving a seat again makes it go on, or end. What is taken
//!   back deferred is listed as not renewing until then; its event is complete at once, and its
//!   notification comes at the end. Counts are of seats, by what becomes of the seat.
//! - A request for seats is refused whole: an unknown subscription is 9813, somebody without an
//!   Apple Account 9814, somebody who does not hold what is taken back 9815, two of the same or an
//!   inactive subscription 9811. Before subscriptions are enabled there are none.
//! - `notificationUrl` may be plain `http` on a loopback address; elsewhere it must be `https`.
//!
//! # Chaos
//! With a seed the sandbox misbehaves: throttling, 5xx with and without `Retry-After`, errors in a
//! 200, lost replies (before or after the work was done), tasks that fail for no reason, other
//! people's changes between two pages, stuck events. What happens depends on the seed and the
//! request, not on time, and is bounded: a request sent again and again gets through at the third
//! attempt, a pair fails once at most, and the pages come to rest. A client that does what Apple's
//! pages say always arrives.
//!
//! # Hands
//! What people and other services would do to Apple is done below `/_sandbox/`, in JSON, and by
//! methods of [`Sandbox`]. Only this part is not Apple's. `location` is a name or `uId`; it can be
//! left out where there is one location.
//!
//! | request | body or answer |
//! |---|---|
//! | `GET locations` | name, `uId` and content token of each |
//! | `GET state` | who holds what: [`Snapshot`] |
//! | `GET requests` | what was asked: [`LoggedRequest`] |
//! | `GET meddling` | what others changed: [`Meddling`] |
//! | `GET deliveries` | what became of notifications: [`Delivery`] |
//! | `POST invitations/accept` | `location`, `inviteCode` or `clientUserId`, `account`? |
//! | `POST assignments/add`, `assignments/remove` | `location`, `adamId`, `pricing`?, `serialNumbers`, `clientUserIds`, `beforePage`? (done just before that page is next answered) |
//! | `POST assets/buy` | `location`, `adamId`, `pricing`?, `type`?, `count` (negative: given back) |
//! | `POST subscriptions/buy` | `location`, `adamId`, `parentAdamId`?, `renewing`, `expiring` (negative: given back) |
//! | `POST token/revoke`, `token/renew` | `location`, `expires`?; renew answers the new token |
//! | `POST events/hold`, `events/release`, `events/settle` | stop the clock of events, start it again, finish everything now |
//! | `POST clock/advance` | `seconds` |
//! | `POST fail` | a [`PlannedFault`] for requests to come |
//! | `GET devices` | every device: [`DeviceSnapshot`] |
//! | `GET devices/events` | what happened to devices, apps and licenses: [`DeviceEvent`] |
//! | `GET mdm/requests` | what the device-management server was asked: [`MdmRequest`] |
//! | `POST devices/add` | a [`DeviceSeed`](world::DeviceSeed) |
//! | `POST devices/behave` | `serialNumbers`, `behaves`: a [`Behavior`](world::Behavior), nothing for a good one |
//! | `POST devices/offline` | `serialNumbers`, `for`: `3d` |
//! | `POST devices/connect`, `devices/re-enrol`, `devices/check-out`, `devices/wipe` | `serialNumbers` |
//! | `POST devices/install`, `devices/remove` | `serialNumbers`, `bundleId`: what the person does |
//! | `POST mdm/fail` | a [`MdmFault`] for requests to come |
//! | `POST mdm/webhook` | `url`, `key`?: where answers are told from now on |
//! | `POST mdm/forge` | `serialNumber`, `commandUuid`: the device tells that it has done what nobody sent |
//! | `GET mdm/told` | what the webhook was told, and whether it took it: [`Told`] |
//!
//! # Devices
//! Below `/_mdm/` is a device-management server with simulated devices, in a JSON of its own that
//! behaves like NanoMDM: see `http/mdm.rs`. It can be spoken to as NanoMDM, NanoHUB and MicroMDM
//! are (`http/raw.rs`), and tells a webhook what devices answer. A world's `mdm` and `devices` say
//! what is unusual; otherwise every serial number that holds a license is an enrolled device with
//! those apps installed, which does what it is told as soon as it is told. Devices live by the
//! sandbox's clock, and only when somebody looks.

mod chance;
mod chaos;
mod clock;
mod devices;
mod error;
mod gate;
mod generate;
mod hands;
mod http;
mod journal;
mod library;
mod mdm;
mod notify;
mod options;
mod snapshot;
mod state;
mod webhook;
mod wire;
mod worker;
pub mod world;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

pub use chaos::{LostReply, PlannedFault};
pub use devices::MdmFault;
pub use error::SandboxError;
pub use generate::Generate;
pub use hands::{Change, ChangeAssignments};
pub use journal::{LoggedRequest, MdmRequest, Meddling};
pub use mdm::{AppSnapshot, DeviceEvent, DeviceSnapshot, Happened};
pub use notify::Delivery;
pub use options::{ExpiryShown, Options};
pub use snapshot::{AssetSnapshot, LocationSnapshot, Snapshot, SubscriptionSnapshot, UserSnapshot};
pub use webhook::Told;
pub use world::{Limits, World, schema as json_schema};

use chaos::{Chaos, Plans};
use clock::Clock;
use gate::Gate;
use journal::Journal;
use library::{Library, TokenState};
use notify::Outbox;

/// An Apple that runs on this machine: every location of one [`World`]. Clones are the same Apple.
#[derive(Debug, Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    limits: Limits,
    /// Which world it is, for the state file.
    print: String,
    clock: Clock,
    shelves: Vec<Shelf>,
    tokens: Mutex<HashMap<String, (usize, Standing)>>,
    chaos: Option<Chaos>,
    plans: Plans,
    journal: Journal,
    outbox: Outbox,
    mdm: Mutex<mdm::Server>,
    mdm_faults: Mutex<VecDeque<MdmFault>>,
    /// Wakes whoever tells the webhook: there may be something to tell.
    mdm_bell: Notify,
    told: Mutex<Vec<Told>>,
    /// Wakes the worker: an event was accepted or the clock of events was touched.
    wake: Notify,
    held: AtomicBool,
    keeper: state::Keeper,
    /// What others will do before a page is answered: the location's `uId`, what, to what.
    moves: Mutex<Vec<(String, Change, ChangeAssignments)>>,
}

/// A location with its door.
#[derive(Debug)]
pub(crate) struct Shelf {
    name: String,
    uid: String,
    library: Mutex<Library>,
    gate: Gate,
}

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The newest download.
    Current,
    /// An earlier download.
    Earlier,
    /// The inner part, which is no credential.
    Inner,
}

/// A lock that a panic elsewhere does not poison: the sandbox keeps answering.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sandbox {
    /// An Apple that holds what the world says, or what the state file says where there is one.
    ///
    /// # Errors
    /// Where the world contradicts itself (every contradiction is named), and where the state file
    /// is damaged or belongs to another world; it is then left as it is.
    pub fn new(world: World, options: Options) -> Result<Self, SandboxError> {
        let World { api_version: _, kind: _, limits, locations, mdm, devices } = world;
        let mut problems = Vec::new();
        for (field, taken) in [
            ("name", duplicates(&locations, |l| &l.name)),
            ("uid", duplicates(&locations, |l| &l.uid)),
        ] {
            problems.extend(taken.map(|value| format!("two locations have the {field} `{value}`")));
        }
        for (what, value) in [
            ("page size", options.page_size),
            ("number of simultaneous requests", options.simultaneous),
            ("limit `maxRequestPerSecond`", number_of(limits.max_request_per_second)),
        ] {
            if value == 0 {
                problems.push(format!("the {what} is 0: nothing could ever be answered"));
            }
        }
        let print = state::print_of(&locations, &devices);
        let mut shelves = Vec::with_capacity(locations.len());
        for seed in &locations {
            let library = Library::seed(seed, &options, &mut problems);
            shelves.push(Shelf {
                name: seed.name.clone(),
                uid: seed.uid.clone(),
                library: Mutex::new(library),
                gate: Gate::default(),
            });
        }
        let server = {
            let held: Vec<_> = shelves.iter().map(|shelf| lock(&shelf.library)).collect();
            let libraries: Vec<&Library> = held.iter().map(|library| &**library).collect();
            let seeds = locations.iter().flat_map(|one| &one.devices).chain(&devices);
            mdm::Server::seed(mdm, seeds, &libraries, options.start, &mut problems)
        };
        if !problems.is_empty() {
            return Err(SandboxError::World(problems));
        }
        let chaos = options.chaos_seed.map(|seed| Chaos::new(seed, options.revoke_after));
        let sandbox = Self {
            inner: Arc::new(Inner {
                limits,
                print,
                clock: Clock::new(options.start),
                shelves,
                tokens: Mutex::default(),
                chaos,
                plans: Plans::default(),
                journal: Journal::default(),
                outbox: Outbox::default(),
                mdm: Mutex::new(server),
                mdm_faults: Mutex::default(),
                mdm_bell: Notify::new(),
                told: Mutex::default(),
                wake: Notify::new(),
                held: AtomicBool::new(false),
                keeper: state::Keeper::default(),
                moves: Mutex::default(),
                options,
            }),
        };
        sandbox.load()?;
        sandbox.index_tokens();
        Ok(sandbox)
    }

    /// Answers on a listener until `shutdown`, and works on events meanwhile. The state is saved
    /// at the end.
    ///
    /// # Errors
    /// Where the listener fails, or the state cannot be saved.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), SandboxError> {
        self.start_clocks();
        let mut helpers = tokio::task::JoinSet::new();
        helpers.spawn(worker::run(self.clone()));
        helpers.spawn(notify::run(self.clone()));
        helpers.spawn(webhook::run(self.clone()));
        http::serve(&self, listener, shutdown).await;
        helpers.shutdown().await;
        self.save_later().await
    }

    /// Starts answering on a free port of this machine, in the background.
    ///
    /// # Errors
    /// Where no port can be opened.
    pub async fn start(&self) -> Result<Running, SandboxError> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let serving = self.clone().serve(listener, async {
            // Either way the caller is done: it said so, or it is gone.
            let _ = stopped.await;
        });
        Ok(Running { address, stop: Some(stop), task: tokio::spawn(serving) })
    }

    /// The content token of a location, found by name or `uId`: the text of the file Apple's
    /// portal gives, which is the credential. The same world has the same tokens.
    pub fn token(&self, location: &str) -> Option<String> {
        let shelf = self.shelf(location)?;
        Some(lock(&shelf.library).token.text(&shelf.uid))
    }

    /// Name and `uId` of every location, in the order of the world.
    pub fn locations(&self) -> Vec<(String, String)> {
        self.inner.shelves.iter().map(|one| (one.name.clone(), one.uid.clone())).collect()
    }

    /// What was asked of it, oldest first; of very many only the last.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.inner.journal.requests()
    }

    /// What its device-management server was asked, oldest first; of very many only the last.
    pub fn mdm_requests(&self) -> Vec<MdmRequest> {
        self.inner.journal.mdm_requests()
    }

    /// What time it is there.
    pub fn now(&self) -> jiff::Timestamp {
        self.inner.clock.now()
    }

    /// What others changed in it, oldest first.
    pub fn meddling(&self) -> Vec<Meddling> {
        self.inner.journal.meddling()
    }

    /// What became of notifications, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.inner.outbox.deliveries()
    }

    fn shelf(&self, location: &str) -> Option<&Shelf> {
        self.inner.shelves.iter().find(|one| one.name == location || one.uid == location)
    }

    fn index_tokens(&self) {
        let mut tokens = lock(&self.inner.tokens);
        tokens.clear();
        for (at, shelf) in self.inner.shelves.iter().enumerate() {
            let token = &lock(&shelf.library).token;
            tokens.insert(token.text(&shelf.uid), (at, Standing::Current));
            for text in token.earlier_texts(&shelf.uid) {
                tokens.insert(text, (at, Standing::Earlier));
            }
            for generation in 0..=token.generation {
                tokens.insert(TokenState::inner(&shelf.uid, generation), (at, Standing::Inner));
            }
        }
    }
}

/// A limit as a count.
fn number_of(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn duplicates<'a>(
    locations: &'a [world::LocationSeed],
    field: impl Fn(&'a world::LocationSeed) -> &'a String,
) -> std::vec::IntoIter<&'a String> {
    let mut seen = std::collections::HashSet::new();
    let taken: Vec<&String> = locations.iter().map(field).filter(|v| !seen.insert(*v)).collect();
    taken.into_iter()
}

/// A sandbox that is answering. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), SandboxError>>,
}

impl Running {
    /// Where Apple's API is: `http://127.0.0.1:PORT/mdm/v2/`.
    pub fn url(&self) -> String {
        format!("http://{}/mdm/v2/", self.address)
    }

    /// Where the device-management server is: `http://127.0.0.1:PORT/_mdm/`.
    pub fn mdm_url(&self) -> String {
        format!("http://{}/_mdm/", self.address)
    }

    /// Where the hands are: `http://127.0.0.1:PORT/_sandbox/`.
    pub fn hands_url(&self) -> String {
        format!("http://{}/_sandbox/", self.address)
    }

    /// Stops answering, saves the state and waits for both.
    ///
    /// # Errors
    /// Where the state cannot be saved.
    pub async fn stop(mut self) -> Result<(), SandboxError> {
        if let Some(stop) = self.stop.take() {
            // The other end is gone where serving ended by itself.
            let _ = stop.send(());
        }
        match self.task.await {
            Ok(result) => result,
            Err(error) => Err(SandboxError::Serve(std::io::Error::other(error))),
        }
    }
}
