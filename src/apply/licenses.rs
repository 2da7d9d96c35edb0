//! Gives and takes licenses: request, event, read-back, in rounds.

use std::cell::Cell;
use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream;

use crate::actual::ReadError;
use crate::apple::{AppleError, EventState, EventStatus, ManageAssets};
use crate::license::HolderSet;
use crate::plan::Action;
use crate::plan::cover::Rectangle;

use super::blame::{self, Verdict};
use super::outcome::Event;
use super::readback;
use super::run::{Halt, Run, reason};
use super::work::{Pairs, Reason, Work, both, count, without};

/// A request and how it ended, before anything was read back.
struct Sent {
    pairs: Pairs,
    end: End,
}

enum End {
    /// Its event was followed.
    Event(EventStatus),
    /// What became of it is not known: only reading tells.
    Unknown(Reason),
    /// Apple took none of it.
    Refused(AppleError),
    /// It was not sent, because something said to stop.
    Held,
}

/// Carries out the open pairs of an action, or `only` these of them, until they are done, have
/// failed for good or the rounds are used up.
///
/// # Errors
/// [`Halt`] where nothing more should be tried in the location. What was sent has been read back
/// then too, as far as Apple could be read.
pub(super) async fn carry_out(
    run: &mut Run<'_>,
    work: &mut Work<'_>,
    action: Action,
    only: Option<&Pairs>,
) -> Result<(), Halt> {
    let mut last = Reason { number: None, message: "not confirmed by reading back".to_owned() };
    for round in 0..run.options.rounds.max(1) {
        let open = work.open(action);
        let open = only.map_or_else(|| open.clone(), |only| both(&open, only));
        if open.is_empty() {
            return Ok(());
        }
        run.go_on()?;
        if round > 0 {
            run.pause(round - 1).await;
            // What came late must not be sent again.
            let held = read(run, work, action, &open, &last).await?;
            work.applied(action, &done(action, &open, &held));
        }
        let open = both(&work.open(action), &open);
        let requests = work.requests(action, &open, &run.limits());
        let sent = send_all(run, work, action, requests).await;
        let halt = settle(run, work, action, sent, &mut last).await?;
        if let Some(halt) = halt {
            return Err(halt);
        }
    }
    let open = work.open(action);
    let left = only.map_or_else(|| open.clone(), |only| both(&open, only));
    if !left.is_empty() {
        run.breaker.failed(last.number, count(&left));
        work.failed(action, &left, &last);
    }
    run.go_on()
}

/// Sends every request and follows its event, a few at a time.
async fn send_all(
    run: &mut Run<'_>,
    work: &Work<'_>,
    action: Action,
    requests: Vec<Rectangle>,
) -> Vec<Sent> {
    let hold = Cell::new(false);
    let (mut breaker, shared) = (run.breaker.clone(), &*run);
    let mut ends = stream::iter(requests)
        .map(|request| {
            let (hold, pairs) = (&hold, work.pairs_of(&request));
            async move {
                if hold.get() || shared.stop.asked() {
                    return Sent { pairs, end: End::Held };
                }
                let end = send(shared, action, &request, count(&pairs)).await;
                Sent { pairs, end }
            }
        })
        .buffer_unordered(shared.options.in_flight.max(1));
    let mut all = Vec::new();
    while let Some(sent) = ends.next().await {
        match &sent.end {
            End::Event(outcome) => {
                let completed = outcome.completed.unwrap_or(0);
                breaker.worked(completed);
                let refused = count(&sent.pairs).saturating_sub(completed);
                let for_good = outcome.failures.iter().find_map(|failure| {
                    matches!(blame::of(failure), Verdict::Final(_)).then_some(failure.number)
                });
                if let Some(kind) = for_good {
                    breaker.failed(kind, refused);
                }
            }
            End::Refused(error) => {
                if error.stops_location() {
                    hold.set(true);
                } else if !retriable(error) {
                    breaker.failed(error.number(), count(&sent.pairs));
                }
            }
            End::Unknown(_) | End::Held => {}
        }
        if breaker.tripped().is_some() {
            hold.set(true);
        }
        all.push(sent);
    }
    drop(ends);
    run.breaker = breaker;
    all
}

async fn send(run: &Run<'_>, action: Action, request: &Rectangle, pairs: u64) -> End {
    let event = match action {
        Action::Assign => run.writer.associate(&body(request)).await,
        Action::Release => run.writer.disassociate(&body(request)).await,
        Action::Uninstall => return End::Held,
    };
    let event = match event {
        Ok(event) => event,
        Err(error) if error.outcome_is_unknown() => {
            let location = run.location.to_owned();
            run.note(Event::RequestSent { location, event_id: None, action, pairs });
            return End::Unknown(reason(&error));
        }
        Err(error) => return End::Refused(error),
    };
    run.note(Event::RequestSent {
        location: run.location.to_owned(),
        event_id: Some(event.to_string()),
        action,
        pairs,
    });
    match run.writer.settle(&event).await {
        Ok(outcome) => End::Event(outcome),
        Err(error) => End::Unknown(reason(&error)),
    }
}

fn body(request: &Rectangle) -> ManageAssets {
    let Rectangle { assets, devices, users } = request.clone();
    ManageAssets { assets, users, devices }
}

/// Reads back what was sent and decides what became of every pair.
async fn settle(
    run: &mut Run<'_>,
    work: &mut Work<'_>,
    action: Action,
    sent: Vec<Sent>,
    last: &mut Reason,
) -> Result<Option<Halt>, Halt> {
    let mut asked = Pairs::new();
    for one in &sent {
        if matches!(one.end, End::Event(_) | End::Unknown(_)) {
            for (asset, holders) in &one.pairs {
                *asked.entry(*asset).or_default() |= holders;
            }
        }
    }
    let held = read(run, work, action, &asked, last).await?;
    let mut halt = None;
    for Sent { pairs, end } in sent {
        match end {
            End::Event(outcome) => {
                let done = done(action, &pairs, &held);
                let missing = without(&pairs, &done);
                work.applied(action, &done);
                let failed = judge(work, action, &missing, &outcome, last);
                run.note(Event::Settled {
                    location: run.location.to_owned(),
                    event_id: Some(outcome.id.to_string()),
                    applied: count(&done),
                    failed,
                });
            }
            End::Unknown(why) => {
                let done = done(action, &pairs, &held);
                work.applied(action, &done);
                run.note(Event::Settled {
                    location: run.location.to_owned(),
                    event_id: None,
                    applied: count(&done),
                    failed: 0,
                });
                *last = why;
            }
            End::Refused(error) if error.stops_location() => {
                halt = Some(Halt::Stopped(reason(&error)));
            }
            End::Refused(error) if retriable(&error) => *last = reason(&error),
            End::Refused(error) => work.failed(action, &pairs, &reason(&error)),
            End::Held => {}
        }
    }
    Ok(halt)
}

/// Sorts what was sent and is not so: what failed for good, and what is left open.
fn judge(
    work: &mut Work<'_>,
    action: Action,
    missing: &Pairs,
    outcome: &EventStatus,
    last: &mut Reason,
) -> u64 {
    if outcome.state == EventState::Pending {
        *last = Reason {
            number: None,
            message: format!(
                "Apple is still working on event {}; run apply again to see what became of it",
                outcome.id
            ),
        };
        return 0;
    }
    let mut finals: BTreeMap<Reason, Pairs> = BTreeMap::new();
    for (&asset, holders) in missing {
        for id in holders.iter() {
            let Some(holder) = work.roster.get(id) else { continue };
            match blame::verdict(&outcome.failures, asset, holder) {
                Verdict::Final(why) => {
                    finals.entry(why).or_default().entry(asset).or_default().insert(id);
                }
                Verdict::Again(why) => *last = why,
                Verdict::Already => {}
            }
        }
    }
    let mut failed = 0;
    for (why, pairs) in finals {
        failed += count(&pairs);
        work.failed(action, &pairs, &why);
    }
    failed
}

/// Which of these pairs Apple shows as held, now. What cannot be read back is not believed: those
/// pairs fail, and the location ends.
async fn read(
    run: &Run<'_>,
    work: &mut Work<'_>,
    action: Action,
    pairs: &Pairs,
    last: &Reason,
) -> Result<Pairs, Halt> {
    if pairs.is_empty() {
        return Ok(Pairs::new());
    }
    match readback::held(run.reader(), &mut work.roster, pairs).await {
        Ok(held) => Ok(held),
        Err(error) => {
            let why = unread(&error);
            let message = format!(
                "sent, and could not be read back ({}); run apply again: it reads first",
                last.message
            );
            work.failed(action, pairs, &Reason { number: why.number, message });
            Err(Halt::Stopped(why))
        }
    }
}

fn unread(error: &ReadError) -> Reason {
    match error {
        ReadError::Apple(error) => reason(error),
        other => Reason { number: None, message: other.to_string() },
    }
}

/// The pairs that are as wanted, given those that are held.
fn done(action: Action, pairs: &Pairs, held: &Pairs) -> Pairs {
    match action {
        Action::Assign => both(pairs, held),
        Action::Release | Action::Uninstall => without(pairs, held),
    }
}

/// Whether the same pairs may be sent again in the next round.
fn retriable(error: &AppleError) -> bool {
    error.is_transient() || matches!(error, AppleError::Limits { .. })
}

/// One small part of the work that can be done at once: a release if there is one, else an assign
/// of an asset that has a license free. `ready` says which holders can take part already.
pub(super) fn trial(
    work: &Work<'_>,
    size: u32,
    free: &BTreeMap<crate::license::Asset, u64>,
    ready: impl Fn(crate::license::HolderRef<'_>) -> bool,
) -> Option<(Action, Pairs)> {
    let size = usize::try_from(size.max(1)).unwrap_or(1);
    [Action::Release, Action::Assign].into_iter().find_map(|action| {
        work.items.iter().filter(|item| item.change.action == action).find_map(|item| {
            let asset = item.change.asset;
            let room = match action {
                Action::Assign => free
                    .get(&asset)
                    .map_or(size, |&free| size.min(usize::try_from(free).unwrap_or(size))),
                Action::Release | Action::Uninstall => size,
            };
            let holders: HolderSet = work
                .roster
                .sorted(&item.open)
                .into_iter()
                .filter(|&holder| ready(holder))
                .filter_map(|holder| work.roster.find(holder))
                .take(room)
                .collect();
            (!holders.is_empty()).then(|| (action, Pairs::from([(asset, holders)])))
        })
    })
}
