//! What becomes of one installation: pure.

use jiff::{SignedDuration, Timestamp};

use super::record::Install;
use crate::mdm::{Delivery, Fault, Standing};

/// How long an installation is tried.
const DEADLINE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Commands for it at the most.
const ATTEMPTS: u32 = 12;
/// The wait after Apple had no license for the device the first time; doubled each time.
const BACK_OFF: SignedDuration = SignedDuration::from_secs(20);
/// The longest such wait.
const LONGEST_BACK_OFF: SignedDuration = SignedDuration::from_hours(6);
/// A command of which nothing is heard is sent anew after so long.
const RESEND: SignedDuration = SignedDuration::from_hours(24);
/// The same for one that may never have reached the server.
const RESEND_UNSURE: SignedDuration = SignedDuration::from_hours(1);

/// How far an installation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Its license does not read back yet.
    Unlicensed,
    /// Its command is to be sent, or waits for its time or its device.
    Wanted,
    /// Its command was handed over.
    Sent {
        at: Timestamp,
        reference: Option<String>,
        /// Whether it may never have reached the server.
        unsure: bool,
        /// Whether the device said NotNow since.
        not_now: bool,
    },
    /// The device took it as done.
    Acknowledged,
    /// It is given up.
    Failed(String),
    /// Nothing is to be installed any more.
    Dropped(String),
}

/// What a step comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing to write down.
    Stays,
    /// It has ended; the state says how.
    Ended,
    /// The next command takes over, for this reason.
    Again { next: Install, why: String },
}

/// What the server said when the command was handed over.
pub(super) fn delivered(
    install: &Install,
    state: &mut State,
    delivery: &Delivery,
    now: Timestamp,
) -> Turn {
    let sent = |reference, unsure| State::Sent { at: now, reference, unsure, not_now: false };
    match delivery {
        Delivery::Queued { reference } => *state = sent(reference.clone(), false),
        // The run that sent it was killed before it heard so.
        Delivery::Known | Delivery::Unclear { .. } => *state = sent(None, true),
        Delivery::Refused { why, retryable: true } => return again(install, state, why, now),
        Delivery::Refused { why, retryable: false } => return fail(state, why.clone()),
    }
    Turn::Stays
}

/// What became of a command that was handed over.
pub(super) fn heard(
    install: &Install,
    state: &mut State,
    standing: &Standing,
    now: Timestamp,
) -> Turn {
    let State::Sent { not_now, .. } = state else { return Turn::Stays };
    match standing {
        // A list is no answer to an installation.
        Standing::Waiting | Standing::Listed(_) => Turn::Stays,
        Standing::NotNow { .. } => {
            *not_now = true;
            Turn::Stays
        }
        Standing::Acknowledged { .. } => {
            *state = State::Acknowledged;
            Turn::Ended
        }
        Standing::Lost { why, .. } => again(install, state, why, now),
        // Apple's documented race: the license is assigned and the store does not know it yet.
        Standing::Failed { fault: Fault::LicenseNotFound, detail, .. } => {
            again(install, state, detail, now)
        }
        Standing::Failed {
            fault: Fault::NotManaged | Fault::Declarative | Fault::Format | Fault::Other,
            detail,
            ..
        } => fail(state, format!("the device refused: {detail}")),
    }
}

/// What only time brings.
pub(super) fn tick(install: &Install, state: &mut State, now: Timestamp) -> Turn {
    let over = later(install.since, DEADLINE) <= now;
    match state {
        State::Wanted | State::Sent { .. } if over => {
            let last = match &install.why {
                Some(why) => format!("given up after 7 days: {why}"),
                None => "given up after 7 days without an answer".to_owned(),
            };
            fail(state, last)
        }
        State::Sent { at, unsure, not_now: false, .. } => {
            let patience = if *unsure { RESEND_UNSURE } else { RESEND };
            if later(*at, patience) <= now {
                again(install, state, "nothing was heard of the command", now)
            } else {
                Turn::Stays
            }
        }
        State::Unlicensed
        | State::Wanted
        | State::Sent { .. }
        | State::Acknowledged
        | State::Failed(_)
        | State::Dropped(_) => Turn::Stays,
    }
}

/// Whether its command may be sent, given its device.
pub(super) fn is_due(install: &Install, state: &State, now: Timestamp) -> bool {
    *state == State::Wanted && install.not_before.is_none_or(|not_before| not_before <= now)
}

fn fail(state: &mut State, why: String) -> Turn {
    *state = State::Failed(why);
    Turn::Ended
}

/// The next command, after a while that grows.
fn again(install: &Install, state: &mut State, why: &str, now: Timestamp) -> Turn {
    if install.attempt >= ATTEMPTS {
        return fail(state, format!("given up after {ATTEMPTS} times: {why}"));
    }
    let factor = 2_i32.saturating_pow(install.attempt.saturating_sub(1).min(20));
    let wait = BACK_OFF.saturating_mul(factor).min(LONGEST_BACK_OFF);
    *state = State::Wanted;
    let next = Install {
        attempt: install.attempt.saturating_add(1),
        not_before: Some(later(now, wait)),
        why: Some(why.to_owned()),
        ..install.clone()
    };
    Turn::Again { next, why: why.to_owned() }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::{Asset, Holder, PricingParam};
    use crate::store::RunId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn start() -> Timestamp {
        at("2026-11-20T09:00:00Z")
    }

    fn install() -> Install {
        let serial: crate::license::SerialNumber = "D1".parse().unwrap();
        Install {
            run: RunId(uuid::Uuid::from_u128(1)),
            asset: Asset { adam_id: "11".parse().unwrap(), pricing_param: PricingParam::default() },
            name: "notes".to_owned(),
            bundle_id: None,
            holder: Holder::Device(serial.clone()),
            serial_number: serial,
            attempt: 1,
            since: start(),
            not_before: None,
            why: None,
        }
    }

    fn sent() -> State {
        State::Sent { at: start(), reference: None, unsure: false, not_now: false }
    }

    fn no_license(at: Timestamp) -> Standing {
        let detail = "License not found".to_owned();
        Standing::Failed { at, fault: Fault::LicenseNotFound, detail }
    }

    /// The waits until it is given up, in seconds, where a license never comes.
    fn waits() -> Vec<i64> {
        let (mut one, mut now, mut waits) = (install(), start(), vec![]);
        loop {
            let mut state = sent();
            match heard(&one, &mut state, &no_license(now), now) {
                Turn::Again { next, .. } => {
                    assert_ne!(next.id(), one.id(), "another command");
                    let until = next.not_before.unwrap();
                    assert!(!is_due(&next, &State::Wanted, until - SignedDuration::from_secs(1)));
                    assert!(is_due(&next, &State::Wanted, until));
                    waits.push(until.duration_since(now).as_secs());
                    (one, now) = (next, until);
                }
                Turn::Ended => {
                    let State::Failed(why) = state else { panic!("{state:?}") };
                    assert!(why.contains("License not found"), "{why}");
                    return waits;
                }
                Turn::Stays => panic!("{state:?}"),
            }
        }
    }

    #[test]
    fn where_apple_has_no_license_yet_it_is_tried_again_ever_more_rarely() {
        let waits = waits();
        assert_eq!(waits[..4], [20, 40, 80, 160]);
        assert_eq!(waits.len(), 11);
    }

    #[test]
    fn not_now_waits_however_long_and_silence_is_asked_again() {
        let (one, day) = (install(), start() + SignedDuration::from_hours(25));
        let mut state = sent();
        assert_eq!(heard(&one, &mut state, &Standing::NotNow { at: day }, day), Turn::Stays);
        assert_eq!(tick(&one, &mut state, day), Turn::Stays);
        let mut state = sent();
        assert!(matches!(tick(&one, &mut state, day), Turn::Again { .. }));
    }

    #[test]
    fn what_the_device_refuses_for_another_reason_has_failed() {
        let mut state = sent();
        let (fault, detail) = (Fault::Other, "The App Store is disabled.".to_owned());
        let refused = Standing::Failed { at: start(), fault, detail };
        assert_eq!(heard(&install(), &mut state, &refused, start()), Turn::Ended);
        assert_eq!(
            state,
            State::Failed("the device refused: The App Store is disabled.".to_owned())
        );
    }

    #[test]
    fn after_seven_days_it_is_given_up_with_the_last_reason() {
        let over = start() + DEADLINE;
        for mut state in [State::Wanted, sent()] {
            let one = Install { why: Some("the device enrolled anew".to_owned()), ..install() };
            assert_eq!(tick(&one, &mut state, over), Turn::Ended);
            let why = "given up after 7 days: the device enrolled anew";
            assert_eq!(state, State::Failed(why.to_owned()));
        }
        let mut done = State::Acknowledged;
        assert_eq!(tick(&install(), &mut done, over), Turn::Stays);
    }
}
