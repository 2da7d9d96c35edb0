//! What a device's answers mean. Everything that could be taken for a proof and is none is here.

use jiff::Timestamp;

use super::advance::again;
use super::record::{Obstacle, Question, Step, Target, later};
use super::rules::Rules;
use crate::mdm::{AppsReply, Enrolment, Fault, Presence, Scope, Standing};

/// What became of the removal. Only a removal that is waited for can be answered.
pub(super) fn to_removal(target: &mut Target, standing: &Standing, now: Timestamp) {
    let Step::Sent { at: sent, not_now, .. } = &mut target.step else { return };
    match standing {
        // A list is no answer to a removal.
        Standing::Waiting | Standing::Listed(_) => {}
        Standing::NotNow { at } => *not_now = Some(*at),
        Standing::Lost { at, why, enrolled } => {
            let (sent, enrolled) = (*sent, *enrolled);
            lost(target, *at, sent, why, enrolled, now);
        }
        Standing::Acknowledged { at } => target.step = acknowledged(*at, false, now),
        Standing::Failed { at, fault, detail } => {
            let blocked = |obstacle| Step::Blocked { at: now, obstacle, detail: detail.clone() };
            target.step = match fault {
                Fault::NotManaged => acknowledged(*at, true, now),
                Fault::Declarative => blocked(Obstacle::Declarative),
                Fault::LicenseNotFound | Fault::Format | Fault::Other => blocked(Obstacle::Refused),
            };
        }
    }
}

fn acknowledged(at: Timestamp, not_managed: bool, now: Timestamp) -> Step {
    let question = Question::Installed;
    Step::Acknowledged { at, not_managed, question, listing: None, next: now, why: None }
}

/// The queue of a device that enrolled anew is gone, and with it what waited there.
fn lost(
    target: &mut Target,
    at: Timestamp,
    sent: Timestamp,
    why: &str,
    enrolled: bool,
    now: Timestamp,
) {
    if at < sent {
        return;
    }
    if enrolled {
        again(target, why);
    } else {
        target.step = Step::Gone { at: now, why: why.to_owned() };
    }
}

/// What a list of apps says, if it is one.
pub(super) fn to_list(
    target: &mut Target,
    bundle_id: &str,
    standing: &Standing,
    now: Timestamp,
    rules: &Rules,
) {
    let Step::Acknowledged { listing: Some(listing), .. } = &target.step else { return };
    let asked = listing.at;
    match standing {
        // An acknowledgement without a list, and NotNow, settle nothing: it is waited for.
        Standing::Waiting | Standing::NotNow { .. } | Standing::Acknowledged { .. } => {}
        Standing::Lost { at, why, enrolled } => lost(target, *at, asked, why, *enrolled, now),
        Standing::Failed { at: _, fault: _, detail } => {
            unsettled(target, &format!("the list of apps failed: {detail}"), now, rules);
        }
        Standing::Listed(reply) => listed(target, bundle_id, reply, now, rules),
    }
}

fn listed(target: &mut Target, bundle_id: &str, reply: &AppsReply, now: Timestamp, rules: &Rules) {
    let Step::Acknowledged { at, not_managed, question, .. } = &target.step else { return };
    let (acknowledged, not_managed, question) = (*at, *not_managed, *question);
    if reply.observed_at > now {
        // A clock that runs ahead could make an old list look new; when that moment has come
        // the answer counts.
        return;
    }
    if reply.observed_at <= acknowledged {
        let why = "the list of apps is older than the acknowledgement";
        return unsettled(target, why, now, rules);
    }
    let enrolment = target.device.as_ref().map_or(Enrolment::None, |device| device.enrolment);
    let own_device = enrolment == Enrolment::User;
    let presence = reply.apps.get(bundle_id).copied().unwrap_or(Presence::Unknown);
    let proven = Step::Absent { acknowledged, observed: reply.observed_at };
    match (presence, question, reply.scope) {
        (Presence::Present, Question::Installed, _) if not_managed => {
            target.step = Step::Blocked {
                at: now,
                obstacle: Obstacle::OwnCopy,
                detail: "the app is there and not managed".to_owned(),
            };
        }
        (Presence::Present, _, _) => {
            unsettled(target, "the app is still there", now, rules);
        }
        (Presence::Installing, _, _) => {
            unsettled(target, "the app is being installed", now, rules);
        }
        (Presence::Absent, Question::Managed, _) => target.step = proven,
        (Presence::Absent, Question::Installed, Scope::All) if !own_device => target.step = proven,
        (Presence::Absent, Question::Installed, Scope::Managed) if !own_device => {
            let why = "the server lists managed apps only, which proves nothing here";
            unsettled(target, why, now, rules);
        }
        // That a device does not manage the app says nothing of a copy the person put there.
        (Presence::Unknown, Question::Installed, _) if not_managed && !own_device => {
            unsettled(target, "the list of apps does not say", now, rules);
        }
        // A person's own device shows only managed apps, and a list that does not name an app by
        // its identifier shows nothing: another witness is asked.
        (Presence::Absent, Question::Installed, Scope::All | Scope::Managed)
        | (Presence::Unknown, Question::Installed, _) => {
            if let Step::Acknowledged { question, listing, next, .. } = &mut target.step {
                *question = Question::Managed;
                *listing = None;
                *next = now;
            }
        }
        (Presence::Unknown, Question::Managed, _) => {
            unsettled(target, "no list names the app or leaves it out for certain", now, rules);
        }
    }
}

/// Asks again after a while, and sends the removal anew every so many times.
fn unsettled(target: &mut Target, because: &str, now: Timestamp, rules: &Rules) {
    target.times = target.times.saturating_add(1);
    let wait = later(now, rules.wait_after(target.times));
    if target.times.is_multiple_of(rules.again_every.max(1)) {
        again(target, because);
        if let Step::Wanted { not_before, .. } = &mut target.step {
            *not_before = Some(wait);
        }
        return;
    }
    if let Step::Acknowledged { listing, next, why, question, .. } = &mut target.step {
        *listing = None;
        *next = wait;
        *question = Question::Installed;
        *why = Some(because.to_owned());
    }
}
