//! Registers, updates and retires people: batch, event, read-back, in rounds.

use std::collections::{BTreeMap, BTreeSet};

use crate::actual::UserStatus;
use crate::apple::{AppleError, EventState, EventStatus};
use crate::license::{ClientUserId, HolderRef, UserDetails};

use super::blame::{self, Verdict};
use super::outcome::{Failure, UserCounts};
use super::readback;
use super::report;
use super::run::{Halt, Run, reason};
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
    pub(super) open: BTreeMap<ClientUserId, UserDetails>,
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
}

/// Carries out one step for everybody open.
///
/// # Errors
/// [`Halt`] where nothing more should be tried in the location.
pub(super) async fn carry_out(
    run: &mut Run<'_>,
    step: Step,
    fates: &mut Fates,
) -> Result<(), Halt> {
    let mut last = Reason { number: None, message: "not confirmed by reading back".to_owned() };
    for round in 0..run.options.rounds.max(1) {
        if fates.open.is_empty() {
            return Ok(());
        }
        run.go_on()?;
        if round > 0 {
            run.pause(round - 1).await;
            confirm(run, step, fates).await?;
        }
        let people: Vec<UserDetails> = fates.open.values().cloned().collect();
        let mut sent = Vec::new();
        let mut halt = None;
        for batch in people.chunks(run.limits().users.max(1)) {
            if run.stop.asked() {
                break;
            }
            match send(run, step, batch).await {
                Ok(outcome) => sent.push(outcome),
                Err(error) if error.stops_location() => {
                    halt = Some(Halt::Stopped(reason(&error)));
                    break;
                }
                Err(error)
                    if error.is_transient() || matches!(error, AppleError::Limits { .. }) =>
                {
                    last = reason(&error);
                }
                Err(error) => {
                    for person in batch {
                        fates.fail(&person.client_user_id, reason(&error));
                    }
                    run.breaker.failed(error.number(), report::length(batch.len()));
                }
            }
        }
        confirm(run, step, fates).await?;
        for outcome in &sent {
            judge(run, fates, outcome, &mut last);
        }
        if let Some(halt) = halt {
            return Err(halt);
        }
    }
    let open: Vec<ClientUserId> = fates.open.keys().cloned().collect();
    for person in &open {
        fates.fail(person, last.clone());
    }
    run.go_on()
}

async fn send(run: &Run<'_>, step: Step, batch: &[UserDetails]) -> Result<EventStatus, AppleError> {
    let event = match step {
        Step::Create => run.writer.create_users(batch).await?,
        Step::Update => run.writer.update_users(batch).await?,
        Step::Retire => {
            let ids: Vec<ClientUserId> =
                batch.iter().map(|person| person.client_user_id.clone()).collect();
            run.writer.retire_users(&ids).await?
        }
    };
    run.writer.settle(&event).await
}

/// Moves everybody who reads back as wanted to `applied`.
async fn confirm(run: &mut Run<'_>, step: Step, fates: &mut Fates) -> Result<(), Halt> {
    let asked: BTreeSet<ClientUserId> = fates.open.keys().cloned().collect();
    let found = readback::users(run.reader(), &asked)
        .await
        .map_err(|error| Halt::Stopped(reason(&error)))?;
    for person in asked {
        let wanted = fates.open.get(&person);
        let record = found.get(&person);
        let active = record.filter(|record| {
            matches!(record.status, UserStatus::Registered | UserStatus::Associated)
        });
        let so = match step {
            Step::Create => active.is_some(),
            Step::Update => active.is_some_and(|record| {
                let email = wanted.and_then(|wanted| wanted.email.as_deref()).unwrap_or_default();
                record.email.as_deref().unwrap_or_default().eq_ignore_ascii_case(email)
            }),
            Step::Retire => active.is_none(),
        };
        if so {
            fates.open.remove(&person);
            fates.applied.insert(person);
            run.breaker.worked(1);
        }
    }
    Ok(())
}

/// Sorts whom an event refused and who does not read back as wanted.
fn judge(run: &mut Run<'_>, fates: &mut Fates, outcome: &EventStatus, last: &mut Reason) {
    if outcome.state == EventState::Pending {
        let message = format!("Apple is still working on event {}; run apply again", outcome.id);
        *last = Reason { number: None, message };
        return;
    }
    for failure in &outcome.failures {
        for person in &failure.users {
            let person = person.clone();
            if !fates.open.contains_key(&person) {
                continue;
            }
            match blame::of(failure) {
                Verdict::Final(why) => {
                    run.breaker.failed(why.number, 1);
                    fates.fail(&person, why);
                }
                Verdict::Again(why) => *last = why,
                Verdict::Already => {
                    fates.open.remove(&person);
                    fates.already.insert(person);
                }
            }
        }
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
