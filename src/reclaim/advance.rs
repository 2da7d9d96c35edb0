//! From what is seen to the next state and what is to be done.

use std::mem::{Discriminant, discriminant};

use jiff::Timestamp;

use super::answer;
use super::command::{list_id, remove_id};
use super::record::{Bar, Closing, Listing, Obstacle, Question, Reclaim, Step, Target, later};
use super::rules::Rules;
use super::seen::{Act, Seen};
use crate::license::Holder;
use crate::mdm::{Ask, Command, Delivery, Device, Enrolment, Order};

/// A reclaim after what is seen, at a moment, and what is to be done for it now.
///
/// It takes everything in any order, and what is seen twice changes nothing more.
pub fn advance(
    mut reclaim: Reclaim,
    seen: &[Seen],
    now: Timestamp,
    rules: &Rules,
) -> (Reclaim, Vec<Act>) {
    let before = mark(&reclaim);
    for seen in seen {
        // Once the license is disassociated only Apple has something to say.
        let matters = reclaim.released.is_none() || matches!(seen, Seen::Held(_));
        if reclaim.is_open() && matters {
            learn(&mut reclaim, seen, now, rules);
        }
    }
    if reclaim.is_open() && reclaim.released.is_none() {
        tick(&mut reclaim, now, rules);
    }
    let acts = if reclaim.is_open() { acts(&reclaim, now, rules) } else { vec![] };
    if mark(&reclaim) != before {
        reclaim.moved = now;
    }
    (reclaim, acts)
}

/// What counts as having moved: the devices' attempts and steps, and the flags of the whole.
type Mark = (Vec<(u32, Discriminant<Step>)>, [bool; 4]);

fn mark(reclaim: &Reclaim) -> Mark {
    let steps = reclaim.targets.iter().map(|target| (target.attempt, discriminant(&target.step)));
    let flags = [
        reclaim.bar.is_some(),
        reclaim.overdue,
        reclaim.released.is_some(),
        reclaim.closing.is_some(),
    ];
    (steps.collect(), flags)
}

fn learn(reclaim: &mut Reclaim, seen: &Seen, now: Timestamp, rules: &Rules) {
    match seen {
        Seen::Devices { devices, all } => match_devices(reclaim, devices, *all, now),
        Seen::Unwanted { why } => {
            reclaim.closing = Some(Closing::Cancelled { at: now, why: why.clone() });
        }
        Seen::Released => {
            if reclaim.is_proven(rules) {
                reclaim.released = Some(now);
            }
        }
        Seen::Held(false) => {
            let ours = reclaim.released.is_some();
            reclaim.closing = Some(Closing::Verified { at: now, ours });
        }
        Seen::Held(true) => reclaim.released = None,
        Seen::Intended { id, at } => {
            let (run, asset) = (reclaim.run, reclaim.asset);
            for target in &mut reclaim.targets {
                let unsent = matches!(target.step, Step::Wanted { .. });
                if unsent && remove_id(run, &target.serial, asset.adam_id, target.attempt) == *id {
                    target.step = Step::Sent {
                        at: *at,
                        reference: None,
                        unsure: Some("the run that sent it was killed".to_owned()),
                        not_now: None,
                    };
                }
            }
        }
        Seen::Delivered { id, delivery } => {
            let (run, asset) = (reclaim.run, reclaim.asset);
            for target in &mut reclaim.targets {
                delivered(target, run, asset.adam_id, *id, delivery, now, rules);
            }
        }
        Seen::Standing { id, standing } => {
            let (run, adam_id) = (reclaim.run, reclaim.asset.adam_id);
            let bundle_id = reclaim.bundle_id.clone().unwrap_or_default();
            for target in &mut reclaim.targets {
                if remove_id(run, &target.serial, adam_id, target.attempt) == *id {
                    answer::to_removal(target, standing, now);
                }
                let listed = current_list(target)
                    .map(|number| list_id(run, &target.serial, adam_id, number));
                if listed == Some(*id) {
                    answer::to_list(target, &bundle_id, standing, now, rules);
                }
            }
        }
    }
}

fn current_list(target: &Target) -> Option<u32> {
    match &target.step {
        Step::Acknowledged { listing, .. } => listing.as_ref().map(|listing| listing.number),
        Step::Wanted { .. }
        | Step::Sent { .. }
        | Step::Absent { .. }
        | Step::Blocked { .. }
        | Step::Gone { .. } => None,
    }
}

/// How handing a command over went.
fn delivered(
    target: &mut Target,
    run: crate::store::RunId,
    adam_id: crate::license::AdamId,
    id: uuid::Uuid,
    delivery: &Delivery,
    now: Timestamp,
    rules: &Rules,
) {
    if remove_id(run, &target.serial, adam_id, target.attempt) == id {
        let Step::Wanted { not_before, .. } = &target.step else { return };
        if not_before.is_some_and(|not_before| not_before > now) {
            return;
        }
        let sent = |reference, unsure| Step::Sent { at: now, reference, unsure, not_now: None };
        target.step = match delivery {
            Delivery::Queued { reference } => sent(reference.clone(), None),
            Delivery::Known => {
                sent(None, Some("the server has seen the command before".to_owned()))
            }
            Delivery::Unclear { why } => sent(None, Some(why.clone())),
            Delivery::Refused { why, retryable: true } => {
                target.times = target.times.saturating_add(1);
                let not_before = Some(later(now, rules.wait_after(target.times)));
                Step::Wanted { not_before, why: Some(why.clone()) }
            }
            Delivery::Refused { why, retryable: false } => {
                Step::Blocked { at: now, obstacle: Obstacle::Refused, detail: why.clone() }
            }
        };
        return;
    }
    let number = target.lists.saturating_add(1);
    if list_id(run, &target.serial, adam_id, number) != id {
        return;
    }
    let Step::Acknowledged { listing, next, why, question, .. } = &mut target.step else { return };
    if listing.is_some() || *next > now {
        return;
    }
    let asked = |reference| Some(Listing { number, at: now, reference });
    match delivery {
        Delivery::Queued { reference } => *listing = asked(reference.clone()),
        Delivery::Known | Delivery::Unclear { .. } => *listing = asked(None),
        Delivery::Refused { why: said, retryable } => {
            if *question == Question::Managed && !retryable {
                target.step = Step::Blocked {
                    at: now,
                    obstacle: Obstacle::NoSecondWitness,
                    detail: said.clone(),
                };
                return;
            }
            target.times = target.times.saturating_add(1);
            *next = later(now, rules.wait_after(target.times));
            *why = Some(said.clone());
            return;
        }
    }
    target.lists = number;
}

/// Takes note of the server's devices: which there are, and whether one enrolled anew or is gone.
fn match_devices(reclaim: &mut Reclaim, devices: &[Device], all: bool, now: Timestamp) {
    if let Holder::User(_) = reclaim.holder {
        for device in devices.iter().filter(|device| device.enrolment != Enrolment::None) {
            if !reclaim.targets.iter().any(|target| target.serial == device.serial) {
                reclaim.targets.push(Target::new(device.serial.clone()));
            }
        }
        reclaim.bar = reclaim.targets.is_empty().then_some(Bar::NoDeviceOfUser);
    }
    for target in &mut reclaim.targets {
        let of = || devices.iter().filter(|device| device.serial == target.serial);
        let live: Vec<&Device> =
            of().filter(|device| device.enrolment != Enrolment::None).collect();
        let left = of().next().is_some();
        match live.as_slice() {
            [] if all || left => gone(target, left, now),
            [] => unheard_of(target, now),
            [device] => found(target, device),
            [_, _, ..] => {
                if !matches!(target.step, Step::Absent { .. }) {
                    target.step = Step::Blocked {
                        at: now,
                        obstacle: Obstacle::SeveralEnrolments,
                        detail: "the server has several enrolments with its serial number"
                            .to_owned(),
                    };
                }
            }
        }
    }
}

fn gone(target: &mut Target, left: bool, now: Timestamp) {
    match target.step {
        // What was proven before it left stays proven.
        Step::Absent { .. } | Step::Gone { .. } => {}
        Step::Wanted { .. }
        | Step::Sent { .. }
        | Step::Acknowledged { .. }
        | Step::Blocked { .. } => {
            let why =
                if left { "it is not enrolled any more" } else { "the server has no such device" };
            target.step = Step::Gone { at: now, why: why.to_owned() };
        }
    }
}

/// A server without a list does not know the device. One that was known once is written to as before.
fn unheard_of(target: &mut Target, now: Timestamp) {
    if target.device.is_none() && matches!(target.step, Step::Wanted { .. }) {
        target.step = Step::Blocked {
            at: now,
            obstacle: Obstacle::UnknownDevice,
            detail: "the server has not heard of it".to_owned(),
        };
    }
}

fn found(target: &mut Target, device: &Device) {
    let since = |at: Timestamp| device.enrolled_at.is_some_and(|enrolled| enrolled > at);
    let anew = match &target.step {
        Step::Sent { at, .. } | Step::Acknowledged { at, .. } => since(*at),
        Step::Absent { observed, .. } => since(*observed),
        Step::Gone { .. } => {
            again(target, "it is enrolled again");
            false
        }
        // Nothing was sent to a device nobody knew.
        Step::Blocked { obstacle: Obstacle::UnknownDevice, .. } => {
            target.step = Step::Wanted { not_before: None, why: None };
            false
        }
        Step::Blocked { obstacle: Obstacle::SeveralEnrolments, .. } => {
            again(target, "the server has one enrolment of it now");
            false
        }
        Step::Blocked { .. } | Step::Wanted { .. } => false,
    };
    let moved = target.device.as_ref().is_some_and(|known| known.reference != device.reference);
    let under_way = matches!(target.step, Step::Sent { .. } | Step::Acknowledged { .. });
    if anew || (moved && under_way) {
        again(target, "the device enrolled anew, and what waited for it is lost");
    }
    target.device = Some(device.clone());
}

/// Starts over with the next removal.
pub(super) fn again(target: &mut Target, why: &str) {
    target.attempt = target.attempt.saturating_add(1);
    target.step = Step::Wanted { not_before: None, why: Some(why.to_owned()) };
}

/// What only time brings.
fn tick(reclaim: &mut Reclaim, now: Timestamp, rules: &Rules) {
    if reclaim.bundle_id.is_none() {
        reclaim.bar = Some(Bar::NoBundleId);
    } else if reclaim.bar == Some(Bar::NoBundleId) {
        reclaim.bar = None;
    }
    for target in &mut reclaim.targets {
        match &mut target.step {
            Step::Sent { at, unsure, not_now: None, .. } => {
                let patience = if unsure.is_some() { rules.resend_unsure } else { rules.resend };
                if later(*at, patience) <= now {
                    again(target, "nothing was heard of the removal");
                }
            }
            Step::Acknowledged { listing, next, why, .. } => {
                if listing.as_ref().is_some_and(|listing| later(listing.at, rules.resend) <= now) {
                    *listing = None;
                    *next = now;
                    *why = Some("nothing was heard of the list of apps".to_owned());
                }
            }
            Step::Absent { acknowledged, observed } => {
                if later(*observed, rules.proof_lasts) < now {
                    // The first time at once. A server whose clock is far behind has nothing but
                    // old proofs: it is asked ever later.
                    let next = match target.times {
                        0 => now,
                        times => later(now, rules.wait_after(times)),
                    };
                    target.times = target.times.saturating_add(1);
                    target.step = Step::Acknowledged {
                        at: (*observed).max(*acknowledged),
                        not_managed: false,
                        question: Question::Installed,
                        listing: None,
                        next,
                        why: Some("the proof is old, so it is asked again".to_owned()),
                    };
                }
            }
            Step::Blocked { at, obstacle, .. } => {
                let helps = match obstacle {
                    Obstacle::OwnCopy
                    | Obstacle::Declarative
                    | Obstacle::NoSecondWitness
                    | Obstacle::Refused => true,
                    Obstacle::UnknownDevice | Obstacle::SeveralEnrolments => false,
                };
                if helps && later(*at, rules.retry_blocked) <= now {
                    again(target, "it was refused and is tried anew");
                }
            }
            Step::Sent { not_now: Some(_), .. } | Step::Wanted { .. } | Step::Gone { .. } => {}
        }
    }
    reclaim.overdue = reclaim.deadline <= now;
}

/// What is to be done now.
fn acts(reclaim: &Reclaim, now: Timestamp, rules: &Rules) -> Vec<Act> {
    if reclaim.is_proven(rules) {
        return if reclaim.released.is_none() { vec![Act::Release] } else { vec![] };
    }
    let Some(bundle_id) = reclaim.bundle_id.as_ref().filter(|_| reclaim.bar.is_none()) else {
        return vec![];
    };
    let adam_id = reclaim.asset.adam_id;
    let mut acts = vec![];
    for target in &reclaim.targets {
        let Some(device) = &target.device else { continue };
        let remove = || Order::Remove { bundle_id: bundle_id.clone(), adam_id };
        let list = |question: Question, after: Timestamp| {
            let (bundle_ids, not_before) = (vec![bundle_id.clone()], after);
            match question {
                Question::Installed => Order::ListInstalled { bundle_ids, not_before },
                Question::Managed => Order::ListManaged { bundle_ids, not_before },
            }
        };
        match &target.step {
            Step::Wanted { not_before, .. } => {
                if not_before.is_none_or(|not_before| not_before <= now) {
                    acts.push(Act::Send(Command {
                        id: remove_id(reclaim.run, &target.serial, adam_id, target.attempt),
                        device: device.clone(),
                        order: remove(),
                        attempt: target.attempt,
                    }));
                }
            }
            Step::Sent { at, reference, .. } => acts.push(Act::Ask(Ask {
                id: remove_id(reclaim.run, &target.serial, adam_id, target.attempt),
                reference: reference.clone(),
                device: device.clone(),
                order: remove(),
                sent_at: *at,
            })),
            Step::Acknowledged { at, question, listing: Some(listing), .. } => {
                acts.push(Act::Ask(Ask {
                    id: list_id(reclaim.run, &target.serial, adam_id, listing.number),
                    reference: listing.reference.clone(),
                    device: device.clone(),
                    order: list(*question, *at),
                    sent_at: listing.at,
                }));
            }
            Step::Acknowledged { at, question, listing: None, next, .. } => {
                if *next <= now {
                    let number = target.lists.saturating_add(1);
                    acts.push(Act::Send(Command {
                        id: list_id(reclaim.run, &target.serial, adam_id, number),
                        device: device.clone(),
                        order: list(*question, *at),
                        attempt: number,
                    }));
                }
            }
            Step::Absent { .. } | Step::Blocked { .. } | Step::Gone { .. } => {}
        }
    }
    acts
}
