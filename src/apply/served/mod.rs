//! Carries out what a plan has for locations whose server owns the token.
//!
//! Per app: the set is read, the planned steps are made in it, it is written down in the store, sent,
//! and read back. Then every group on its way out is moved on by what devices have reported, the
//! licenses are synced, and a group whose licenses have come back is dropped. Whatever is not done now
//! is done by the next run: [`Memory`] says where it stands.

mod keeper;
mod report;
mod steps;

pub use keeper::{InStore, Keeper};
pub use report::{MdmEnd, MdmLocationReport, MdmReclaimReport, MdmStepReport};

use std::time::Duration;

use jiff::Timestamp;

use self::report::failed;
use crate::intune::follow::{self, Count};
use crate::intune::{Memory, Patience, Phase, Scope, Seen, Target, Wanted, Writer, read, sync};
use crate::plan::served::{MdmAction, MdmAppPlan, MdmLocationPlan, reached};

/// How a run goes about it.
#[derive(Debug, Clone, Copy, Default)]
pub struct MdmOptions {
    /// Whether devices are asked to check in when an app is to be removed.
    pub sync_devices: bool,
    /// How long after its app is gone a license that has not come back is revoked; never where absent.
    pub revoke_after: Option<Duration>,
    /// How long a sync is waited for.
    pub patience: Patience,
}

/// Carries out one location's part of a plan. `seen` is what the plan was made from.
///
/// The report accounts for every step of the plan and every reclaim that is under way.
pub async fn apply(
    plan: &MdmLocationPlan,
    seen: &Seen,
    writer: &Writer,
    keeper: &dyn Keeper,
    options: MdmOptions,
    clock: &(dyn Fn() -> Timestamp + Sync),
) -> MdmLocationReport {
    let before = writer.reader().requests();
    let mut report = MdmLocationReport::new(plan);
    let outcome = Errand { plan, writer, keeper, options, clock }.run(seen, &mut report).await;
    if let Err(why) = outcome {
        report.stopped = Some(why);
    }
    report.requests = writer.reader().requests() - before;
    report
}

struct Errand<'a> {
    plan: &'a MdmLocationPlan,
    writer: &'a Writer,
    keeper: &'a dyn Keeper,
    options: MdmOptions,
    clock: &'a (dyn Fn() -> Timestamp + Sync),
}

impl Errand<'_> {
    async fn run(&self, seen: &Seen, report: &mut MdmLocationReport) -> Result<(), String> {
        let mut memory = self.keeper.load().await?;
        for app in &self.plan.apps {
            self.recover(app, seen, &mut memory).await?;
            if let Some(found) = seen.apps.get(&app.asset).filter(|_| app.steps.is_empty()) {
                let known = memory.app_mut(&found.app.id);
                known.left = found.assignments.iter().map(crate::intune::Assignment::row).collect();
                known.left_at = Some(seen.read_at);
            }
            steps::make(self, app, seen, &mut memory, report).await?;
        }
        self.save(&memory).await?;
        if memory.apps.values().any(|app| !app.reclaims.is_empty()) {
            self.follow(&mut memory, report).await?;
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    async fn save(&self, memory: &Memory) -> Result<(), String> {
        self.keeper.save(memory, self.now()).await
    }

    /// A run that ended between writing down and sending, or before it heard the answer.
    async fn recover(
        &self,
        app: &MdmAppPlan,
        seen: &Seen,
        memory: &mut Memory,
    ) -> Result<(), String> {
        let (Some(id), Some(found)) = (&app.id, seen.apps.get(&app.asset)) else { return Ok(()) };
        let open = |memory: &Memory| -> Vec<Target> {
            let reclaims = memory.app(id).into_iter().flat_map(|app| &app.reclaims);
            let intended = reclaims.filter(|reclaim| reclaim.phase == Phase::Intended);
            intended.map(|reclaim| reclaim.target.clone()).collect()
        };
        let intended = open(memory);
        if intended.is_empty() {
            return Ok(());
        }
        let (_, present) = steps::present(self.writer.reader(), id, found.app.platform).await?;
        let now = self.now();
        for target in intended {
            let took = present
                .iter()
                .any(|row| row.target == target && row.word == crate::intune::Word::Uninstall);
            let known = memory.app_mut(id);
            if took {
                if let Some(reclaim) = known.reclaim_mut(&target) {
                    // Nobody heard when it was taken. Later than it was is on the safe side.
                    reclaim.changed_at = Some(now);
                    reclaim.phase = Phase::Uninstalling;
                }
            } else {
                known.end(&target, now, "the server was never told");
            }
        }
        self.save(memory).await
    }

    /// Moves every reclaim on: reports, sync, count, drop.
    async fn follow(
        &self,
        memory: &mut Memory,
        report: &mut MdmLocationReport,
    ) -> Result<(), String> {
        let mut seen = self.read(memory).await?;
        let settled = self.look(&seen, memory);
        self.save(memory).await?;
        if settled {
            match sync(self.writer, &seen.token.id, self.options.patience).await {
                Ok(_) => {
                    seen = self.read(memory).await?;
                    self.look(&seen, memory);
                }
                Err(why) => report.sync_failed = Some(why),
            }
            let now = self.now();
            for reclaim in memory.apps.values_mut().flat_map(|app| &mut app.reclaims) {
                reclaim.synced_at = Some(now);
            }
        }
        let mut drops = vec![];
        for (asset, found) in &seen.apps {
            let Some(known) = memory.apps.get_mut(&found.app.id) else { continue };
            let count = Count { used: found.app.used, holders: found.holders.as_deref() };
            for reclaim in &mut known.reclaims {
                if reclaim.phase != Phase::Counting {
                    continue;
                }
                if follow::came_back(reclaim, &seen.devices, count).is_ok() {
                    reclaim.phase = Phase::Proven;
                    drops.push((*asset, reclaim.target.clone()));
                }
            }
        }
        self.revoke(&seen, memory).await?;
        self.save(memory).await?;
        for (asset, target) in drops {
            self.drop_group(asset, &target, &seen, memory, report).await?;
        }
        report.note_reclaims(self.plan, &seen, memory);
        Ok(())
    }

    /// Everything of the location, again.
    async fn read(&self, memory: &Memory) -> Result<Seen, String> {
        let apps = self.plan.apps.iter();
        let wanted = apps.map(|app| Wanted { asset: app.asset, bundle_id: app.bundle_id.clone() });
        let groups = memory.apps.values().flat_map(|app| &app.reclaims);
        let scope = Scope {
            token: self.plan.token.as_ref().map(|token| token.id.clone()),
            apps: wanted.collect(),
            groups: groups.filter_map(|one| Some(one.target.group()?.to_owned())).collect(),
        };
        read(self.writer.reader(), &scope, memory, self.now()).await
    }

    /// What the reports say now. Whether there is anything a sync could show.
    fn look(&self, seen: &Seen, memory: &mut Memory) -> bool {
        let mut worth = false;
        for found in seen.apps.values() {
            let Some(known) = memory.apps.get_mut(&found.app.id) else { continue };
            let Some(devices) = &found.report else { continue };
            for reclaim in &mut known.reclaims {
                let before = reclaim.counts();
                let reached = reached(seen, &reclaim.target);
                follow::look(reclaim, &reached, &seen.devices, devices);
                worth |= reclaim.phase == Phase::Counting || reclaim.counts() != before;
            }
        }
        worth
    }

    /// Takes licenses back by force that have not come back by themselves, where that is allowed and
    /// this tenant can.
    async fn revoke(&self, seen: &Seen, memory: &Memory) -> Result<(), String> {
        let Some(after) = self.options.revoke_after else { return Ok(()) };
        for found in seen.apps.values() {
            let Some(holders) = &found.holders else { continue };
            let Some(known) = memory.app(&found.app.id) else { continue };
            let mut stuck = vec![];
            for reclaim in &known.reclaims {
                for (id, member) in &reclaim.members {
                    let crate::intune::MemberState::Gone { at } = member.state else { continue };
                    let waited = self.now().duration_since(at);
                    let long = Duration::try_from(waited).is_ok_and(|waited| waited >= after);
                    if long && holders.contains(&crate::intune::Holder::Device(id.clone())) {
                        stuck.push(id);
                    }
                }
            }
            if stuck.is_empty() || !self.writer.can_revoke(&found.app.id).await.map_err(told)? {
                continue;
            }
            for id in stuck {
                self.writer.revoke(&found.app.id, id).await.map_err(told)?;
            }
        }
        Ok(())
    }

    /// Takes a group away whose licenses have come back.
    async fn drop_group(
        &self,
        asset: crate::license::Asset,
        target: &Target,
        seen: &Seen,
        memory: &mut Memory,
        report: &mut MdmLocationReport,
    ) -> Result<(), String> {
        let Some(found) = seen.apps.get(&asset) else { return Ok(()) };
        let Some(app) = self.plan.apps.iter().find(|app| app.asset == asset) else { return Ok(()) };
        // An entry that asks for `uninstall` keeps its assignment; the reclaim itself is through.
        if app.wants_out(target) {
            let how = "every device is done; an entry keeps the assignment";
            memory.app_mut(&found.app.id).end(target, self.now(), how);
            return self.save(memory).await;
        }
        let reader = self.writer.reader();
        let (version, present) = steps::present(reader, &found.app.id, found.app.platform).await?;
        let is_it = |row: &crate::intune::Assignment| {
            row.target == *target && row.word == crate::intune::Word::Uninstall
        };
        let next: Vec<_> = present.iter().filter(|row| !is_it(row)).cloned().collect();
        let outcome = if next.len() == present.len() {
            Ok(())
        } else {
            steps::replace(self, &found.app, version, &next, MdmAction::Drop, memory).await
        };
        let known = memory.app_mut(&found.app.id);
        let Some(reclaim) = known.reclaim(target).cloned() else { return Ok(()) };
        match outcome {
            Ok(()) => {
                known.end(target, self.now(), "its licenses came back and the group was dropped");
                report.dropped(app, target, &reclaim);
                self.save(memory).await
            }
            Err(fault) => {
                report.not_dropped(app, target, &reclaim, failed(&fault.why));
                Ok(())
            }
        }
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
