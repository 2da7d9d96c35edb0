//! One location, from its claim to its last license.

use std::collections::BTreeMap;

use crate::actual::{MdmInfo, Stock};
use crate::apple::ClientConfigChange;
use crate::license::{Asset, HolderRef, HolderSet, UserDetails};
use crate::plan::{Action, LocationPlan, Plan};

use super::licenses;
use super::outcome::{Event, LocationReport, StepOutcome, UserOutcome};
use super::readback;
use super::report;
use super::run::{Halt, Run, reason};
use super::users::{self, Fates, Step};
use super::work::{Pairs, Reason, Work};

/// Everything known of a location's run while it goes on.
struct State<'p> {
    claim: Option<StepOutcome>,
    created: Fates,
    updated: Fates,
    retired: Fates,
    work: Work<'p>,
}

/// Carries out a location's part of a plan and reports all of it, however it ended. The second
/// value says that somebody asked to stop.
pub(super) async fn run<'p>(
    run: &mut Run<'_>,
    plan: &'p Plan,
    location: &'p LocationPlan,
) -> (LocationReport, bool) {
    let mut report = LocationReport {
        name: location.name.clone(),
        uid: location.uid.clone(),
        claim: location.claim.as_ref().map(|_| StepOutcome::NotTried),
        users: UserOutcome::default(),
        changes: vec![],
        stopped: None,
        requests: 0,
    };
    let work = match Work::of(plan, &location.name) {
        Ok(work) => work,
        Err(full) => {
            report.stopped = Some(full.to_string());
            return (report, false);
        }
    };
    let pairs = work.items.iter().map(|item| item.open.len()).sum();
    run.note(Event::LocationStarted {
        location: location.name.clone(),
        uid: location.uid.clone(),
        changes: report::length(work.items.len()),
        pairs,
    });
    let retire = location.users.retire.iter().map(|id| UserDetails {
        client_user_id: id.clone(),
        email: None,
        managed_apple_id: None,
    });
    let mut state = State {
        claim: report.claim.take(),
        created: Fates::of(location.users.create.iter().cloned()),
        updated: Fates::of(location.users.update.iter().cloned()),
        retired: Fates::of(retire),
        work,
    };
    let before = run.reader().requests();
    let halt = steps(run, location, &mut state).await.err();
    let State { claim, created, updated, retired, work } = state;
    report.claim = claim;
    report.users = UserOutcome {
        created: created.counts(),
        updated: updated.counts(),
        retired: retired.counts(),
    };
    report.changes = report::changes(&work);
    report.requests = run.reader().requests().saturating_sub(before);
    for change in &report.changes {
        run.note(Event::ChangeDone { location: location.name.clone(), change: change.clone() });
    }
    let interrupted = halt == Some(Halt::Interrupted);
    report.stopped = match halt {
        Some(Halt::Stopped(reason)) => Some(reason.message),
        Some(Halt::Interrupted) => Some("interrupted".to_owned()),
        None => None,
    };
    if let Some(reason) = &report.stopped {
        let location = Some(location.name.clone());
        run.note(Event::Stopped { location, reason: reason.clone() });
    }
    (report, interrupted)
}

/// Claim, trial, users, reclaims, assigns, retirements: each waits for what it depends on.
async fn steps(
    run: &mut Run<'_>,
    location: &LocationPlan,
    state: &mut State<'_>,
) -> Result<(), Halt> {
    run.go_on()?;
    if let Some(owner) = &location.claim {
        claim(run, owner, state).await?;
    }
    let tried = trial(run, location, state).await?;
    people(run, location, state).await?;
    if !tried {
        trial(run, location, state).await?;
    }
    licenses::carry_out(run, &mut state.work, Action::Release, None).await?;
    fit(run, state).await?;
    licenses::carry_out(run, &mut state.work, Action::Assign, None).await?;
    if !state.retired.open.is_empty() {
        users::carry_out(run, Step::Retire, &mut state.retired).await?;
        note_users(run, location, state);
    }
    Ok(())
}

async fn claim(run: &mut Run<'_>, owner: &MdmInfo, state: &mut State<'_>) -> Result<(), Halt> {
    let change = ClientConfigChange { owner: Some(owner.clone()), notifications: None };
    let outcome = run.writer.set_client_config(&change).await;
    let (step, halt) = match outcome {
        Ok(config) if config.owner.as_ref().is_some_and(|now| now.id == owner.id) => {
            (StepOutcome::Applied, None)
        }
        Ok(_) => {
            let message = "Apple took the claim and still names another owner".to_owned();
            let why = Reason { number: None, message };
            let failure = report::failure(&why, vec![]);
            (StepOutcome::Failed { failure }, Some(Halt::Stopped(why)))
        }
        Err(error) => {
            let why = reason(&error);
            let failure = report::failure(&why, vec![]);
            (StepOutcome::Failed { failure }, Some(Halt::Stopped(why)))
        }
    };
    run.note(Event::Claimed { location: run.location.to_owned(), outcome: step.clone() });
    state.claim = Some(step);
    halt.map_or(Ok(()), Err)
}

/// How many small first requests may fail before nothing else is tried.
const TRIALS: u32 = 3;

/// The small first request of a run, followed to its read-back. One that fails may be that pair's
/// own trouble, so another pair is tried; when all fail, something is wrong with the whole. False
/// where nothing could take part yet.
async fn trial(
    run: &mut Run<'_>,
    location: &LocationPlan,
    state: &mut State<'_>,
) -> Result<bool, Halt> {
    let free: BTreeMap<Asset, u64> = location
        .licenses
        .iter()
        .filter_map(|row| match row.stock {
            Some(Stock::Limited { available, .. }) => Some((row.asset, available)),
            Some(Stock::Unlimited) => None,
            None => Some((row.asset, 0)),
        })
        .collect();
    let size = run.options.bounds.canary;
    let mut failed = None;
    for _ in 0..TRIALS {
        let created = &state.created;
        let ready = |holder: HolderRef<'_>| !users::is_unregistered(created, holder);
        let Some((action, pairs)) = licenses::trial(&state.work, size, &free, ready) else {
            return Ok(failed.is_some());
        };
        licenses::carry_out(run, &mut state.work, action, Some(&pairs)).await?;
        failed = state.work.failure_among(action, &pairs);
        if failed.is_none() {
            return Ok(true);
        }
    }
    failed.map_or(Ok(true), |reason| {
        Err(Halt::Stopped(Reason {
            number: reason.number,
            message: format!(
                "the first {TRIALS} small requests failed, so nothing else was tried: {}",
                reason.message
            ),
        }))
    })
}

async fn people(
    run: &mut Run<'_>,
    location: &LocationPlan,
    state: &mut State<'_>,
) -> Result<(), Halt> {
    if state.created.open.is_empty() && state.updated.open.is_empty() {
        return Ok(());
    }
    let result = match users::carry_out(run, Step::Create, &mut state.created).await {
        Ok(()) => users::carry_out(run, Step::Update, &mut state.updated).await,
        Err(halt) => Err(halt),
    };
    note_users(run, location, state);
    result?;
    withhold_unregistered(state);
    Ok(())
}

fn note_users(run: &Run<'_>, location: &LocationPlan, state: &State<'_>) {
    run.note(Event::Users {
        location: location.name.clone(),
        outcome: UserOutcome {
            created: state.created.counts(),
            updated: state.updated.counts(),
            retired: state.retired.counts(),
        },
    });
}

/// Licenses for people who could not be registered are not tried: Apple would refuse them (9609).
fn withhold_unregistered(state: &mut State<'_>) {
    let open = state.work.open(Action::Assign);
    let pairs: Pairs = open
        .iter()
        .map(|(&asset, holders)| {
            let unregistered: HolderSet = holders
                .iter()
                .filter(|&id| {
                    let holder = state.work.roster.get(id);
                    holder.is_some_and(|holder| users::is_unregistered(&state.created, holder))
                })
                .collect();
            (asset, unregistered)
        })
        .filter(|(_, holders)| !holders.is_empty())
        .collect();
    let message = "the person could not be registered".to_owned();
    state.work.withheld(Action::Assign, &pairs, &Reason { number: None, message });
}

/// Never asks for more licenses than are free now, after the releases that were read back.
async fn fit(run: &mut Run<'_>, state: &mut State<'_>) -> Result<(), Halt> {
    let wanted = state.work.open(Action::Assign);
    if wanted.is_empty() {
        return Ok(());
    }
    run.go_on()?;
    let assets: Vec<Asset> = wanted.keys().copied().collect();
    let stock = readback::stock(run.reader(), &assets)
        .await
        .map_err(|error| Halt::Stopped(reason(&error)))?;
    for asset in assets {
        let free = match stock.get(&asset) {
            Some(Stock::Unlimited) => continue,
            Some(Stock::Limited { available, .. }) => *available,
            None => 0,
        };
        let message = "no license is free for it any more".to_owned();
        state.work.fit(asset, free, &Reason { number: None, message });
    }
    Ok(())
}
