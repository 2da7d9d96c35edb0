//! What a reclaim waits for, in words.

use super::record::{Bar, Closing, Obstacle, Question, Reclaim, Step, Target};
use super::rules::{Rules, WhenGone};

impl Reclaim {
    /// What it waits for, or how it ended, in one sentence without a full stop. The same cause
    /// reads the same for every holder.
    pub fn waits_for(&self, rules: &Rules) -> String {
        match &self.closing {
            Some(Closing::Verified { ours: true, .. }) => return "the license is back".to_owned(),
            Some(Closing::Verified { ours: false, .. }) => {
                return "the license was back already".to_owned();
            }
            Some(Closing::Cancelled { why, .. }) => return why.clone(),
            None => {}
        }
        if self.released.is_some() {
            return "Apple has not been read since the license was released".to_owned();
        }
        match self.bar {
            Some(Bar::NoBundleId) => {
                return "the app has no `bundleId`: add it to its manifest".to_owned();
            }
            Some(Bar::NoDeviceOfUser) => return NO_DEVICE.to_owned(),
            None if self.targets.is_empty() => return NO_DEVICE.to_owned(),
            None => {}
        }
        if self.is_proven(rules) {
            return "Apple has not released the license yet".to_owned();
        }
        let last = self.targets.iter().min_by_key(|target| urgency(target, rules));
        last.map(|target| target.waits_for(rules)).unwrap_or_default()
    }
}

const NO_DEVICE: &str = "the server knows no device of the person: name the person there as \
                         `clientUserId` does, or use `reclaim: release`";

/// Which device speaks for all: one that somebody must look after, else the one least far.
fn urgency(target: &Target, rules: &Rules) -> (bool, super::Phase) {
    let phase = target.phase(rules);
    let stuck = matches!(target.step, Step::Blocked { .. }) || phase == super::Phase::Gone;
    (!stuck, phase)
}

impl Target {
    fn waits_for(&self, rules: &Rules) -> String {
        match &self.step {
            Step::Wanted { why: Some(why), .. } => format!("the removal is sent again: {why}"),
            Step::Wanted { why: None, .. } => "the removal is not sent yet".to_owned(),
            Step::Sent { not_now: Some(_), .. } => {
                "the device said NotNow and is asked again".to_owned()
            }
            Step::Sent { unsure: Some(why), .. } => {
                format!("the device may not have the removal: {why}")
            }
            Step::Sent { .. } => "the device has not answered the removal".to_owned(),
            Step::Acknowledged { why: Some(why), .. } => {
                format!("the app is not proven gone: {why}")
            }
            Step::Acknowledged { question: Question::Managed, .. } => {
                "a second list must show that the app is gone".to_owned()
            }
            Step::Acknowledged { .. } => {
                "the device's list must show that the app is gone".to_owned()
            }
            Step::Absent { .. } => "the app is gone".to_owned(),
            Step::Blocked { obstacle, detail, .. } => match obstacle {
                Obstacle::UnknownDevice => {
                    "the server has not heard of the device: enroll it, or release the license"
                        .to_owned()
                }
                Obstacle::SeveralEnrolments => {
                    "the server has several enrolments of the device: remove all but one".to_owned()
                }
                Obstacle::OwnCopy => {
                    "the person's own copy of the app is on the device: it is not ours to remove"
                        .to_owned()
                }
                Obstacle::Declarative => {
                    "a declaration manages the app: take it out of the declaration".to_owned()
                }
                Obstacle::NoSecondWitness => {
                    format!("a person's own device shows managed apps only: {detail}")
                }
                Obstacle::Refused => format!("refused: {detail}"),
            },
            Step::Gone { why, .. } => match rules.when_gone {
                WhenGone::Keep => {
                    format!("{why}: the license stays (`whenGone: release` would take it)")
                }
                WhenGone::Release => format!("{why}: that counts as removed"),
            },
        }
    }
}
