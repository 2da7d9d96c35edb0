//! Subscriptions: what comes back first, then what is given, then administrators. A pair counts as
//! done when it is read back; a reply that got lost is settled by reading.

mod outcome;
mod settle;
mod work;

pub use outcome::{
    AdministratorReport, SeatChangeReport, SeatOutcome, SeatRunSummary, SeatStep, SeatsReport,
};
pub(super) use work::SeatWork;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use uuid::Uuid;

use super::outcome::{Event, StepOutcome};
use super::readback;
use super::report;
use super::request::{may_be_of_a_part, retriable};
use super::run::{Halt, Run, reason, why};
use super::work::Reason;
use crate::actual::UserStatus;
use crate::apple::{AppleError, Class, EventId, EventStatus, ManageSeats};
use crate::license::{AdamId, ClientUserId};
use crate::plan::{LocationPlan, SeatRectangle, seat_rectangles};
use crate::store::{IntentKind, Outcome};

use settle::{is_so, read, settle};
use work::Pair;

/// How many small first requests may fail before nothing else is tried.
const TRIALS: u32 = 3;

/// How a request ended, before anything was read back.
enum End {
    /// It took effect at once.
    Done,
    /// Its event was followed.
    Event(EventStatus),
    /// What became of it is not known: only reading tells.
    Unknown(Reason),
    /// Apple took none of it.
    Refused(AppleError),
}

/// Carries out what the plan says of a location's subscriptions.
///
/// # Errors
/// [`Halt`] where nothing more should be tried in the location. What was sent has been read back
/// then too, as far as Apple could be read; what was tried and is not so counts as failed.
pub(super) async fn carry_out(
    run: &mut Run<'_>,
    location: &LocationPlan,
    work: &mut SeatWork<'_>,
) -> Result<(), Halt> {
    if work.is_through() {
        return Ok(());
    }
    run.go_on()?;
    let result = steps(run, location, work).await;
    if let Some(outcome) = work.report() {
        run.note(Event::Seats { location: run.location.to_owned(), outcome });
    }
    result
}

async fn steps(
    run: &mut Run<'_>,
    location: &LocationPlan,
    work: &mut SeatWork<'_>,
) -> Result<(), Halt> {
    if work.enabled.is_some() {
        enable(run, work).await?;
    }
    withhold_not_associated(run, location, work).await?;
    trial(run, work).await?;
    for step in SeatStep::ALL {
        if step == SeatStep::Renew {
            fit(run, work).await?;
        }
        carry_out_step(run, work, step, None).await?;
    }
    Ok(())
}

/// Says that subscriptions are handled. Saying it twice changes nothing, so a reply that got lost
/// is no reason to ask anything: it is said again.
async fn enable(run: &mut Run<'_>, work: &mut SeatWork<'_>) -> Result<(), Halt> {
    let wish = json!({ "subscriptions": true });
    let Some(intent) = run.journal.intend(IntentKind::Subscription, 1, wish).await else {
        return run.unbroken();
    };
    let mut told = run.writer.enable_subscriptions().await;
    if told.as_ref().is_err_and(AppleError::outcome_is_unknown) {
        told = run.writer.enable_subscriptions().await;
    }
    let refused = || Reason {
        number: None,
        message: "Apple took the request and says that subscriptions are not enabled".to_owned(),
    };
    match &told {
        Ok(on) => {
            let done = u64::from(*on);
            run.journal.settle(&[(intent, Outcome::Settled { done, failed: 1 - done })]).await;
        }
        Err(error) if error.outcome_is_unknown() => {}
        Err(error) => run.journal.refused(intent, reason(error)).await,
    }
    let failed = match told {
        Ok(true) => None,
        Ok(false) => Some((refused(), false)),
        Err(error) => Some((reason(&error), error.stops_location())),
    };
    let Some((reason, stops)) = failed else {
        work.enabled = Some(StepOutcome::Applied);
        return Ok(());
    };
    run.breaker.failed(reason.number, 1);
    work.enabled = Some(StepOutcome::Failed { failure: report::failure(&reason, vec![]) });
    if stops { Err(Halt::Stopped(reason)) } else { Ok(()) }
}

/// People who were registered by this run have an account only if Apple linked it at once: for
/// the others a request would be refused (9814), and with it everybody in it.
async fn withhold_not_associated(
    run: &Run<'_>,
    location: &LocationPlan,
    work: &mut SeatWork<'_>,
) -> Result<(), Halt> {
    let new: BTreeSet<&ClientUserId> =
        location.users.create.iter().map(|user| &user.client_user_id).collect();
    let needs = [SeatStep::AssignRenewing, SeatStep::AssignExpiring, SeatStep::AddAdministrators];
    let pairs: Vec<(SeatStep, Pair)> = needs
        .into_iter()
        .flat_map(|step| work.open(step, None).into_iter().map(move |pair| (step, pair)))
        .filter(|(_, (_, user))| new.contains(user))
        .collect();
    let asked: BTreeSet<ClientUserId> = pairs.iter().map(|(_, pair)| pair.1.clone()).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let found = readback::users(run.reader(), &asked)
        .await
        .map_err(|error| Halt::Stopped(reason(&error)))?;
    for (step, pair) in pairs {
        let linked = found.get(&pair.1).is_some_and(|record| match record.status {
            UserStatus::Associated => true,
            UserStatus::Registered | UserStatus::Retired | UserStatus::Deleted => false,
        });
        if !linked {
            let message = "the person's Apple Account is not linked yet: a seat can be given once \
                           they have accepted";
            let reason = Reason { number: None, message: message.to_owned() };
            work.withhold(step, &pair, reason);
        }
    }
    Ok(())
}

/// The small first request of a run, followed to its read-back. One that fails may be that
/// person's own trouble, so another is tried; when all fail, something is wrong with the whole.
async fn trial(run: &mut Run<'_>, work: &mut SeatWork<'_>) -> Result<(), Halt> {
    let size = usize::try_from(run.options.bounds.canary.max(1)).unwrap_or(1);
    let mut failed = None;
    for _ in 0..TRIALS {
        let first = SeatStep::ALL.into_iter().find_map(|step| {
            let open = work.open(step, None);
            (!open.is_empty()).then_some((step, open))
        });
        let Some((step, open)) = first else { return Ok(()) };
        let adam_id = open.first().map(|pair| pair.0);
        let one = open.into_iter().filter(|pair| Some(pair.0) == adam_id).take(size).collect();
        if step == SeatStep::Renew || step == SeatStep::AssignRenewing {
            fit(run, work).await?;
        }
        carry_out_step(run, work, step, Some(&one)).await?;
        failed = work.failure_among(step, &one);
        if failed.is_none() {
            return Ok(());
        }
    }
    failed.map_or(Ok(()), |reason| {
        Err(Halt::Stopped(Reason {
            number: reason.number,
            message: format!(
                "the first {TRIALS} small requests for seats failed, so nothing else was tried: {}",
                reason.message
            ),
        }))
    })
}

/// Never asks for more seats than are free now, after the releases that were read back.
async fn fit(run: &Run<'_>, work: &mut SeatWork<'_>) -> Result<(), Halt> {
    let [renew, going_on, ending] =
        [SeatStep::Renew, SeatStep::AssignRenewing, SeatStep::AssignExpiring]
            .map(|step| (step, work.open(step, None)));
    let wanted: BTreeSet<Pair> =
        [&renew.1, &going_on.1, &ending.1].into_iter().flatten().cloned().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let (now, _) = read(run, &wanted).await.map_err(Halt::Stopped)?;
    let ids: BTreeSet<AdamId> = wanted.iter().map(|pair| pair.0).collect();
    for adam_id in ids {
        let counts = now.subscriptions.get(&adam_id).map(|one| one.counts).unwrap_or_default();
        let mut renewing = counts.available.renewing;
        let mut expiring = counts.available.expiring;
        for (step, open) in [&renew, &going_on, &ending] {
            for pair in open.iter().filter(|pair| pair.0 == adam_id) {
                let free = match step {
                    // Where no seat ends with the period, it is a renewing one already.
                    SeatStep::Renew if counts.assigned.expiring == 0 => continue,
                    SeatStep::AssignExpiring if expiring > 0 => &mut expiring,
                    SeatStep::Release
                    | SeatStep::ReleaseLater
                    | SeatStep::Expire
                    | SeatStep::Renew
                    | SeatStep::AssignExpiring
                    | SeatStep::AssignRenewing
                    | SeatStep::RemoveAdministrators
                    | SeatStep::AddAdministrators => &mut renewing,
                };
                if *free == 0 {
                    let message = "no seat is free for it any more".to_owned();
                    work.withhold(*step, pair, Reason { number: None, message });
                } else {
                    *free -= 1;
                }
            }
        }
    }
    Ok(())
}

/// Carries out the open pairs of a step, or `only` these of them, until they are done, have failed
/// for good or the rounds are used up.
async fn carry_out_step(
    run: &mut Run<'_>,
    work: &mut SeatWork<'_>,
    step: SeatStep,
    only: Option<&BTreeSet<Pair>>,
) -> Result<(), Halt> {
    let result = rounds(run, work, step, only).await;
    for reason in work.give_up(step) {
        run.breaker.failed(reason.number, 1);
    }
    result
}

async fn rounds(
    run: &mut Run<'_>,
    work: &mut SeatWork<'_>,
    step: SeatStep,
    only: Option<&BTreeSet<Pair>>,
) -> Result<(), Halt> {
    for round in 0..run.options.rounds.max(1) {
        let open = work.open(step, only);
        if open.is_empty() {
            return Ok(());
        }
        run.go_on()?;
        if round > 0 {
            run.pause(round - 1).await;
            run.go_on()?;
            // What came late must not be sent again. Reading also learns of new limits.
            let (now, roster) = read(run, &open).await.map_err(Halt::Stopped)?;
            for pair in open.iter().filter(|pair| is_so(step, pair, &now, &roster)) {
                work.done(step, pair);
            }
        }
        let open = work.open(step, only);
        send_all(run, work, step, &open).await?;
    }
    Ok(())
}

/// Sends requests that cover these pairs, and reads back what became of each. One part that Apple
/// will not have refuses the whole, so a refused request is cut in halves until what is refused
/// stands alone.
async fn send_all(
    run: &mut Run<'_>,
    work: &mut SeatWork<'_>,
    step: SeatStep,
    open: &BTreeSet<Pair>,
) -> Result<(), Halt> {
    let mut users: BTreeMap<AdamId, Vec<ClientUserId>> = BTreeMap::new();
    for (adam_id, user) in open {
        users.entry(*adam_id).or_default().push(user.clone());
    }
    let pairs = users.iter().map(|(adam_id, users)| (*adam_id, users.as_slice()));
    let mut left = seat_rectangles(pairs, run.reader().seat_limits());
    left.reverse();
    while let Some(request) = left.pop() {
        run.go_on()?;
        let pairs = pairs_of(&request);
        let Some(intent) = intend(run, step, &request, pairs.len()).await else {
            return run.unbroken();
        };
        let end = send(run, step, &request, intent).await;
        match end {
            End::Refused(error) if error.stops_location() => {
                return Err(Halt::Stopped(reason(&error)));
            }
            End::Refused(error) if retriable(&error) => {
                for pair in &pairs {
                    work.tried(step, pair, why(&error));
                }
            }
            End::Refused(error) if may_be_of_a_part(&error) && pairs.len() > 1 => {
                left.extend(halves(request).into_iter().rev());
            }
            End::Refused(error) => refused(run, work, step, &pairs, &error).await,
            End::Done | End::Event(_) | End::Unknown(_) => {
                work.sent(step, &pairs);
                settle(run, work, step, &pairs, (end, intent)).await?;
            }
        }
    }
    Ok(())
}

fn pairs_of(request: &SeatRectangle) -> BTreeSet<Pair> {
    let SeatRectangle { adam_ids, users } = request;
    let of =
        |adam_id: &AdamId| users.iter().map(|user| (*adam_id, user.clone())).collect::<Vec<_>>();
    adam_ids.iter().flat_map(of).collect()
}

/// A request cut across its subscriptions, else across its people.
fn halves(request: SeatRectangle) -> [SeatRectangle; 2] {
    let SeatRectangle { mut adam_ids, mut users } = request;
    if adam_ids.len() > 1 {
        let second = adam_ids.split_off(adam_ids.len().div_ceil(2));
        return [
            SeatRectangle { adam_ids, users: users.clone() },
            SeatRectangle { adam_ids: second, users },
        ];
    }
    let second = users.split_off(users.len().div_ceil(2));
    [SeatRectangle { adam_ids: adam_ids.clone(), users }, SeatRectangle { adam_ids, users: second }]
}

/// Writes a request down.
async fn intend(
    run: &Run<'_>,
    step: SeatStep,
    request: &SeatRectangle,
    pairs: usize,
) -> Option<Uuid> {
    let SeatRectangle { adam_ids, users } = request;
    let body = json!({ "step": step, "adamIds": adam_ids, "clientUserIds": users });
    run.journal.intend(IntentKind::Subscription, report::length(pairs), body).await
}

async fn send(run: &Run<'_>, step: SeatStep, request: &SeatRectangle, intent: Uuid) -> End {
    let SeatRectangle { adam_ids, users } = request.clone();
    let what = ManageSeats { adam_ids, users };
    let writer = run.writer;
    let begun: Result<Option<EventId>, AppleError> = match step {
        SeatStep::Release => writer.disassociate_seats(&what, false).await.map(Some),
        SeatStep::ReleaseLater => writer.disassociate_seats(&what, true).await.map(Some),
        SeatStep::Expire | SeatStep::AssignExpiring => {
            writer.associate_seats(&what, false).await.map(Some)
        }
        SeatStep::Renew | SeatStep::AssignRenewing => {
            writer.associate_seats(&what, true).await.map(Some)
        }
        SeatStep::RemoveAdministrators => writer.remove_administrators(&what).await.map(|()| None),
        SeatStep::AddAdministrators => writer.add_administrators(&what).await.map(|()| None),
    };
    let note = |event_id: Option<String>| {
        run.note(Event::SeatRequest {
            location: run.location.to_owned(),
            event_id,
            step,
            pairs: report::length(what.adam_ids.len() * what.users.len()),
        });
    };
    match begun {
        Ok(None) => {
            note(None);
            End::Done
        }
        Ok(Some(event)) => {
            run.journal.sent(intent, Some(event.to_string())).await;
            note(Some(event.to_string()));
            match writer.settle(&event).await {
                Ok(outcome) => End::Event(outcome),
                Err(error) => End::Unknown(reason(&error)),
            }
        }
        Err(error) if error.outcome_is_unknown() => {
            note(None);
            End::Unknown(reason(&error))
        }
        Err(error) => {
            run.journal.refused(intent, why(&error)).await;
            End::Refused(error)
        }
    }
}

/// What Apple refuses at once: so already, or not to be had.
async fn refused(
    run: &mut Run<'_>,
    work: &mut SeatWork<'_>,
    step: SeatStep,
    pairs: &BTreeSet<Pair>,
    error: &AppleError,
) {
    let settled = error.said().is_some_and(|said| said.class() == Class::Settled);
    let now = if settled { read(run, pairs).await.ok() } else { None };
    for pair in pairs {
        // A seat that comes through a group of Apple's stands in no list of ours (9817).
        let through = error.number() == Some(9817);
        let so = now.as_ref().is_some_and(|(now, roster)| is_so(step, pair, now, roster));
        if so || through {
            work.already(step, pair);
        } else {
            run.breaker.failed(error.number(), 1);
            work.failed(step, pair, why(error));
        }
    }
}
