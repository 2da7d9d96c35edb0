//! Reading back what was sent, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::work::Pair;
use super::{End, SeatStep, SeatWork};
use crate::actual::{LocationSeats, ReadError, read_back_seats};
use crate::apple::EventState;
use crate::apply::blame::{self, Verdict};
use crate::apply::report;
use crate::apply::run::{Halt, Run, reason, why};
use crate::apply::work::Reason;
use crate::license::{AdamId, Asset, HolderRef, PricingParam, Roster};
use crate::store::Outcome;

/// Reads back what was sent and decides what became of every pair.
pub(super) async fn settle(
    run: &mut Run<'_>,
    work: &mut SeatWork<'_>,
    step: SeatStep,
    pairs: &BTreeSet<Pair>,
    (end, intent): (End, Uuid),
) -> Result<(), Halt> {
    let (now, roster) = match read(run, pairs).await {
        Ok(read) => read,
        Err(unread) => {
            let message = format!(
                "sent, and could not be read back ({}); run apply again: it reads first",
                unread.message
            );
            let reason = Reason { number: unread.number, message };
            for pair in pairs {
                work.tried(step, pair, reason.clone());
            }
            return Err(Halt::Stopped(unread));
        }
    };
    let so = pairs.iter().filter(|pair| is_so(step, pair, &now, &roster)).count();
    let missing = report::length(pairs.len() - so);
    let ended = match &end {
        End::Done | End::Refused(_) => true,
        End::Event(outcome) => outcome.state != EventState::Pending,
        End::Unknown(_) => false,
    };
    // Where Apple may still carry more of it out, the next run looks at it again.
    if ended || missing == 0 {
        let outcome = Outcome::Settled { done: report::length(so), failed: missing };
        run.journal.settle(&[(intent, outcome)]).await;
    }
    let (mut worked, mut failed) = (0, BTreeMap::new());
    for pair in pairs {
        if is_so(step, pair, &now, &roster) {
            worked += 1;
            work.done(step, pair);
            continue;
        }
        match judge(step, pair, &end) {
            Fate::Waits => work.waits(step, pair),
            Fate::Again(reason) => work.tried(step, pair, reason),
            Fate::Failed(reason) => {
                *failed.entry(reason.number).or_default() += 1;
                work.failed(step, pair, reason);
            }
        }
    }
    run.breaker.request(worked, &failed);
    Ok(())
}

/// What is to be done about a pair that was sent and is not so.
enum Fate {
    Waits,
    Again(Reason),
    Failed(Reason),
}

fn judge(step: SeatStep, pair: &Pair, end: &End) -> Fate {
    let as_before = || Reason {
        number: None,
        message: "Apple reports the work as done, but it reads back as before".to_owned(),
    };
    let outcome = match end {
        End::Done => return Fate::Again(as_before()),
        End::Unknown(why) => return Fate::Again(why.clone()),
        End::Refused(error) => return Fate::Failed(why(error)),
        End::Event(outcome) => outcome,
    };
    let asset = Asset { adam_id: pair.0, pricing_param: PricingParam::default() };
    let blamed = !outcome.failures.is_empty();
    if blamed {
        match blame::verdict(&outcome.failures, asset, HolderRef::User(pair.1.as_str())) {
            Verdict::Final(why) => return Fate::Failed(why),
            Verdict::Again(why) if why.number.is_some() => return Fate::Again(why),
            Verdict::Again(_) | Verdict::Already(_) => {}
        }
    }
    match outcome.state {
        // Taken, and to take effect at the end of the period: Apple need not show it before.
        EventState::Complete | EventState::Failed | EventState::Pending
            if step == SeatStep::ReleaseLater =>
        {
            Fate::Waits
        }
        EventState::Pending => {
            let message = format!(
                "Apple is still working on event {}; run apply again to see what became of it",
                outcome.id
            );
            // Sending it again while it is under way would only make more of the same.
            Fate::Failed(Reason { number: None, message })
        }
        EventState::Complete | EventState::Failed | EventState::Forgotten => {
            Fate::Again(as_before())
        }
    }
}

/// Whether Apple shows the pair as the step wants it.
pub(super) fn is_so(
    step: SeatStep,
    (adam_id, user): &Pair,
    now: &LocationSeats,
    roster: &Roster,
) -> bool {
    let id = roster.find(HolderRef::User(user.as_str()));
    let held = now.held.get(adam_id);
    let is_in = |set: Option<&crate::license::HolderSet>| {
        set.is_some_and(|set| id.is_some_and(|id| set.contains(id)))
    };
    let going_on = is_in(held.map(|held| &held.renewing));
    let ending = is_in(held.map(|held| &held.expiring));
    match step {
        SeatStep::Release => !going_on && !ending,
        SeatStep::ReleaseLater => !going_on,
        SeatStep::Expire | SeatStep::AssignExpiring => ending,
        SeatStep::Renew | SeatStep::AssignRenewing => going_on,
        SeatStep::RemoveAdministrators => !is_in(now.administrators.get(adam_id)),
        SeatStep::AddAdministrators => is_in(now.administrators.get(adam_id)),
    }
}

/// The seats and administrators of these pairs' subscriptions, now.
pub(super) async fn read(
    run: &Run<'_>,
    pairs: &BTreeSet<Pair>,
) -> Result<(LocationSeats, Roster), Reason> {
    let ids: BTreeSet<AdamId> = pairs.iter().map(|pair| pair.0).collect();
    let roster = Mutex::new(Roster::new());
    let seats = read_back_seats(run.reader(), &roster, &ids).await.map_err(|error| {
        if let ReadError::Apple(error) = &error {
            return reason(error);
        }
        Reason { number: None, message: error.to_string() }
    })?;
    Ok((seats, roster.into_inner().unwrap_or_else(PoisonError::into_inner)))
}
