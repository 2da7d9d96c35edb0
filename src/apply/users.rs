//! Registers, updates and retires people: batch, event, read-back, in rounds.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::actual::{UserRecord, UserStatus};
use crate::apple::{AppleError, Class, EventId, EventState, EventStatus};
use crate::license::{ClientUserId, HolderRef, UserDetails};
use crate::store::{IntentKind, Outcome};

use super::blame::{self, Verdict};
use super::journal::{self, People};
use super::outcome::{Failure, UserCounts};
use super::readback;
use super::report;
use super::request::{may_be_of_a_part, retriable};
use super::run::{Halt, Run, reason, why};
use super::work::Reason;

/// What is done to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Update,
    Retire,
}

/// What became of people for whom the same was wanted.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// Not tried yet, or to be tried again.
    pub(super) open: BTreeMap<ClientUserId, UserDetails>,
    /// Everyone in a request that Apple took, or may have taken.
    sent: BTreeSet<ClientUserId>,
    /// What was last heard of open people who were tried.
    tried: BTreeMap<ClientUserId, Reason>,
    pub(super) applied: BTreeSet<ClientUserId>,
    pub(super) already: BTreeSet<ClientUserId>,
    pub(super) failed: BTreeMap<Reason, BTreeSet<ClientUserId>>,
}

impl Fates {
    /// Everybody still open.
    pub(super) fn of(people: impl IntoIterator<Item = UserDetails>) -> Self {
        let open =
            people.into_iter().map(|person| (person.client_user_id.clone(), person)).collect();
        Self { open, ..Self::default() }
    }

    /// For the report.
    pub(super) fn counts(&self) -> UserCounts {
        let failed = self.failed.iter().map(|(reason, people)| -> Failure {
            report::failure(reason, people.iter().map(ToString::to_string).collect())
        });
        UserCounts {
            applied: report::length(self.applied.len()),
            already: report::length(self.already.len()),
            failed: failed.collect(),
            not_tried: report::length(self.open.len()),
        }
    }

    fn fail(&mut self, person: &ClientUserId, reason: Reason) {
        if self.open.remove(person).is_some() {
            self.failed.entry(reason).or_default().insert(person.clone());
        }
    }

    fn tried(&mut self, person: &ClientUserId, reason: Reason) {
        if self.open.contains_key(person) {
            self.tried.insert(person.clone(), reason);
        }
    }

    /// Somebody reads back as wanted.
    fn done(&mut self, person: &ClientUserId, before: bool) {
        if self.open.remove(person).is_some() {
            let to = if before || !self.sent.contains(person) {
                &mut self.already
            } else {
                &mut self.applied
            };
            to.insert(person.clone());
        }
    }
}

/// Carries out one step for everybody open.
///
/// # Errors
/// [`Halt`] where nothing more should be tried in the location. What was sent has been read back
/// then too, as far as Apple could be read; who was tried and is not as wanted counts as failed.
pub(super) async fn carry_out(
    run: &mut Run<'_>,
    step: Step,
    fates: &mut Fates,
) -> Result<(), Halt> {
    let result = rounds(run, step, fates).await;
    for (person, why) in std::mem::take(&mut fates.tried) {
        if fates.open.contains_key(&person) {
            run.breaker.failed(why.number, 1);
            fates.fail(&person, why);
        }
    }
    result
}

async fn rounds(run: &mut Run<'_>, step: Step, fates: &mut Fates) -> Result<(), Halt> {
    for round in 0..run.options.rounds.max(1) {
        if fates.open.is_empty() {
            return Ok(());
        }
        run.go_on()?;
        if round > 0 {
            run.pause(round - 1).await;
            run.go_on()?;
            let found = read(run, fates).await.map_err(Halt::Stopped)?;
            confirm(run, step, fates, &found, &BTreeMap::new());
        }
        let (batches, mut halt) = send_all(run, step, fates).await;
        let outcomes: Vec<EventStatus> =
            batches.iter().filter_map(|batch| batch.outcome.clone()).collect();
        let heard = heard(fates, &outcomes);
        match read(run, fates).await {
            Ok(found) => {
                settle(run, step, &batches, &found).await;
                confirm(run, step, fates, &found, &heard);
            }
            Err(why) => {
                let message =
                    format!("sent, and could not be read back ({}); run apply again", why.message);
                let unread = Reason { number: why.number, message };
                let sent: Vec<ClientUserId> = fates.sent.iter().cloned().collect();
                for person in &sent {
                    fates.tried(person, unread.clone());
                }
                halt.get_or_insert(why);
            }
        }
        if let Some(why) = halt {
            return Err(Halt::Stopped(why));
        }
    }
    Ok(())
}

/// People in one request that Apple took, or may have taken.
struct Batch {
    intent: Uuid,
    people: Vec<UserDetails>,
    /// `None` where nothing was heard of it.
    outcome: Option<EventStatus>,
}

/// Tells the journal how the batches read back. Where Apple may still carry more of one out, the
/// next run looks at it again.
async fn settle(
    run: &Run<'_>,
    step: Step,
    batches: &[Batch],
    found: &BTreeMap<ClientUserId, UserRecord>,
) {
    let ended = batches.iter().filter_map(|Batch { intent, people, outcome }| {
        let so = |person: &&UserDetails| is_so(step, person, found.get(&person.client_user_id));
        let done = people.iter().filter(so).count();
        let failed = report::length(people.len() - done);
        let ended = outcome.as_ref().is_some_and(|status| status.state != EventState::Pending);
        let outcome = Outcome::Settled { done: report::length(done), failed };
        (ended || failed == 0).then_some((*intent, outcome))
    });
    let ended: Vec<_> = ended.collect();
    run.journal.settle(&ended).await;
}

/// Sends everybody open in batches. One person that Apple will not have refuses the whole batch,
/// so a refused batch is cut in halves until who is refused stands alone.
async fn send_all(
    run: &mut Run<'_>,
    step: Step,
    fates: &mut Fates,
) -> (Vec<Batch>, Option<Reason>) {
    let people: Vec<UserDetails> = fates.open.values().cloned().collect();
    let mut left: Vec<&[UserDetails]> = people.chunks(run.limits().users.max(1)).collect();
    left.reverse();
    let mut batches = vec![];
    while let Some(batch) = left.pop() {
        if run.go_on().is_err() {
            break;
        }
        let Some(intent) = intend(run, step, batch).await else { break };
        let begun = begin(run, step, batch).await;
        let taken = match &begun {
            Ok(_) => true,
            Err(error) => error.outcome_is_unknown(),
        };
        match &begun {
            Ok(event) => run.journal.sent(intent, Some(event.to_string())).await,
            Err(error) if taken => tracing::debug!(%error, "what became of it is not known"),
            Err(error) => run.journal.refused(intent, why(error)).await,
        }
        if taken {
            fates.sent.extend(batch.iter().map(|person| person.client_user_id.clone()));
            batches.push(Batch { intent, people: batch.to_vec(), outcome: None });
        }
        match begun {
            Ok(event) => match run.writer.settle(&event).await {
                Ok(outcome) => {
                    if let Some(batch) = batches.last_mut() {
                        batch.outcome = Some(outcome);
                    }
                }
                Err(error) => return (batches, Some(reason(&error))),
            },
            Err(error) if error.stops_location() => return (batches, Some(reason(&error))),
            Err(error) if retriable(&error) => {
                for person in batch {
                    fates.tried(&person.client_user_id, why(&error));
                }
            }
            Err(error) if batch.len() > 1 && may_be_of_a_part(&error) => {
                let (first, second) = batch.split_at(batch.len() / 2);
                left.extend([second, first]);
            }
            Err(error) => {
                let settled = error.said().is_some_and(|said| said.class() == Class::Settled);
                for person in batch {
                    if settled {
                        fates.done(&person.client_user_id, true);
                    } else {
                        fates.fail(&person.client_user_id, why(&error));
                    }
                }
                if !settled {
                    run.breaker.failed(error.number(), report::length(batch.len()));
                }
            }
        }
    }
    (batches, None)
}

/// Writes down who is about to be registered, changed or retired.
async fn intend(run: &Run<'_>, step: Step, batch: &[UserDetails]) -> Option<Uuid> {
    let kind = match step {
        Step::Create => IntentKind::CreateUsers,
        Step::Update => IntentKind::UpdateUsers,
        Step::Retire => IntentKind::RetireUsers,
    };
    let client_user_ids = batch.iter().map(|person| person.client_user_id.clone()).collect();
    let people = journal::json(&People { client_user_ids });
    run.journal.intend(kind, report::length(batch.len()), people).await
}

async fn begin(run: &Run<'_>, step: Step, batch: &[UserDetails]) -> Result<EventId, AppleError> {
    match step {
        Step::Create => run.writer.create_users(batch).await,
        Step::Update => run.writer.update_users(batch).await,
        Step::Retire => {
            let ids: Vec<ClientUserId> =
                batch.iter().map(|person| person.client_user_id.clone()).collect();
            run.writer.retire_users(&ids).await
        }
    }
}

/// What the events say of people.
fn heard(fates: &Fates, outcomes: &[EventStatus]) -> BTreeMap<ClientUserId, Verdict> {
    let mut heard = BTreeMap::new();
    for outcome in outcomes {
        for failure in &outcome.failures {
            for person in failure.users.iter().filter(|one| fates.open.contains_key(*one)) {
                heard.insert(person.clone(), blame::of(failure));
            }
        }
        if outcome.state == EventState::Pending {
            let message =
                format!("Apple is still working on event {}; run apply again", outcome.id);
            let why = Reason { number: None, message };
            for person in fates.open.keys().filter(|one| fates.sent.contains(*one)) {
                heard.entry(person.clone()).or_insert_with(|| Verdict::Final(why.clone()));
            }
        }
    }
    heard
}

async fn read(run: &Run<'_>, fates: &Fates) -> Result<BTreeMap<ClientUserId, UserRecord>, Reason> {
    let asked: BTreeSet<ClientUserId> = fates.open.keys().cloned().collect();
    readback::users(run.reader(), &asked).await.map_err(|error| reason(&error))
}

/// Decides what became of everybody open, by what reads back and what events say.
fn confirm(
    run: &mut Run<'_>,
    step: Step,
    fates: &mut Fates,
    found: &BTreeMap<ClientUserId, UserRecord>,
    heard: &BTreeMap<ClientUserId, Verdict>,
) {
    let asked: Vec<UserDetails> = fates.open.values().cloned().collect();
    for wanted in asked {
        let person = &wanted.client_user_id;
        let so = is_so(step, &wanted, found.get(person));
        match (so, heard.get(person)) {
            // Only the e-mail address reads back: an account that Apple would not link does not.
            (true, Some(Verdict::Final(why))) if step == Step::Update => {
                run.breaker.failed(why.number, 1);
                fates.fail(person, why.clone());
            }
            (true, heard) => {
                let before = matches!(heard, Some(Verdict::Already(_) | Verdict::Final(_)));
                fates.done(person, before);
                run.breaker.worked(1);
            }
            (false, Some(Verdict::Final(why))) => {
                if why.number.is_some() {
                    run.breaker.failed(why.number, 1);
                }
                fates.fail(person, why.clone());
            }
            (false, Some(Verdict::Again(why) | Verdict::Already(why))) => {
                fates.tried(person, why.clone());
            }
            (false, None) if fates.sent.contains(person) => {
                let message = "sent, and the record reads back as before".to_owned();
                fates.tried(person, Reason { number: None, message });
            }
            (false, None) => {}
        }
    }
}

fn is_so(step: Step, wanted: &UserDetails, record: Option<&UserRecord>) -> bool {
    let active = record
        .filter(|record| matches!(record.status, UserStatus::Registered | UserStatus::Associated));
    match step {
        Step::Create => active.is_some(),
        Step::Update => active.is_some_and(|record| {
            let email = wanted.email.as_deref().unwrap_or_default();
            record.email.as_deref().unwrap_or_default().eq_ignore_ascii_case(email)
        }),
        Step::Retire => active.is_none(),
    }
}

/// Whether this holder is a person who could not be registered.
pub(super) fn is_unregistered(fates: &Fates, holder: HolderRef<'_>) -> bool {
    let HolderRef::User(id) = holder else { return false };
    ClientUserId::new(id).is_some_and(|person| {
        fates.open.contains_key(&person)
            || fates.failed.values().any(|people| people.contains(&person))
    })
}
