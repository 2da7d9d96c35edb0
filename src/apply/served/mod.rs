//! Carries out what a plan has for locations whose server owns the token.
//!
//! Per app: the set is read, the planned steps are made in it, it is written down in the store, sent,
//! and read back. Then every group on its way out is moved on by what devices have reported, the
//! licenses are synced, and a group whose licenses have come back is dropped. Whatever is not done now
//! is done by the next run: [`Memory`] says where it stands.

mod diary;
mod keeper;
mod report;
mod steps;

pub use keeper::{InStore, Keeper, recall};
pub use report::{MdmEnd, MdmLocationReport, MdmReclaimReport, MdmStepReport};

use std::time::Duration;

use jiff::Timestamp;

use self::diary::Diary;
use self::report::failed;
use super::{Observer, Stop};
use crate::intune::follow::{self, Count};
use crate::intune::{
    Memory, Patience, Phase, Scope, Seen, Target, Wanted, Writer, place, read, sync,
};
use crate::plan::served::{MdmAction, MdmAppPlan, MdmLocationPlan, reached};
use crate::store::Outcome;

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

/// A location whose server owns the token: what the plan was made from, and what changes the server.
#[derive(Debug)]
pub struct Door<'a> {
    /// Name of its manifest.
    pub location: &'a str,
    /// The server's id of the token.
    pub token: &'a str,
    /// What changes the server.
    pub writer: Writer,
    /// What the plan was made from.
    pub seen: &'a Seen,
    /// How to go about it.
    pub options: MdmOptions,
}

/// Carries out one location's part of a plan, and remembers it in the store.
pub(super) async fn run(
    plan: &MdmLocationPlan,
    door: Option<&Door<'_>>,
    observer: &dyn Observer,
    stop: &Stop,
    memory: super::Memory<'_>,
) -> MdmLocationReport {
    let Some(Door { location: _, token, writer, seen, options }) = door else {
        let why = "there is no connection to its server".to_owned();
        return Diary::new(plan, observer).close(Some(why), 0);
    };
    let place = place(token);
    let super::Memory { store, run, clock, leases } = memory;
    let keeper = InStore { store, run, place: &place, leases };
    let run = Run { writer, keeper: &keeper, options: *options, clock, observer, stop };
    apply(plan, seen, run).await
}

/// What one location is gone about with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What changes the server.
    pub writer: &'a Writer,
    /// What remembers.
    pub keeper: &'a dyn Keeper,
    /// How.
    pub options: MdmOptions,
    /// What time it is.
    pub clock: &'a dyn Fn() -> Timestamp,
    /// Who hears of every step.
    pub observer: &'a dyn Observer,
    /// Whether somebody has asked to stop: nothing new is begun then.
    pub stop: &'a Stop,
}

/// Carries out one location's part of a plan. `seen` is what the plan was made from.
///
/// The report accounts for every step of the plan and every reclaim that is under way.
pub async fn apply(plan: &MdmLocationPlan, seen: &Seen, run: Run<'_>) -> MdmLocationReport {
    let before = run.writer.reader().requests();
    let Run { writer, keeper, options, clock, observer, stop } = run;
    let mut diary = Diary::new(plan, observer);
    let outcome = Errand { plan, writer, keeper, options, clock, stop }.run(seen, &mut diary).await;
    diary.close(outcome.err(), run.writer.reader().requests() - before)
}

struct Errand<'a> {
    plan: &'a MdmLocationPlan,
    writer: &'a Writer,
    keeper: &'a dyn Keeper,
    options: MdmOptions,
    clock: &'a dyn Fn() -> Timestamp,
    stop: &'a Stop,
}

impl Errand<'_> {
    async fn run(&self, seen: &Seen, diary: &mut Diary<'_>) -> Result<(), String> {
        let mut memory = self.keeper.load().await?;
        self.settle_open(seen).await?;
        for app in &self.plan.apps {
            self.recover(app, seen, &mut memory).await?;
            if let Some(found) = seen.apps.get(&app.asset).filter(|_| app.steps.is_empty()) {
                let known = memory.app_mut(&found.app.id);
                known.left = found.assignments.iter().map(crate::intune::Assignment::row).collect();
                known.left_at = Some(seen.read_at);
            }
            if !self.stop.asked() {
                steps::make(self, app, seen, &mut memory, diary).await?;
            }
        }
        self.save(&memory).await?;
        if self.stop.asked() {
            diary.note_reclaims(seen, &memory);
            return Ok(());
        }
        if memory.apps.values().any(|app| !app.reclaims.is_empty()) {
            self.follow(&mut memory, diary).await?;
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    async fn save(&self, memory: &Memory) -> Result<(), String> {
        self.keeper.save(memory, self.now()).await
    }

    /// What earlier runs sent and never heard of is settled by reading.
    async fn settle_open(&self, seen: &Seen) -> Result<(), String> {
        for (id, body) in self.keeper.open().await? {
            let asked = body.get("app").and_then(serde_json::Value::as_str);
            let found = seen.apps.values().find(|found| Some(found.app.id.as_str()) == asked);
            let outcome = match found {
                None => Outcome::Overtaken { message: "no manifest names the app now".to_owned() },
                Some(found) => {
                    let reader = self.writer.reader();
                    let (_, now) =
                        steps::present(reader, &found.app.id, found.app.platform).await?;
                    steps::outcome(&body, &now)
                }
            };
            self.keeper.settle(id, outcome, self.now()).await?;
        }
        Ok(())
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
    async fn follow(&self, memory: &mut Memory, diary: &mut Diary<'_>) -> Result<(), String> {
        let mut seen = self.read(memory).await?;
        let settled = look(&seen, memory);
        self.save(memory).await?;
        if settled {
            let synced = tokio::select! {
                synced = sync(self.writer, &seen.token.id, self.options.patience) => synced,
                () = self.stop.wait() => Err("somebody asked to stop".to_owned()),
            };
            match synced {
                Ok(_) => {
                    seen = self.read(memory).await?;
                    look(&seen, memory);
                }
                Err(why) => diary.report.sync_failed = Some(why),
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
            self.drop_group(asset, &target, &seen, memory, diary).await?;
        }
        diary.note_reclaims(&seen, memory);
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
        diary: &mut Diary<'_>,
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
                diary.dropped(app, target, &reclaim);
                self.save(memory).await
            }
            Err(fault) => {
                diary.not_dropped(app, target, &reclaim, failed(&fault.why));
                Ok(())
            }
        }
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What the reports say now. Whether there is anything a sync could show.
fn look(seen: &Seen, memory: &mut Memory) -> bool {
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
