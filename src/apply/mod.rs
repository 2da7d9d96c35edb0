//! Carries out a plan: the only part that holds a writing client.
//!
//! Per location: claim, one small trial request, users, reclaims by release, assigns, retirements.
//! Each step waits for the one it depends on; a pair counts as done when it is read back, whatever
//! the answer or the event said. Reclaims by uninstall are reported as waiting and their licenses
//! left where they are.

mod blame;
mod breaker;
mod licenses;
mod location;
pub mod outcome;
mod readback;
mod report;
mod request;
mod run;
pub mod seats;
pub mod served;
mod stop;
mod trial;
mod users;
mod work;

pub use run::{Observer, Options};
pub use stop::Stop;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::apple::Writer;
use crate::plan::Plan;

use breaker::Breaker;
use outcome::{Event, FORMAT_VERSION, RunReport, RunResult, RunSummary};
use run::Run;

/// Carries out a plan, all locations side by side. `writers` pairs a location's name with its
/// client; a location without one is reported as stopped. `clock` is asked once at the end.
///
/// The report accounts for every pair of the plan.
pub async fn apply(
    plan: &Plan,
    writers: &[(String, Writer)],
    observer: &dyn Observer,
    stop: &Stop,
    options: Options,
    started_at: Timestamp,
    clock: impl Fn() -> Timestamp,
) -> RunReport {
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
        };
        location::run(&mut run, plan, location).await
    });
    let (locations, interrupted): (Vec<_>, Vec<_>) = join_all(runs).await.into_iter().unzip();
    let summary = RunSummary::of(&locations);
    let result = result(&summary, interrupted.contains(&true), &locations);
    observer.note(Event::Summary { result: result.clone(), summary: summary.clone() });
    RunReport {
        format_version: FORMAT_VERSION.to_owned(),
        tool: plan.tool.clone(),
        fingerprint: plan.fingerprint.clone(),
        started_at,
        ended_at: clock(),
        result,
        summary,
        locations,
        mdm_locations: vec![],
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
        users_created,
        users_updated,
        users_retired,
        users_failed,
        users_not_tried,
        claimed,
        requests: _,
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
