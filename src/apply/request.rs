//! Sends requests and follows their events, a few at a time.

use std::cell::Cell;
use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream;
use uuid::Uuid;

use crate::apple::{AppleError, Class, EventState, EventStatus, ManageAssets};
use crate::plan::Action;
use crate::plan::cover::Rectangle;
use crate::store::IntentKind;

use super::blame::{self, Verdict};
use super::breaker::{Breaker, ErrorKind};
use super::journal::{Licenses, Wish};
use super::outcome::Event;
use super::run::{Run, reason, why};
use super::work::{Pairs, Reason, Work, count};

/// A request and how it ended, before anything was read back.
pub(super) struct Sent {
    pub(super) pairs: Pairs,
    pub(super) end: End,
    /// Its id in the journal, if it was written down.
    pub(super) intent: Option<Uuid>,
}

/// How a request ended.
pub(super) enum End {
    /// Its event was followed.
    Event(EventStatus),
    /// What became of it is not known: only reading tells. `stops` where nothing more can be done
    /// in the location.
    Unknown { why: Reason, stops: bool },
    /// Apple took none of it.
    Refused(AppleError),
    /// It was not sent, because something said to stop.
    Held,
}

/// How many requests of one round are cut in halves at most, to find what Apple refuses in them.
const CUTS: u32 = 64;

/// Sends every request and follows its event. Nothing new is sent once somebody asks to stop, the
/// location is closed to us, or too much has failed.
pub(super) async fn send_all(
    run: &mut Run<'_>,
    work: &Work<'_>,
    action: Action,
    requests: Vec<Rectangle>,
) -> Vec<Sent> {
    let (hold, cuts) = (Cell::new(false), Cell::new(CUTS));
    let (mut breaker, shared) = (run.breaker.clone(), &*run);
    let mut ends = stream::iter(requests)
        .map(|request| whole_or_halves(shared, work, action, request, &hold, &cuts))
        .buffer_unordered(shared.options.in_flight.max(1));
    let mut all = Vec::new();
    while let Some(several) = ends.next().await {
        for sent in several {
            note(&mut breaker, &sent);
            if breaker.tripped().is_some() {
                hold.set(true);
            }
            all.push(sent);
        }
    }
    drop(ends);
    run.breaker = breaker;
    all
}

/// Sends a request. One part that Apple will not have refuses the whole, so a refused request is
/// cut in halves until what is refused stands alone.
async fn whole_or_halves(
    run: &Run<'_>,
    work: &Work<'_>,
    action: Action,
    request: Rectangle,
    hold: &Cell<bool>,
    cuts: &Cell<u32>,
) -> Vec<Sent> {
    let mut left = vec![request];
    let mut all = vec![];
    while let Some(request) = left.pop() {
        let pairs = work.pairs_of(&request);
        if hold.get() || run.stop.asked() || run.journal.trouble().is_some() {
            all.push(Sent { pairs, end: End::Held, intent: None });
            continue;
        }
        let (end, intent) = send(run, action, &request, &pairs).await;
        match &end {
            End::Refused(error) if error.stops_location() => hold.set(true),
            End::Unknown { stops: true, .. } => hold.set(true),
            End::Refused(error) if may_be_of_a_part(error) && cuts.get() > 0 => {
                if let Some([first, second]) = halves(&request) {
                    cuts.set(cuts.get() - 1);
                    left.extend([second, first]);
                    continue;
                }
            }
            End::Event(_) | End::Unknown { .. } | End::Refused(_) | End::Held => {}
        }
        all.push(Sent { pairs, end, intent });
    }
    all
}

/// Whether Apple may have refused the whole for a part of it.
pub(super) fn may_be_of_a_part(error: &AppleError) -> bool {
    let AppleError::Refused { said, .. } = error else { return false };
    match said.class() {
        Class::Change | Class::Stock | Class::Settled | Class::Request => true,
        Class::Retry
        | Class::Token(_)
        | Class::Limits
        | Class::StaleVersion
        | Class::PageOutOfRange
        | Class::UnknownEvent
        | Class::Stop
        | Class::Config => false,
    }
}

/// A rectangle cut across its assets, else across its holders; `None` for a single pair.
fn halves(request: &Rectangle) -> Option<[Rectangle; 2]> {
    fn cut<T: Clone>(all: &[T]) -> (Vec<T>, Vec<T>) {
        let (first, second) = all.split_at(all.len().div_ceil(2));
        (first.to_vec(), second.to_vec())
    }
    let Rectangle { assets, devices, users } = request;
    let parts = if assets.len() > 1 {
        let (first, second) = cut(assets);
        [(first, devices.clone(), users.clone()), (second, devices.clone(), users.clone())]
    } else if !devices.is_empty() && !users.is_empty() {
        [(assets.clone(), devices.clone(), vec![]), (assets.clone(), vec![], users.clone())]
    } else if devices.len() > 1 {
        let (first, second) = cut(devices);
        [(assets.clone(), first, vec![]), (assets.clone(), second, vec![])]
    } else if users.len() > 1 {
        let (first, second) = cut(users);
        [(assets.clone(), vec![], first), (assets.clone(), vec![], second)]
    } else {
        return None;
    };
    Some(parts.map(|(assets, devices, users)| Rectangle { assets, devices, users }))
}

/// Writes a request down, sends it and follows its event.
async fn send(
    run: &Run<'_>,
    action: Action,
    request: &Rectangle,
    pairs: &Pairs,
) -> (End, Option<Uuid>) {
    let kind = match action {
        Action::Assign => IntentKind::Associate,
        // Of reclaims by uninstall only what is proven gets here (`Work::prove`).
        Action::Release | Action::Uninstall => IntentKind::Disassociate,
    };
    let wish = Wish::new(kind, count(pairs), Licenses::of(request));
    let intent = wish.id;
    // What is installed with these licenses is written down with the request for them: a run that
    // is killed in between forgets neither.
    let mut wishes = if action == Action::Assign { run.wishes.of(pairs) } else { vec![] };
    let installs: Vec<Uuid> = wishes.iter().map(|wish| wish.id).collect();
    wishes.insert(0, wish);
    if !run.journal.intend_all(wishes).await {
        return (End::Held, None);
    }
    run.wishes.written(installs);
    (follow(run, action, request, count(pairs), intent).await, Some(intent))
}

async fn follow(
    run: &Run<'_>,
    action: Action,
    request: &Rectangle,
    pairs: u64,
    intent: Uuid,
) -> End {
    let event = if action == Action::Assign {
        run.writer.associate(&body(request)).await
    } else {
        run.writer.disassociate(&body(request)).await
    };
    let (event, end) = match event {
        Ok(event) => (Some(event), None),
        Err(error) if error.outcome_is_unknown() => {
            (None, Some(End::Unknown { why: reason(&error), stops: false }))
        }
        Err(error) => {
            run.journal.refused(intent, why(&error)).await;
            return End::Refused(error);
        }
    };
    if let Some(event) = &event {
        run.journal.sent(intent, Some(event.to_string())).await;
    }
    run.note(Event::RequestSent {
        location: run.location.to_owned(),
        event_id: event.as_ref().map(ToString::to_string),
        action,
        pairs,
    });
    match (event, end) {
        (Some(event), _) => match run.writer.settle(&event).await {
            Ok(outcome) => End::Event(outcome),
            Err(error) => End::Unknown { why: reason(&error), stops: true },
        },
        (None, end) => end.unwrap_or(End::Held),
    }
}

fn body(request: &Rectangle) -> ManageAssets {
    let Rectangle { assets, devices, users } = request.clone();
    ManageAssets { assets, users, devices }
}

/// Whether the same pairs may be sent again in the next round.
pub(super) fn retriable(error: &AppleError) -> bool {
    error.is_transient() || matches!(error, AppleError::Limits { .. })
}

/// Tells the breaker how a request ended. What may work in another round does not count yet.
fn note(breaker: &mut Breaker, sent: &Sent) {
    match &sent.end {
        End::Event(outcome) if outcome.state != EventState::Pending => {
            let (worked, failed) = tally(outcome, count(&sent.pairs));
            breaker.request(worked, &failed);
        }
        End::Refused(error) if !error.stops_location() && !retriable(error) => {
            breaker.failed(error.number(), count(&sent.pairs));
        }
        End::Event(_) | End::Unknown { .. } | End::Refused(_) | End::Held => {}
    }
}

/// How many pairs of an event worked, and how many failed for good by kind. Apple names assets and
/// holders of an error, not pairs: their product may be too many, never too few.
fn tally(outcome: &EventStatus, pairs: u64) -> (u64, BTreeMap<ErrorKind, u64>) {
    let mut left = outcome.completed.map_or(pairs, |completed| pairs.saturating_sub(completed));
    let mut kinds: BTreeMap<ErrorKind, u64> = BTreeMap::new();
    for failure in &outcome.failures {
        let holders = failure.users.len() + failure.devices.len();
        let named = super::report::length(failure.assets.len().max(1) * holders.max(1)).min(left);
        left -= named;
        if named > 0 && matches!(blame::of(failure), Verdict::Final(_)) {
            *kinds.entry(failure.number).or_default() += named;
        }
    }
    let unknown = if outcome.completed.is_some() { left } else { 0 };
    let failed: u64 = kinds.values().sum();
    (pairs.saturating_sub(failed).saturating_sub(unknown), kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(assets: usize, devices: usize, users: usize) -> Rectangle {
        Rectangle {
            assets: (1..=assets)
                .map(|n| crate::license::Asset {
                    adam_id: n.to_string().parse().unwrap(),
                    pricing_param: crate::license::PricingParam::default(),
                })
                .collect(),
            devices: (0..devices).map(|n| format!("SERIAL{n:04}").parse().unwrap()).collect(),
            users: (0..users)
                .map(|n| crate::license::ClientUserId::new(&format!("user-{n}")).unwrap())
                .collect(),
        }
    }

    #[test]
    fn halves_of_halves_are_single_pairs_and_nothing_is_lost() {
        for (assets, devices, users) in [(1, 1, 0), (3, 5, 2), (1, 0, 7), (4, 1, 1)] {
            let mut left = vec![rectangle(assets, devices, users)];
            let mut single = std::collections::BTreeSet::new();
            while let Some(request) = left.pop() {
                if let Some(parts) = halves(&request) {
                    left.extend(parts);
                } else {
                    assert_eq!(request.pairs(), 1);
                    assert!(single.insert(format!("{request:?}")));
                }
            }
            assert_eq!(single.len(), assets * (devices + users));
        }
    }
}
