//! Carries out a plan: the only part that holds a writing client.
//!
//! Per location: claim, one small trial request, users, reclaims by release, assigns, retirements.
//! Each step waits for the one it depends on; a pair counts as done when it is read back, whatever
//! the answer or the event said. What is sent is written down first; what a run that was killed
//! left open is settled by reading before the next one plans. A reclaim by uninstall goes the way of the room
//! `reclaim`, over as many runs as its device needs; its license is released once the app is proven gone.

mod blame;
mod breaker;
mod install;
mod journal;
pub mod lease;
mod licenses;
mod location;
pub mod outcome;
mod readback;
mod reclaim;
mod report;
mod request;
mod resume;
mod run;
pub mod seats;
pub mod served;
mod stop;
mod trial;
mod users;
mod work;

pub use journal::Memory;
pub use lease::Leases;
pub use reclaim::{Hand, Hands};
pub use resume::{Resumed, Waiting, resume};
pub use run::{Observer, Options, Patience};
pub use stop::Stop;

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use tokio::sync::OnceCell;

use crate::apple::Writer;
use crate::plan::Plan;

use breaker::Breaker;
use install::Wishes;
use journal::Journal;
use outcome::{Event, FORMAT_VERSION, InstallTotals, RunReport, RunResult, RunSummary};
use run::Run;

/// What a run reaches Apple and devices through.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// Each location's name and its client.
    pub writers: &'a [(String, Writer)],
    /// What removes apps, by the location's name.
    pub hands: &'a Hands,
    /// The servers that own tokens.
    pub servers: &'a [served::Door<'a>],
}

static NO_HANDS: Hands = Hands::new();

impl<'a> From<&'a Vec<(String, Writer)>> for Access<'a> {
    /// Apple alone: licenses under reclaim by uninstall stay where they are.
    fn from(writers: &'a Vec<(String, Writer)>) -> Self {
        Self { writers, hands: &NO_HANDS, servers: &[] }
    }
}

/// Carries out a plan, all locations side by side. A location without a writer is reported as
/// stopped, as is one without the door of the server that owns its token; one without a hand leaves licenses under reclaim by uninstall where they are. Every write is in the `memory` before it
/// is sent. `waiting` says, by the location's name, which requests of earlier runs may still be
/// carried out ([`resume`]).
///
/// The report accounts for every pair of the plan.
pub async fn apply<'a>(
    plan: &Plan,
    access: impl Into<Access<'a>>,
    observer: &dyn Observer,
    stop: &Stop,
    options: Options,
    memory: Memory<'_>,
    waiting: &BTreeMap<String, Vec<Waiting>>,
) -> RunReport {
    let Access { writers, hands, servers } = access.into();
    let started_at = (memory.clock)();
    observer.note(Event::version(&plan.tool, &plan.fingerprint));
    let runs = plan.locations.iter().map(|location| async move {
        let Some((_, writer)) = writers.iter().find(|(name, _)| *name == location.name) else {
            return (location::without_writer(observer, plan, location), false);
        };
        let mut run = Run {
            location: &location.name,
            writer,
            observer,
            stop,
            options,
            breaker: Breaker::new(options.bounds),
            journal: Journal::new(memory, location.uid.as_deref().unwrap_or(&location.name)),
            wishes: Wishes::default(),
            fleet: OnceCell::new(),
        };
        let waiting = waiting.get(&location.name).map_or(&[][..], Vec::as_slice);
        let hand = hands.get(&location.name);
        location::run(&mut run, plan, location, waiting, hand).await
    });
    let served = plan.mdm_locations.iter().map(|location| {
        let door = servers.iter().find(|door| door.location == location.name);
        served::run(location, door, observer, stop, memory)
    });
    let (runs, mdm_locations) = join(join_all(runs), join_all(served)).await;
    let (locations, interrupted): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
    let summary = RunSummary::of(&locations);
    let result = result(&summary, interrupted.contains(&true), &locations);
    let result = result.with_servers(&mdm_locations, stop.asked());
    observer.note(Event::Summary { result: result.clone(), summary: summary.clone() });
    RunReport {
        format_version: FORMAT_VERSION.to_owned(),
        tool: plan.tool.clone(),
        fingerprint: plan.fingerprint.clone(),
        started_at,
        ended_at: (memory.clock)(),
        result,
        summary,
        locations,
        mdm_locations,
    }
}

fn result(
    summary: &RunSummary,
    interrupted: bool,
    locations: &[outcome::LocationReport],
) -> RunResult {
    let RunSummary {
        assigned,
        reclaimed,
        already,
        failed,
        not_tried,
        waits,
        blocked: _,
        unknown: _,
        users_created,
        users_updated,
        users_retired,
        users_failed,
        users_not_tried,
        claimed,
        requests: _,
        installs,
        subscriptions,
    } = summary;
    let seats = subscriptions.clone().unwrap_or_default();
    if interrupted {
        return RunResult::Interrupted;
    }
    let done = assigned
        + reclaimed
        + already
        + waits
        + users_created
        + users_updated
        + users_retired
        + claimed
        + installs.map_or(0, InstallTotals::all)
        + seats.done();
    let undone =
        failed + not_tried + users_failed + users_not_tried + seats.failed + seats.not_tried;
    if let Some((name, reason)) =
        locations.iter().find_map(|location| Some((&location.name, location.stopped.as_ref()?)))
    {
        let reason = if locations.len() > 1 { format!("{name}: {reason}") } else { reason.clone() };
        return RunResult::Stopped { reason };
    }
    match (done, undone) {
        (0, 0) => RunResult::Nothing,
        (_, 0) => RunResult::Done,
        (_, _) => RunResult::Partial,
    }
}
