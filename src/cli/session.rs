//! One `apply` and its memory: the leases it works under, what earlier runs left open, and its own
//! place in history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8Path;
use uuid::Uuid;

use super::Context;
use super::args::Apply as Arguments;
use super::clock;
use super::connect::Opened;
use super::exit::Exit;
use super::failure::Failure;
use super::files;
use super::origin;
use super::plan::Doors;
use super::state::{self, warn};
use crate::apple::Writer;
use crate::apply::outcome::{RunReport, RunResult};
use crate::apply::{self, Leases, Memory, Waiting};
use crate::manifest::Manifests;
use crate::plan::Plan;
use crate::render;
use crate::render::number::counted;
use crate::store::audit;
use crate::store::{Lease, RunEnd, RunId, RunRecord, Store};

/// One `apply` and its memory.
pub(super) struct Session {
    store: Arc<dyn Store>,
    run: RunId,
    who: String,
    leases: Leases,
    /// Apple's ids of the locations by their names, and the places of tokens that servers own;
    /// those that could not be asked have none.
    uids: BTreeMap<String, String>,
}

impl Session {
    /// Opens the memory and takes the lease of every location that can be reached.
    ///
    /// # Errors
    /// Where the memory cannot be opened, and where another run has one of the leases.
    pub(super) async fn open(
        context: &Context,
        arguments: &Arguments,
        folder: &Utf8Path,
        doors: &Doors,
        manifests: &Manifests,
    ) -> Result<Self, Failure> {
        let store = state::open(context, folder, &arguments.state, &arguments.target).await?;
        let (run, who) = (RunId(Uuid::new_v4()), origin::who(&context.environment));
        let mut uids = uids(&doors.apple, manifests).await;
        let tokens = doors.servers.iter().filter_map(|one| Some((one, one.place()?)));
        uids.extend(tokens.map(|(one, place)| (one.location.clone(), place)));
        let locations: BTreeSet<String> = uids.values().cloned().collect();
        let clock: apply::lease::Clock = Arc::new(clock::now);
        match Leases::take(Arc::clone(&store), run, &who, &locations, clock).await? {
            Ok(leases) => Ok(Self { store, run, who, leases, uids }),
            Err(holder) => Err(held(&uids, &holder)),
        }
    }

    /// Where it is kept.
    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// This run.
    pub(super) fn run(&self) -> RunId {
        self.run
    }

    /// What the apply room remembers with.
    pub(super) fn memory(&self) -> Memory<'_> {
        Memory {
            store: self.store.as_ref(),
            run: self.run,
            clock: &clock::now,
            leases: Some(&self.leases),
        }
    }

    /// Settles what earlier runs left open, by reading. Returns what may still be carried out, by
    /// the location's name.
    ///
    /// # Errors
    /// Where it cannot be settled: the store or Apple could not be read.
    pub(super) async fn resume(
        &self,
        context: &Context,
        opened: &[Opened],
    ) -> Result<BTreeMap<String, Vec<Waiting>>, Failure> {
        let mut waiting = BTreeMap::new();
        for one in opened {
            let (Ok(reader), Some(uid)) = (&one.reader, self.uids.get(&one.name)) else {
                continue;
            };
            let writer = Writer::new(reader.clone());
            let resumed = apply::resume(&writer, self.memory(), uid).await.map_err(|why| {
                anyhow::anyhow!(
                    "{}: what an earlier run left open could not be looked at: {why}; nothing was \
                     changed",
                    one.name
                )
            })?;
            if resumed.settled > 0 {
                let settled = u64::try_from(resumed.settled).unwrap_or(u64::MAX);
                let runs: Vec<String> = resumed.runs.iter().map(|run| run.0.to_string()).collect();
                context.streams.hint(&format!(
                    "{}: {} that run {} left open settled by reading",
                    one.name,
                    counted(settled, "request", "requests"),
                    runs.join(", ")
                ))?;
            }
            waiting.insert(one.name.clone(), resumed.waiting);
        }
        Ok(waiting)
    }

    /// Writes that the run begins, before anything is sent.
    pub(super) async fn begin(
        &self,
        context: &Context,
        folder: &Utf8Path,
        plan: &Plan,
    ) -> Result<(), Failure> {
        let record = RunRecord {
            id: self.run,
            started_at: clock::now(),
            who: self.who.clone(),
            commit: origin::commit(&context.environment, &super::prepare::root(folder)),
            folder: folder.to_string(),
            tool: plan.tool.clone(),
            fingerprint: plan.fingerprint.clone(),
            locations: plan.places(),
            end: None,
        };
        Ok(self.store.begin_run(&record).await?)
    }

    /// Writes how the run ended. What was done is done: where that cannot be written a warning
    /// says so.
    pub(super) async fn end(&self, context: &Context, report: &RunReport) -> Result<(), Failure> {
        let end = RunEnd {
            at: report.ended_at,
            result: word(&report.result).to_owned(),
            summary: serde_json::to_value(&report.summary)?,
            report: Some(serde_json::to_value(report)?),
        };
        if let Err(error) = self.store.end_run(self.run, &end).await {
            warn(context, &format!("the history does not say how this run ended: {error}"))?;
        }
        Ok(())
    }

    /// Adds what this run changed to a file, a line each; nothing where it changed nothing.
    pub(super) async fn audit(&self, path: &Utf8Path) -> Result<(), Failure> {
        let runs = self.store.runs_named(&self.run.0.to_string()).await?;
        let Some(run) = runs.first() else { return Ok(()) };
        let lines = audit::lines(run, self.store.journal(self.run).await?);
        if lines.is_empty() {
            return Ok(());
        }
        files::append(path.as_str(), |out| {
            lines.iter().try_for_each(|line| render::json::line(out, line))
        })
    }

    /// Gives the leases back.
    pub(super) async fn close(self, context: &Context) -> Result<(), Failure> {
        if let Err(error) = self.leases.give_back().await {
            warn(context, &format!("the leases were not given back and end in 2 min: {error}"))?;
        }
        Ok(())
    }
}

/// How a run ended, in one word.
fn word(result: &RunResult) -> &'static str {
    match result {
        RunResult::Done => "done",
        RunResult::Partial => "partial",
        RunResult::Nothing => "nothing",
        RunResult::Stopped { .. } => "stopped",
        RunResult::Interrupted => "interrupted",
    }
}

/// Apple's ids by the locations' names: as pinned, else as Apple says. What cannot be asked now is
/// not planned for either.
async fn uids(opened: &[Opened], manifests: &Manifests) -> BTreeMap<String, String> {
    let mut uids = BTreeMap::new();
    for one in opened {
        let Ok(reader) = &one.reader else { continue };
        let location = manifests.locations.iter().find(|other| other.name.value == one.name);
        let pinned = location.and_then(|location| location.uid.as_ref());
        let uid = match pinned {
            Some(uid) => Some(uid.value.clone()),
            None => match reader.client_config().await {
                Ok(_) => reader.uid(),
                Err(_) => None,
            },
        };
        uids.extend(uid.map(|uid| (one.name.clone(), uid)));
    }
    uids
}

fn held(uids: &BTreeMap<String, String>, holder: &Lease) -> Failure {
    let Lease { location, run, who, since, until } = holder;
    let name = uids.iter().find(|(_, uid)| *uid == location).map_or(location, |(name, _)| name);
    Failure::new(
        Exit::Failed,
        format!(
            "another apply is at work in {name}: {who}, run {}, since {since:.0}; nothing was \
             changed\nhint: wait until it has ended; if it was killed, its lease ends by itself at \
             {until:.0}",
            run.0
        ),
    )
}
