//! The installations of one location: those that this run asks for, and those earlier runs left.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::machine::{self, State, Turn};
use super::record::Install;
use super::wishes::Wishes;
use crate::apply::journal::Wish;
use crate::apply::readback;
use crate::apply::reclaim::{Fleet, Hand};
use crate::apply::run::{Halt, Run};
use crate::apply::work::{Pairs, Reason, Work};
use crate::license::{Asset, Holder, HolderId, SerialNumber};
use crate::mdm::{Ask, Command, Delivery, Device, Mdm};
use crate::plan::Action;
use crate::store::{Intent, IntentKind, Outcome};

/// Commands that are handed over together.
const COMMANDS: usize = 1000;

/// The installations of one location while a run goes on.
pub(in crate::apply) struct Installs {
    hand: Option<Hand>,
    pub(super) flights: Vec<Flight>,
    /// People whose devices nobody knows, and why.
    pub(super) impossible: BTreeMap<(Asset, HolderId), String>,
    /// Why the server cannot be asked.
    trouble: Option<String>,
    /// Whether a device or the server had something to say in this run.
    pub(in crate::apply) stirred: bool,
}

/// One installation on its way.
pub(super) struct Flight {
    pub(super) install: Install,
    pub(super) state: State,
    /// Whose license it is.
    pub(super) pair: (Asset, HolderId),
    /// Whether an earlier run asked for it.
    pub(super) carried: bool,
    /// Whether this run handed a command over.
    pub(super) told: bool,
    /// What it waits for, where that is its device.
    pub(super) waits: Option<String>,
}

impl Flight {
    fn new(install: Install, state: State, pair: (Asset, HolderId), carried: bool) -> Self {
        Self { install, state, pair, carried, told: false, waits: None }
    }

    pub(super) fn is_open(&self) -> bool {
        match self.state {
            State::Unlicensed | State::Wanted | State::Sent { .. } => true,
            State::Acknowledged | State::Failed(_) | State::Dropped(_) => false,
        }
    }
}

impl Installs {
    /// What earlier runs left, and what this one will ask for: the second value is written down with
    /// the requests for the licenses.
    ///
    /// # Errors
    /// Where the store or Apple cannot be read.
    pub(in crate::apply) async fn open(
        run: &Run<'_>,
        work: &mut Work<'_>,
        hand: Option<&Hand>,
    ) -> Result<(Self, Wishes), Halt> {
        let mut installs = Self {
            hand: hand.cloned(),
            flights: vec![],
            impossible: BTreeMap::new(),
            trouble: None,
            stirred: false,
        };
        installs.continue_left(run, work).await?;
        let wishes = installs.wish(run, work).await;
        Ok((installs, wishes))
    }

    /// Finds what earlier runs left open. What nobody wants any more, or has no license, is dropped.
    async fn continue_left(&mut self, run: &Run<'_>, work: &mut Work<'_>) -> Result<(), Halt> {
        let left = run.journal.open().await.map_err(|error| stopped(error.to_string()))?;
        let left = left.into_iter().filter(|intent| intent.kind == IntentKind::InstallApp);
        let mut ended: Vec<(Uuid, Outcome)> = vec![];
        let mut last: HashMap<(Asset, SerialNumber), (Intent, Install)> = HashMap::new();
        for intent in left {
            // What cannot be read is nothing that could be sent.
            let Ok(install) = serde_json::from_value::<Install>(intent.body.clone()) else {
                ended.push((intent.id, overtaken("this version cannot read it")));
                continue;
            };
            let key = (install.asset, install.serial_number.clone());
            let older = match last.remove(&key) {
                Some(known) if known.1.attempt > install.attempt => {
                    last.insert(key, known);
                    Some(intent.id)
                }
                other => {
                    last.insert(key, (intent, install));
                    other.map(|(intent, _)| intent.id)
                }
            };
            ended.extend(older.map(|id| (id, overtaken("another command took over"))));
        }
        let mut pairs = Pairs::new();
        let mut found = vec![];
        for (intent, install) in last.into_values() {
            let id = work.roster.number(install.holder.as_ref());
            let id = id.map_err(|full| stopped(full.to_string()))?;
            pairs.entry(install.asset).or_default().insert(id);
            found.push((intent, install, id));
        }
        if !found.is_empty() {
            let held = readback::held(run.reader(), &mut work.roster, &pairs).await;
            let held = held.map_err(|error| stopped(error.to_string()))?;
            let taken = [Action::Uninstall, Action::Release].map(|action| work.all_of(action));
            let is_in = |pairs: &Pairs, asset: Asset, id: HolderId| {
                pairs.get(&asset).is_some_and(|holders| holders.contains(id))
            };
            for (intent, install, id) in found {
                let asset = install.asset;
                let why = if self.hand.is_none() {
                    Some("the location names no `mdm` any more")
                } else if !is_in(&held, asset, id) {
                    Some("its license is not assigned")
                } else if taken.iter().any(|pairs| is_in(pairs, asset, id)) {
                    Some("its license is taken back")
                } else {
                    None
                };
                if let Some(why) = why {
                    ended.push((intent.id, overtaken(why)));
                    continue;
                }
                let state = intent.sent_at.map_or(State::Wanted, |at| State::Sent {
                    at,
                    reference: intent.reference,
                    unsure: false,
                    not_now: false,
                });
                self.flights.push(Flight::new(install, state, (asset, id), true));
            }
        }
        self.flights.sort_by(|a, b| {
            let key = |flight: &Flight| (flight.install.since, flight.install.asset);
            (key(a), &a.install.serial_number).cmp(&(key(b), &b.install.serial_number))
        });
        run.journal.settle(&ended).await;
        Ok(())
    }

    /// What this run will ask for: one for each device that gets a license, or whose person does.
    async fn wish(&mut self, run: &Run<'_>, work: &Work<'_>) -> Wishes {
        let mut wishes = Wishes::default();
        let under_way: HashSet<(Asset, SerialNumber)> =
            self.flights.iter().map(|flight| key(&flight.install)).collect();
        let mut asked = under_way;
        for item in work.items.iter().filter(|item| item.change.install) {
            let change = item.change;
            let mut one = |holder: Holder, serial: SerialNumber| {
                asked.insert((change.asset, serial.clone())).then(|| Install {
                    run: run.journal.run(),
                    asset: change.asset,
                    name: change.name.clone(),
                    bundle_id: change.bundle_id.clone(),
                    holder,
                    serial_number: serial,
                    attempt: 1,
                    since: run.journal.now(),
                    not_before: None,
                    why: None,
                })
            };
            for serial in &change.devices {
                let holder = Holder::Device(serial.clone());
                let Some(id) = work.roster.find(holder.as_ref()) else { continue };
                let install = one(holder, serial.clone());
                wishes.add(change.asset, id, install.into_iter().collect());
            }
            for user in &change.users {
                let holder = Holder::User(user.clone());
                let Some(id) = work.roster.find(holder.as_ref()) else { continue };
                let serials = match self.fleet(run).await {
                    Ok(fleet) => fleet.serials_of(user),
                    Err(why) => {
                        self.impossible.insert((change.asset, id), why);
                        continue;
                    }
                };
                if serials.is_empty() {
                    let why = "the server knows no device of the person".to_owned();
                    self.impossible.insert((change.asset, id), why);
                }
                let installs = serials.into_iter().filter_map(|one_of| one(holder.clone(), one_of));
                let installs = installs.collect();
                wishes.add(change.asset, id, installs);
            }
        }
        for (asset, id, install) in wishes.all() {
            let flight = Flight::new(install.clone(), State::Unlicensed, (asset, id), false);
            self.flights.push(flight);
        }
        self.flights.sort_by(|a, b| {
            let key = |flight: &Flight| (!flight.carried, flight.install.since);
            (key(a), key_of(a)).cmp(&(key(b), key_of(b)))
        });
        wishes
    }

    async fn fleet(&self, run: &Run<'_>) -> Result<Arc<Fleet>, String> {
        match self.hand.as_ref().map(|hand| &hand.mdm) {
            Some(Ok(mdm)) => Fleet::of_run(run, mdm.as_ref()).await,
            Some(Err(why)) => Err(why.clone()),
            None => Err("the location names no `mdm`".to_owned()),
        }
    }

    /// Takes note of licenses that read back: what is to be installed with them can be sent.
    ///
    /// # Errors
    /// Where nothing more should be started in the location.
    pub(in crate::apply) async fn licensed(
        &mut self,
        run: &Run<'_>,
        work: &Work<'_>,
    ) -> Result<(), Halt> {
        let through = work.through(Action::Assign);
        let mut wishes: Vec<Wish> = vec![];
        for flight in &mut self.flights {
            let (asset, id) = flight.pair;
            let holds = through.get(&asset).is_some_and(|holders| holders.contains(id));
            if flight.state == State::Unlicensed && holds {
                flight.state = State::Wanted;
                wishes.push(flight.install.wish());
            }
        }
        // Somebody else may have given a license that this run did not ask for any more.
        wishes.retain(|wish| !run.wishes.is_written(wish.id));
        if !wishes.is_empty() && !run.journal.intend_all(wishes).await {
            return run.go_on();
        }
        Ok(())
    }

    /// Drops what got no license, and will get none from this run's requests.
    pub(in crate::apply) async fn without_license(&mut self, run: &Run<'_>, work: &Work<'_>) {
        let sent = work.sent_of(Action::Assign);
        let mut ended = vec![];
        for flight in self.flights.iter_mut().filter(|one| one.state == State::Unlicensed) {
            let (asset, id) = flight.pair;
            let why = "the license was not assigned";
            flight.state = State::Dropped(why.to_owned());
            // A request that Apple may still carry out is looked at again by the next run.
            if !sent.get(&asset).is_some_and(|holders| holders.contains(id)) {
                ended.push((flight.install.id(), overtaken(why)));
            }
        }
        run.journal.settle(&ended).await;
    }

    /// Whether anything may still come: an answer, or the time for the next command.
    pub(in crate::apply) fn waits(&self) -> bool {
        let waits = |flight: &Flight| match flight.state {
            State::Sent { .. } => true,
            State::Wanted => flight.waits.is_none(),
            State::Unlicensed | State::Acknowledged | State::Failed(_) | State::Dropped(_) => false,
        };
        self.trouble.is_none() && self.flights.iter().any(waits)
    }

    /// Asks what became of everything that was sent, and sends what is due. True where a device or
    /// the server had something to say.
    ///
    /// # Errors
    /// Where nothing more should be started in the location.
    pub(in crate::apply) async fn round(&mut self, run: &Run<'_>) -> Result<bool, Halt> {
        let is_ready = |flight: &Flight| flight.is_open() && flight.state != State::Unlicensed;
        if self.trouble.is_some() || !self.flights.iter().any(is_ready) {
            return Ok(false);
        }
        let fleet = match self.ready(run).await {
            Ok(fleet) => fleet,
            Err(why) => {
                self.trouble = Some(why);
                return Ok(false);
            }
        };
        let Some(Ok(mdm)) = self.hand.as_ref().map(|hand| hand.mdm.clone()) else {
            return Ok(false);
        };
        let mut stirred = self.ask(run, mdm.as_ref(), &fleet).await;
        let now = run.journal.now();
        let ticks = |flight: &mut Flight| {
            let Flight { install, state, .. } = flight;
            machine::tick(install, state, now)
        };
        self.settle(run, |_, flight| ticks(flight)).await;
        stirred |= self.send(run, mdm.as_ref(), &fleet).await?;
        self.stirred |= stirred;
        Ok(stirred)
    }

    /// The server's devices.
    ///
    /// # Errors
    /// Why nothing can be installed.
    async fn ready(&self, run: &Run<'_>) -> Result<Arc<Fleet>, String> {
        let fleet = self.fleet(run).await?;
        match self.hand.as_ref().map(|hand| &hand.mdm) {
            Some(Ok(mdm)) if !mdm.capabilities().install => {
                Err(format!("{} cannot be told to install; remove `install: true`", mdm.name()))
            }
            Some(_) | None => Ok(fleet),
        }
    }

    async fn ask(&mut self, run: &Run<'_>, mdm: &dyn Mdm, fleet: &Fleet) -> bool {
        let mut places = vec![];
        let mut asks = vec![];
        for (place, flight) in self.flights.iter().enumerate() {
            let State::Sent { at, reference, .. } = &flight.state else { continue };
            let Some(device) = fleet.any(&flight.install.serial_number) else { continue };
            places.push(place);
            asks.push(Ask {
                id: flight.install.id(),
                reference: reference.clone(),
                device: device.clone(),
                order: flight.install.order(),
                sent_at: *at,
            });
        }
        if asks.is_empty() {
            return false;
        }
        let standings = match mdm.standing(&asks, run.journal.now()).await {
            Ok(standings) => standings,
            Err(error) => {
                self.trouble = Some(error.to_string());
                return false;
            }
        };
        let standings: HashMap<usize, _> = places.into_iter().zip(standings).collect();
        let now = run.journal.now();
        self.settle(run, |place, flight| {
            let Flight { install, state, .. } = flight;
            let standing = standings.get(&place);
            standing.map_or(Turn::Stays, |said| machine::heard(install, state, said, now))
        })
        .await
    }

    async fn send(&mut self, run: &Run<'_>, mdm: &dyn Mdm, fleet: &Fleet) -> Result<bool, Halt> {
        let now = run.journal.now();
        let mut due: Vec<(usize, Command)> = vec![];
        for (place, flight) in self.flights.iter_mut().enumerate() {
            if flight.state != State::Wanted {
                continue;
            }
            let device: Result<&Device, String> = fleet.live(&flight.install.serial_number);
            flight.waits = device.as_ref().err().cloned();
            if let Ok(device) = device
                && machine::is_due(&flight.install, &flight.state, now)
            {
                due.push((place, flight.install.command(device.clone())));
            }
        }
        let mut stirred = false;
        while !due.is_empty() {
            let rest = due.split_off(due.len().min(COMMANDS));
            let (places, commands): (Vec<usize>, Vec<Command>) =
                std::mem::replace(&mut due, rest).into_iter().unzip();
            run.go_on()?;
            let deliveries = mdm.send(&commands, run.journal.now()).await;
            let now = run.journal.now();
            let told: HashMap<usize, Delivery> = places.into_iter().zip(deliveries).collect();
            let taken = |(place, delivery): (&usize, &Delivery)| {
                let id = self.flights.get(*place)?.install.id();
                match delivery {
                    Delivery::Queued { reference } => Some((id, reference.clone())),
                    Delivery::Known | Delivery::Unclear { .. } => Some((id, None)),
                    Delivery::Refused { .. } => None,
                }
            };
            let taken: Vec<_> = told.iter().filter_map(taken).collect();
            run.journal.all_sent(&taken).await;
            stirred |= !taken.is_empty();
            stirred |= self
                .settle(run, |place, flight| {
                    let Some(delivery) = told.get(&place) else { return Turn::Stays };
                    let Flight { install, state, told, .. } = flight;
                    let turn = machine::delivered(install, state, delivery, now);
                    *told |= matches!(state, State::Sent { .. });
                    turn
                })
                .await;
        }
        Ok(stirred)
    }

    /// Lets something happen to every installation and writes down what that comes to. True where
    /// one moved.
    async fn settle(
        &mut self,
        run: &Run<'_>,
        mut step: impl FnMut(usize, &mut Flight) -> Turn,
    ) -> bool {
        let (mut ended, mut next) = (vec![], vec![]);
        for (place, flight) in self.flights.iter_mut().enumerate() {
            if !flight.is_open() {
                continue;
            }
            let id = flight.install.id();
            match step(place, flight) {
                Turn::Stays => {}
                Turn::Ended => ended.push((id, outcome(&flight.state))),
                Turn::Again { next: install, why } => {
                    next.push(install.wish());
                    ended.push((id, overtaken(&why)));
                    flight.install = install;
                }
            }
        }
        // The next command first: the other way round one that is killed in between is forgotten.
        if !next.is_empty() && !run.journal.intend_all(next).await {
            return false;
        }
        run.journal.settle(&ended).await;
        !ended.is_empty()
    }

    /// Why the server cannot be asked.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}

fn key(install: &Install) -> (Asset, SerialNumber) {
    (install.asset, install.serial_number.clone())
}

fn key_of(flight: &Flight) -> (Asset, &SerialNumber) {
    (flight.install.asset, &flight.install.serial_number)
}

fn outcome(state: &State) -> Outcome {
    match state {
        State::Failed(why) => Outcome::Refused { number: None, message: why.clone() },
        State::Dropped(why) => overtaken(why),
        State::Unlicensed | State::Wanted | State::Sent { .. } | State::Acknowledged => {
            Outcome::Settled { done: 1, failed: 0 }
        }
    }
}

fn overtaken(why: &str) -> Outcome {
    Outcome::Overtaken { message: why.to_owned() }
}

fn stopped(message: String) -> Halt {
    Halt::Stopped(Reason { number: None, message })
}
