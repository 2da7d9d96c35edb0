//! An app's planned steps, made in its present set.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::diary::Diary;
use super::report::failed;
use super::{Errand, told};
use crate::apply::outcome::StepOutcome;
use crate::graph::Version;
use crate::intune::{
    App, Assignment, GroupReclaim, Memory, Phase, Platform, Reader, Row, Seen, SeenApp, Word,
    follow, version,
};
use crate::manifest::kind::LicenseKind;
use crate::plan::served::{MdmAction, MdmAppPlan, MdmSide, MdmStep, reached};
use crate::store::Outcome;

/// An app's assignments now, and the version they are read and written in. Beta is looked at in any
/// case: only there it shows whether v1.0 would lose something.
pub(super) async fn present(
    reader: &Reader,
    app: &str,
    platform: Platform,
) -> Result<(Version, Vec<Assignment>), String> {
    let read = async |version| {
        let mut all = reader.assignments(version, &[app]).await.map_err(told)?;
        all.pop().flatten().ok_or_else(|| "the app was deleted in Intune".to_owned())
    };
    let beta = read(Version::Beta).await?;
    match version(&beta, platform) {
        Version::Beta => Ok((Version::Beta, beta)),
        Version::V1 => Ok((Version::V1, read(Version::V1).await?)),
    }
}

/// Makes an app's steps. What cannot be made is in the report; an error ends the location.
pub(super) async fn make(
    errand: &Errand<'_>,
    app: &MdmAppPlan,
    seen: &Seen,
    memory: &mut Memory,
    diary: &mut Diary<'_>,
) -> Result<(), String> {
    let (Some(id), Some(found)) = (&app.id, seen.apps.get(&app.asset)) else { return Ok(()) };
    if app.steps.is_empty() {
        return Ok(());
    }
    let (version, before) = present(errand.writer.reader(), id, found.app.platform).await?;
    let mut next = before.clone();
    let mut made = vec![];
    for step in &app.steps {
        match enact(step, &mut next, found.app.platform) {
            Ok(true) => made.push(step),
            Ok(false) => diary.step(app, step, StepOutcome::Already),
            Err(why) => diary.step(app, step, StepOutcome::Failed { failure: failed(&why) }),
        }
    }
    if made.is_empty() {
        return Ok(());
    }
    for step in made.iter().filter(|step| step.action == MdmAction::Uninstall) {
        let reclaim = begin(errand, step, seen, found).await?;
        let known = memory.app_mut(id);
        known.reclaims.retain(|other| other.target != reclaim.target);
        known.reclaims.push(reclaim);
    }
    // Written down before anything is sent.
    errand.save(memory).await?;
    let outcome = replace(errand, &found.app, version, &next, MdmAction::Change, memory).await;
    let nothing_done = outcome.as_ref().is_err_and(|fault| fault.nothing_done);
    for step in made {
        let outcome = match &outcome {
            Ok(()) => StepOutcome::Applied,
            Err(fault) => StepOutcome::Failed { failure: failed(&fault.why) },
        };
        let known = memory.app_mut(id);
        let goes = step.action == MdmAction::Uninstall;
        match (&outcome, goes) {
            (StepOutcome::Applied, false) => {
                let how = "it is wanted again, or was dropped";
                known.end(&step.target, errand.now(), how);
            }
            (StepOutcome::Failed { .. }, true) => {
                // Where it may have been taken after all, the next run looks.
                if nothing_done {
                    known.end(&step.target, errand.now(), "the server did not take it");
                }
            }
            (_, _) => {}
        }
        diary.step(app, step, outcome);
    }
    if errand.options.sync_devices {
        nudge(errand, id, memory, diary).await;
    }
    errand.save(memory).await
}

/// Why a set was not replaced.
pub(super) struct Fault {
    /// For people.
    pub(super) why: String,
    /// Whether it is certain that nothing was changed.
    nothing_done: bool,
}

impl From<String> for Fault {
    fn from(why: String) -> Self {
        Self { why, nothing_done: false }
    }
}

/// Makes one step in a set. False where it is so already.
fn enact(step: &MdmStep, next: &mut Vec<Assignment>, platform: Platform) -> Result<bool, String> {
    let side = |row: &Assignment| {
        let Row { word, license, .. } = row.row();
        MdmSide { intent: word, license }
    };
    let is_target = |row: &Assignment| row.target == step.target;
    let place = match &step.from {
        Some(from) => next.iter().position(|row| is_target(row) && side(row) == *from),
        None => None,
    };
    match (&step.from, &step.to, place) {
        (Some(_), Some(to), Some(place)) => {
            if let Some(row) = next.get_mut(place) {
                let to_devices = to.license.map(|license| license == LicenseKind::Device);
                *row = row.with(to.intent.clone(), to_devices);
            }
            Ok(true)
        }
        (Some(_), None, Some(place)) => {
            next.remove(place);
            Ok(true)
        }
        (Some(_), None, None) if !next.iter().any(is_target) => Ok(false),
        (Some(_), Some(to), None) if next.iter().any(|row| is_target(row) && side(row) == *to) => {
            Ok(false)
        }
        (None, Some(to), _) => {
            if let Some(row) = next.iter().find(|row| is_target(row)) {
                return if side(row) == *to { Ok(false) } else { Err(moved()) };
            }
            let to_devices = to.license != Some(LicenseKind::User);
            let target = step.target.clone();
            next.push(Assignment::new(target, to.intent.clone(), to_devices, platform));
            Ok(true)
        }
        (Some(_), _, None) => Err(moved()),
        (None, None, _) => Ok(false),
    }
}

/// What became of a set that an earlier run sent, or was about to send, by what is there now.
pub(super) fn outcome(body: &Value, now: &[Assignment]) -> Outcome {
    let sent: Option<Vec<Assignment>> =
        body.get("assignments").and_then(|sent| serde_json::from_value(sent.clone()).ok());
    let rows = |all: &[Assignment]| -> BTreeSet<Row> { all.iter().map(Assignment::row).collect() };
    match sent {
        Some(sent) if rows(&sent) == rows(now) => {
            Outcome::Settled { done: u64::try_from(sent.len()).unwrap_or(u64::MAX), failed: 0 }
        }
        Some(_) | None => Outcome::Overtaken {
            message: "the run ended before it was heard of, and the assignments are not what it \
                      sent: it was not taken, or somebody changed them since"
                .to_owned(),
        },
    }
}

fn moved() -> String {
    "somebody else has changed this assignment since the plan was made, so it was left alone; plan \
     again"
        .to_owned()
}

/// What is to be known of a group before it is told to uninstall.
async fn begin(
    errand: &Errand<'_>,
    step: &MdmStep,
    seen: &Seen,
    found: &SeenApp,
) -> Result<GroupReclaim, String> {
    let reader = errand.writer.reader();
    let report = reader.report(&found.app.id).await.map_err(told)?;
    let holders = reader.holders(&found.app.id, found.app.platform).await.map_err(told)?;
    let used = reader.app(&found.app.id).await.map_err(told)?.used;
    let devices = reached(seen, &step.target);
    let members = follow::members(&devices, &seen.devices, &report, holders.as_deref()).collect();
    let was = step.from.as_ref();
    Ok(GroupReclaim {
        target: step.target.clone(),
        was: Row {
            target: step.target.clone(),
            word: was.map_or(Word::Required, |was| was.intent.clone()),
            license: was.and_then(|was| was.license),
        },
        phase: Phase::Intended,
        begun: errand.now(),
        changed_at: None,
        used_before: used,
        held_before: holders.map(|holders| holders.into_iter().collect()),
        members,
        synced_at: None,
    })
}

/// Sends a set and reads it back.
///
/// # Errors
/// What went wrong, for people. Where the answer was lost, reading has told what became of it.
pub(super) async fn replace(
    errand: &Errand<'_>,
    app: &App,
    version: Version,
    next: &[Assignment],
    action: MdmAction,
    memory: &mut Memory,
) -> Result<(), Fault> {
    let (keeper, writer) = (errand.keeper, errand.writer);
    let rows = |all: &[Assignment]| -> BTreeSet<Row> { all.iter().map(Assignment::row).collect() };
    let wanted = rows(next);
    let body = json!({
        "app": app.id,
        "action": action,
        "version": version.as_str(),
        "assignments": next.iter().map(Assignment::to_json).collect::<Vec<_>>(),
    });
    let count = u64::try_from(next.len()).unwrap_or(u64::MAX);
    let intent = Uuid::new_v4();
    keeper.intend(intent, count, body, errand.now()).await?;
    let answer = writer.assign(version, &app.id, next).await;
    let settled = |done: bool| Outcome::Settled {
        done: if done { count } else { 0 },
        failed: if done { 0 } else { count },
    };
    let refused = match &answer {
        // Where it may have been done, what is there tells.
        Ok(_) | Err(crate::graph::GraphError::Unknown { .. }) => None,
        Err(error) => Some(error.to_string()),
    };
    if let Some(message) = refused {
        let outcome = Outcome::Refused { number: None, message: message.clone() };
        keeper.settle(intent, outcome, errand.now()).await?;
        return Err(Fault { why: message, nothing_done: true });
    }
    let (_, now) = present(writer.reader(), &app.id, app.platform).await?;
    let is = rows(&now);
    let done = is == wanted;
    keeper.settle(intent, settled(done), errand.now()).await?;
    let at = errand.now();
    let known = memory.app_mut(&app.id);
    if done {
        let changed_at = answer.ok().flatten().unwrap_or(at);
        known.left = is.into_iter().collect();
        known.left_at = Some(at);
        for reclaim in &mut known.reclaims {
            if reclaim.phase == Phase::Intended {
                reclaim.changed_at = Some(changed_at);
                reclaim.phase = Phase::Uninstalling;
            }
        }
        return Ok(());
    }
    Err(Fault::from(match answer {
        Ok(_) => {
            "what is read back is not what was sent: somebody else wrote at the same time; plan \
                  again"
                .to_owned()
        }
        Err(error) => error.to_string(),
    }))
}

/// Asks the devices of groups that just went out to check in. What fails only takes longer.
async fn nudge(errand: &Errand<'_>, app: &str, memory: &Memory, diary: &mut Diary<'_>) {
    let reclaims = memory.app(app).into_iter().flat_map(|known| &known.reclaims);
    let waiting = reclaims.filter(|reclaim| reclaim.synced_at.is_none());
    let devices: BTreeSet<&String> = waiting.flat_map(|reclaim| reclaim.members.keys()).collect();
    for device in devices {
        if let Err(error) = errand.writer.sync_device(device).await {
            diary.report.not_nudged = Some(error.to_string());
            return;
        }
    }
}
