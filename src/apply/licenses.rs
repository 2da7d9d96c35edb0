//! Gives and takes licenses: request, event, read-back, in rounds.

use std::collections::BTreeMap;

use crate::actual::ReadError;
use crate::apple::{AppleError, Class, EventState, EventStatus};
use crate::plan::Action;

use super::blame::{self, Verdict};
use super::outcome::Event;
use super::readback;
use super::request::{End, Sent, retriable, send_all};
use super::run::{Halt, Run, reason, why};
use super::work::{Pairs, Reason, Work, as_wanted, both, count, without};
use crate::store::Outcome;

/// Carries out the open pairs of an action, or `only` these of them, until they are done, have
/// failed for good or the rounds are used up. Pairs of `again` are done already and may be sent
/// once more where that saves a request.
///
/// # Errors
/// [`Halt`] where nothing more should be tried in the location. What was sent has been read back
/// then too, as far as Apple could be read; what was tried and is not done counts as failed.
pub(super) async fn carry_out(
    run: &mut Run<'_>,
    work: &mut Work<'_>,
    action: Action,
    only: Option<&Pairs>,
    again: &Pairs,
) -> Result<(), Halt> {
    let result = rounds(run, work, action, only, again).await;
    for (kind, pairs) in work.give_up(action) {
        run.breaker.failed(kind, pairs);
    }
    result
}

async fn rounds(
    run: &mut Run<'_>,
    work: &mut Work<'_>,
    action: Action,
    only: Option<&Pairs>,
    again: &Pairs,
) -> Result<(), Halt> {
    let nothing = Pairs::new();
    for round in 0..run.options.rounds.max(1) {
        let open = work.open_of(action, only);
        if open.is_empty() {
            return Ok(());
        }
        run.go_on()?;
        if round > 0 {
            run.pause(round - 1).await;
            run.go_on()?;
            // What came late must not be sent again. Reading also learns of new limits.
            let held = read(run, work, &open).await.map_err(Halt::Stopped)?;
            work.done(action, &as_wanted(action, &open, &held));
        }
        let open = work.open_of(action, only);
        let again = if round == 0 { again } else { &nothing };
        let requests = work.requests(action, &open, again, &run.limits());
        let sent = send_all(run, work, action, requests).await;
        settle(run, work, action, sent).await?;
    }
    Ok(())
}

/// Reads back what was sent and decides what became of every pair.
async fn settle(
    run: &mut Run<'_>,
    work: &mut Work<'_>,
    action: Action,
    sent: Vec<Sent>,
) -> Result<(), Halt> {
    let (mut taken, mut settled) = (Pairs::new(), Pairs::new());
    let mut halt = None;
    for Sent { pairs, end, .. } in &sent {
        match end {
            End::Event(_) | End::Unknown { .. } => add(&mut taken, pairs),
            End::Refused(error) if is_settled(error) => add(&mut settled, pairs),
            End::Refused(_) | End::Held => {}
        }
        match end {
            End::Refused(error) if error.stops_location() => halt = Some(reason(error)),
            End::Unknown { why, stops: true } => halt = Some(why.clone()),
            End::Event(_) | End::Unknown { .. } | End::Refused(_) | End::Held => {}
        }
    }
    work.sent(action, &taken);
    add(&mut taken, &settled);
    let (held, unread) = match read(run, work, &taken).await {
        Ok(held) => (Some(held), None),
        Err(why) => (None, Some(why)),
    };
    let mut ended = vec![];
    for Sent { pairs, end, intent } in sent {
        if let (Some(held), Some(intent)) = (&held, intent)
            && let Some(outcome) = told(action, &pairs, &end, held)
        {
            ended.push((intent, outcome));
        }
        match (end, &held, &unread) {
            (End::Refused(error), _, _) if error.stops_location() => {}
            (End::Refused(error), _, _) if retriable(&error) => {
                work.tried(action, &pairs, &why(&error));
            }
            (End::Refused(error), Some(held), _) if is_settled(&error) => {
                work.already(action, &as_wanted(action, &pairs, held));
                work.failed(action, &pairs, &why(&error));
            }
            // What Apple refuses at once is not taken up, in no part.
            (End::Refused(error), _, _) => work.failed(action, &pairs, &why(&error)),
            (End::Held, _, _) => {}
            (End::Event(_) | End::Unknown { .. }, None, unread) => {
                let why = unread.as_ref().or(halt.as_ref());
                let why = why.map_or_else(String::new, |why| format!(" ({})", why.message));
                let number = unread.as_ref().and_then(|why| why.number);
                let message = format!(
                    "sent, and could not be read back{why}; run apply again: it reads first"
                );
                work.tried(action, &pairs, &Reason { number, message });
            }
            (End::Event(outcome), Some(held), _) => {
                let (applied, failed) = judge(work, action, &pairs, held, &outcome);
                run.note(Event::Settled {
                    location: run.location.to_owned(),
                    event_id: Some(outcome.id.to_string()),
                    applied,
                    failed,
                });
            }
            (End::Unknown { why, .. }, Some(held), _) => {
                let done = both(&as_wanted(action, &pairs, held), &work.open(action));
                work.done(action, &done);
                work.tried(action, &pairs, &why);
                run.note(Event::Settled {
                    location: run.location.to_owned(),
                    event_id: None,
                    applied: count(&done),
                    failed: 0,
                });
            }
        }
    }
    run.journal.settle(&ended).await;
    halt.or(unread).map_or(Ok(()), |why| Err(Halt::Stopped(why)))
}

/// What the journal is told of a request that was read back. `None` while Apple may still carry
/// more of it out: the next run looks at it again.
fn told(action: Action, pairs: &Pairs, end: &End, held: &Pairs) -> Option<Outcome> {
    let done = count(&as_wanted(action, pairs, held));
    let failed = count(pairs).saturating_sub(done);
    let certain = match end {
        End::Event(outcome) => outcome.state != EventState::Pending,
        End::Unknown { .. } => false,
        // What was refused is settled already, what was held was never intended.
        End::Refused(_) | End::Held => return None,
    };
    (certain || failed == 0).then_some(Outcome::Settled { done, failed })
}

/// Whether Apple says that it is as wanted already.
fn is_settled(error: &AppleError) -> bool {
    error.said().is_some_and(|said| said.class() == Class::Settled)
}

fn add(to: &mut Pairs, pairs: &Pairs) {
    for (asset, holders) in pairs {
        *to.entry(*asset).or_default() |= holders;
    }
}

/// Sorts the pairs of an event that has ended: done, failed for good, or left open. Returns how
/// many are done and have failed.
fn judge(
    work: &mut Work<'_>,
    action: Action,
    pairs: &Pairs,
    held: &Pairs,
    outcome: &EventStatus,
) -> (u64, u64) {
    let open = both(pairs, &work.open(action));
    let done = both(&as_wanted(action, pairs, held), &open);
    let missing = without(&open, &done);
    let before = so_before(work, &done, outcome);
    work.already(action, &before);
    work.done(action, &done);
    match outcome.state {
        EventState::Pending => {
            let message = format!(
                "Apple is still working on event {}; run apply again to see what became of it",
                outcome.id
            );
            // Sending it again while it is under way would only make more of the same.
            work.failed(action, &missing, &Reason { number: None, message });
            return (count(&done), 0);
        }
        EventState::Forgotten => {
            let message = format!(
                "Apple does not know event {} any more, and the license reads back as before",
                outcome.id
            );
            work.tried(action, &missing, &Reason { number: Some(9708), message });
            return (count(&done), 0);
        }
        EventState::Complete | EventState::Failed => {}
    }
    let (mut finals, mut later) = (BTreeMap::new(), BTreeMap::new());
    for (&asset, holders) in &missing {
        for id in holders.iter() {
            let Some(holder) = work.roster.get(id) else { continue };
            let (to, why): (&mut BTreeMap<Reason, Pairs>, _) =
                match blame::verdict(&outcome.failures, asset, holder) {
                    Verdict::Final(why) => (&mut finals, why),
                    Verdict::Again(why) | Verdict::Already(why) => (&mut later, why),
                };
            to.entry(why).or_default().entry(asset).or_default().insert(id);
        }
    }
    let mut failed = 0;
    for (why, pairs) in finals {
        failed += count(&pairs);
        work.failed(action, &pairs, &why);
    }
    for (why, pairs) in later {
        work.tried(action, &pairs, &why);
    }
    (count(&done), failed)
}

/// Of pairs that are done, those that the event says were so before.
fn so_before(work: &Work<'_>, done: &Pairs, outcome: &EventStatus) -> Pairs {
    let settled = |failure: &crate::apple::Failure| failure.class() == Class::Settled;
    if !outcome.failures.iter().any(settled) {
        return Pairs::new();
    }
    let before = done.iter().map(|(&asset, holders)| {
        let so = holders.iter().filter(|&id| {
            work.roster.get(id).is_some_and(|holder| {
                let verdict = blame::verdict(&outcome.failures, asset, holder);
                matches!(verdict, Verdict::Already(_))
            })
        });
        (asset, so.collect())
    });
    before.collect()
}

/// Which of these pairs Apple shows as held, now.
///
/// # Errors
/// Why Apple could not be read: then nothing is known.
async fn read(run: &Run<'_>, work: &mut Work<'_>, pairs: &Pairs) -> Result<Pairs, Reason> {
    if pairs.is_empty() {
        return Ok(Pairs::new());
    }
    readback::held(run.reader(), &mut work.roster, pairs).await.map_err(|error| {
        if let ReadError::Apple(error) = &error {
            return reason(error);
        }
        Reason { number: None, message: error.to_string() }
    })
}
