//! One location, from its claim to its last license.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::time::Instant;

use crate::actual::{MdmInfo, Stock};
use crate::apple::ClientConfigChange;
use crate::license::{Asset, HolderRef, HolderSet, UserDetails};
use crate::plan::{Action, LocationPlan, Plan, UserPlan};
use crate::store::{IntentKind, Outcome};

use super::Observer;
use super::install::Installs;
use super::licenses;
use super::outcome::{Event, LocationReport, StepOutcome, UserOutcome};
use super::readback;
use super::reclaim::{self, Book, Hand};
use super::report;
use super::resume::{self, Waiting};
use super::run::{Halt, Run, reason};
use super::seats::{self, SeatWork};
use super::trial;
use super::users::{self, Fates, Step};
use super::work::{Pairs, Reason, Work};

/// Everything known of a location's run while it goes on.
struct State<'p> {
    claim: Option<StepOutcome>,
    created: Fates,
    updated: Fates,
    retired: Fates,
    work: Work<'p>,
    seats: SeatWork<'p>,
    /// Its reclaims, once they were looked at.
    book: Option<Book>,
    /// Its installations, once they were looked at.
    installs: Option<Installs>,
}

/// The report of a location before anything was done.
fn blank(location: &LocationPlan) -> LocationReport {
    LocationReport {
        name: location.name.clone(),
        uid: location.uid.clone(),
        claim: location.claim.as_ref().map(|_| StepOutcome::NotTried),
        users: UserOutcome::default(),
        changes: vec![],
        installs: vec![],
        stopped: None,
        requests: 0,
        subscriptions: SeatWork::of(location).report(),
    }
}

/// Reports a location that nobody can write to: nothing of it was tried.
pub(super) fn without_writer(
    observer: &dyn Observer,
    plan: &Plan,
    location: &LocationPlan,
) -> LocationReport {
    let mut report = blank(location);
    let UserPlan { create, update, retire, waiting: _ } = &location.users;
    for (counts, people) in [
        (&mut report.users.created, create.len()),
        (&mut report.users.updated, update.len()),
        (&mut report.users.retired, retire.len()),
    ] {
        counts.not_tried = report::length(people);
    }
    let reason = match Work::of(plan, &location.name) {
        Ok(work) => {
            report.changes = report::changes(&work);
            "there is no connection to write through".to_owned()
        }
        Err(full) => full.to_string(),
    };
    report.stopped = Some(reason.clone());
    observer.note(Event::Stopped { location: Some(location.name.clone()), reason });
    report
}

/// Carries out a location's part of a plan and reports all of it, however it ended. The second
/// value says that somebody asked to stop before it was through.
pub(super) async fn run<'p>(
    run: &mut Run<'_>,
    plan: &'p Plan,
    location: &'p LocationPlan,
    waiting: &[Waiting],
    hand: Option<&Hand>,
) -> (LocationReport, bool) {
    let mut report = blank(location);
    let Ok(work) = Work::of(plan, &location.name) else {
        return (without_writer(run.observer, plan, location), false);
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
        book: None,
        installs: None,
        seats: SeatWork::of(location),
    };
    resume::withhold(&mut state.work, waiting);
    let before = run.reader().requests();
    let halt = steps(run, location, &mut state, hand).await.and_then(|()| run.unbroken()).err();
    let State { claim, created, updated, retired, work, book, installs, seats } = state;
    let people_left =
        [&created, &updated, &retired].into_iter().any(|fates| !fates.open.is_empty());
    let through = work.is_through()
        && seats.is_through()
        && !people_left
        && claim != Some(StepOutcome::NotTried);
    report.claim = claim;
    report.users = UserOutcome {
        created: created.counts(),
        updated: updated.counts(),
        retired: retired.counts(),
    };
    report.changes = report::changes(&work);
    report.subscriptions = seats.report();
    if let Some(book) = &book {
        for (change, counts) in report.changes.iter_mut().zip(reclaim::counts(book, &work)) {
            change.reclaims = counts;
        }
    }
    if let Some(installs) = &installs {
        for (change, item) in report.changes.iter_mut().zip(&work.items) {
            change.installs = installs.of_change(&work, item);
        }
        report.installs = installs.of_earlier_runs();
    }
    report.requests = run.reader().requests().saturating_sub(before);
    for change in &report.changes {
        run.note(Event::ChangeDone { location: location.name.clone(), change: change.clone() });
    }
    // Who is interrupted while devices are waited for has not seen the end either.
    let waits = book.as_ref().is_some_and(Book::is_under_way);
    let interrupted = halt == Some(Halt::Interrupted) && (!through || waits);
    report.stopped = match halt {
        // Errors of Apple's begin with the location, which stands beside them already.
        Some(Halt::Stopped(Reason { message, .. })) => {
            let rest = message.strip_prefix(&location.name);
            Some(rest.and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&message).to_owned())
        }
        Some(Halt::Interrupted) if interrupted => Some("interrupted".to_owned()),
        Some(Halt::Interrupted) | None => None,
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
    hand: Option<&Hand>,
) -> Result<(), Halt> {
    run.go_on()?;
    let started = Instant::now();
    if let Some(owner) = &location.claim {
        claim(run, owner, state).await?;
    }
    let (installs, wishes) = Installs::open(run, &mut state.work, hand).await?;
    (state.installs, run.wishes) = (Some(installs), wishes);
    let tried = trial(run, location, state).await?;
    people(run, location, state).await?;
    if !tried {
        trial(run, location, state).await?;
    }
    let (work, of_trial) = (&mut state.work, [Action::Release, Action::Assign]);
    let [released, assigned] = of_trial.map(|action| work.applied(action));
    licenses::carry_out(run, work, Action::Release, None, &released).await?;
    let mut book = Book::open(run, &mut state.work, hand).await?;
    let caught_up = reclaim::catch_up(run, &mut state.work, &mut book).await;
    let book = state.book.insert(book);
    caught_up?;
    fit(run, &mut state.work).await?;
    licenses::carry_out(run, &mut state.work, Action::Assign, None, &assigned).await?;
    seats::carry_out(run, location, &mut state.seats).await?;
    let Some(installs) = &mut state.installs else { return Ok(()) };
    installs.licensed(run, &state.work).await?;
    installs.round(run).await?;
    while reclaim::follow(run, &mut state.work, book, installs, started).await? {
        if state.work.reopen_later() {
            fit(run, &mut state.work).await?;
            let (work, none) = (&mut state.work, Pairs::new());
            licenses::carry_out(run, work, Action::Assign, None, &none).await?;
            installs.licensed(run, &state.work).await?;
        }
    }
    installs.without_license(run, &state.work).await;
    if !state.retired.open.is_empty() {
        users::carry_out(run, Step::Retire, &mut state.retired).await?;
        note_users(run, location, state);
    }
    Ok(())
}

/// Claims a location nobody owns. Somebody may have claimed it since the plan was made, so the
/// owner is read right before; a reply that got lost is settled by reading.
async fn claim(run: &mut Run<'_>, owner: &MdmInfo, state: &mut State<'_>) -> Result<(), Halt> {
    let ours = |found: &Option<MdmInfo>| found.as_ref().is_some_and(|now| now.id == owner.id);
    let refused = |message: String| Err(Reason { number: None, message });
    let result = match run.reader().client_config().await.map(|config| config.owner) {
        Err(error) => Err(reason(&error)),
        Ok(found) if ours(&found) => Ok(StepOutcome::Already),
        Ok(Some(found)) => refused(format!(
            "{} (id {}) has claimed the location since the plan was made; agree with that owner, \
             then take it over with `vpp claim`",
            found.name, found.id
        )),
        Ok(None) => {
            let body = json!({ "mdmInfo": owner });
            let Some(intent) = run.journal.intend(IntentKind::Claim, 1, body).await else {
                return run.go_on();
            };
            let change = ClientConfigChange { owner: Some(owner.clone()), notifications: None };
            let found = match run.writer.set_client_config(&change).await {
                Err(error) if error.outcome_is_unknown() => {
                    run.reader().client_config().await.map(|config| config.owner)
                }
                Err(error) => {
                    run.journal.refused(intent, reason(&error)).await;
                    Err(error)
                }
                Ok(config) => Ok(config.owner),
            };
            if let Ok(found) = &found {
                let done = u64::from(ours(found));
                let outcome = Outcome::Settled { done, failed: 1 - done };
                run.journal.settle(&[(intent, outcome)]).await;
            }
            match found {
                Err(error) => Err(reason(&error)),
                Ok(found) if ours(&found) => Ok(StepOutcome::Applied),
                Ok(Some(_)) => {
                    refused("Apple took the claim and still names another owner".to_owned())
                }
                Ok(None) => refused("the claim did not arrive; run apply again".to_owned()),
            }
        }
    };
    let (step, halt) = match result {
        Ok(step) => (step, Ok(())),
        Err(why) => {
            let failure = report::failure(&why, vec![]);
            (StepOutcome::Failed { failure }, Err(Halt::Stopped(why)))
        }
    };
    run.note(Event::Claimed { location: run.location.to_owned(), outcome: step.clone() });
    state.claim = Some(step);
    halt
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
        let Some((action, pairs)) = trial::trial(&state.work, size, &free, ready) else {
            return Ok(failed.is_some());
        };
        licenses::carry_out(run, &mut state.work, action, Some(&pairs), &Pairs::new()).await?;
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
async fn fit(run: &mut Run<'_>, work: &mut Work<'_>) -> Result<(), Halt> {
    let wanted = work.open(Action::Assign);
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
        work.fit(asset, free, &Reason { number: None, message });
    }
    Ok(())
}
