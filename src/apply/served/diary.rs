//! What is told of one location while it is carried out, and what its report is made of.

use super::report::{MdmEnd, MdmLocationReport, MdmReclaimReport, MdmStepReport};
use crate::apply::Observer;
use crate::apply::outcome::{Event, Failure, StepOutcome};
use crate::intune::follow::{self, Count};
use crate::intune::{GroupReclaim, MemberState, Memory, Phase, Seen, Target};
use crate::plan::served::{MdmAction, MdmAppPlan, MdmLocationPlan, MdmStep};

/// So many devices are named.
const EXAMPLES: usize = 5;

/// What happened in one location so far. Everything written in it is told at once.
pub(super) struct Diary<'a> {
    plan: &'a MdmLocationPlan,
    observer: &'a dyn Observer,
    pub(super) report: MdmLocationReport,
}

impl<'a> Diary<'a> {
    pub(super) fn new(plan: &'a MdmLocationPlan, observer: &'a dyn Observer) -> Self {
        let report = MdmLocationReport {
            name: plan.name.clone(),
            mdm: plan.mdm.clone(),
            steps: vec![],
            reclaims: vec![],
            sync_failed: None,
            not_nudged: None,
            stopped: None,
            requests: 0,
        };
        Self { plan, observer, report }
    }

    /// The end: what the plan had and nothing has been said of was not tried.
    pub(super) fn close(mut self, stopped: Option<String>, requests: u64) -> MdmLocationReport {
        for app in &self.plan.apps {
            let mut told: Vec<(MdmAction, Target)> = self
                .report
                .steps
                .iter()
                .filter(|step| step.app == app.name)
                .map(|step| (step.action, step.target.clone()))
                .collect();
            for step in &app.steps {
                let is_it = |one: &(MdmAction, Target)| *one == (step.action, step.target.clone());
                match told.iter().position(is_it) {
                    Some(place) => drop(told.swap_remove(place)),
                    None => self.step(app, step, StepOutcome::NotTried),
                }
            }
        }
        if let Some(reason) = &stopped {
            let location = Some(self.plan.name.clone());
            self.observer.note(Event::Stopped { location, reason: reason.clone() });
        }
        MdmLocationReport { stopped, requests, ..self.report }
    }

    pub(super) fn step(&mut self, app: &MdmAppPlan, step: &MdmStep, outcome: StepOutcome) {
        let step = MdmStepReport {
            app: app.name.clone(),
            action: step.action,
            target: step.target.clone(),
            title: step.title.clone(),
            outcome,
        };
        let location = self.plan.name.clone();
        self.observer.note(Event::MdmStep { location, step: step.clone() });
        self.report.steps.push(step);
    }

    pub(super) fn dropped(&mut self, app: &MdmAppPlan, target: &Target, reclaim: &GroupReclaim) {
        self.reclaim(app, target, reclaim, MdmEnd::Dropped);
    }

    pub(super) fn not_dropped(
        &mut self,
        app: &MdmAppPlan,
        target: &Target,
        reclaim: &GroupReclaim,
        failure: Failure,
    ) {
        self.reclaim(app, target, reclaim, MdmEnd::NotDropped { failure });
    }

    fn reclaim(&mut self, app: &MdmAppPlan, target: &Target, reclaim: &GroupReclaim, end: MdmEnd) {
        let [gone, waiting, blocked, left] = reclaim.counts();
        let mut examples: Vec<(u8, String)> = vec![];
        for (id, member) in &reclaim.members {
            let (rank, why) = match &member.state {
                MemberState::Blocked { why } => (0, why),
                MemberState::Waiting { why } => (1, why),
                MemberState::Left { why } => (2, why),
                MemberState::Gone { .. } => continue,
            };
            examples.push((rank, format!("{}: {why}", member.serial.as_deref().unwrap_or(id))));
        }
        examples.sort();
        let reclaim = MdmReclaimReport {
            app: app.name.clone(),
            target: target.clone(),
            title: app.title(target),
            begun: reclaim.begun,
            devices: u64::try_from(reclaim.members.len()).unwrap_or(u64::MAX),
            gone,
            waiting,
            blocked,
            left,
            examples: examples.into_iter().take(EXAMPLES).map(|(_, text)| text).collect(),
            end,
        };
        let location = self.plan.name.clone();
        self.observer.note(Event::MdmReclaim { location, reclaim: reclaim.clone() });
        self.report.reclaims.push(reclaim);
    }

    /// Every reclaim that goes on.
    pub(super) fn note_reclaims(&mut self, seen: &Seen, memory: &Memory) {
        for app in &self.plan.apps {
            let found = seen.apps.get(&app.asset);
            let known = app.id.as_deref().and_then(|id| memory.app(id));
            for reclaim in known.into_iter().flat_map(|known| &known.reclaims) {
                let told =
                    |one: &MdmReclaimReport| one.app == app.name && one.target == reclaim.target;
                if self.report.reclaims.iter().any(told) {
                    continue;
                }
                let [_, waiting, blocked, _] = reclaim.counts();
                let missing = match reclaim.phase {
                    Phase::Intended | Phase::Uninstalling => {
                        format!(
                            "{waiting} of its devices have not reported the app gone, {blocked} \
                             refuse to remove it"
                        )
                    }
                    Phase::Counting => found
                        .and_then(|found| {
                            let holders = found.holders.as_deref();
                            let count = Count { used: found.app.used, holders };
                            follow::came_back(reclaim, &seen.devices, count).err()
                        })
                        .unwrap_or_else(|| "the licenses have not been counted".to_owned()),
                    Phase::Proven => "the group has not been dropped".to_owned(),
                };
                self.reclaim(app, &reclaim.target, reclaim, MdmEnd::Waits { missing });
            }
        }
    }
}
