//! Wanted against present assignments, app by app: the set that would replace the present one.

use std::collections::{BTreeMap, BTreeSet};

use super::wanted::{self, Wanted};
use super::{
    MdmAction, MdmAppPlan, MdmKept, MdmLocationPlan, MdmMoved, MdmReclaim, MdmSide, MdmStep,
    MdmToken, Served, disagree,
};
use crate::intune::follow::{self, Count};
use crate::intune::{
    AppMemory, Assignment, Holder, MemberState, Phase, Row, Seen, SeenApp, Target, Word,
};
use crate::license::Roster;
use crate::manifest::Manifests;
use crate::manifest::kind::{AssetManifest, LicenseKind, LicenseOwner, Location, ReclaimMode};
use crate::plan::numbers::count;
use crate::plan::{Cause, CauseKind};

/// So many devices are named as examples.
const EXAMPLES: usize = 5;

/// Every location whose server owns the token, in the order of the manifests.
pub(in crate::plan) fn locations(
    manifests: &Manifests,
    served: &[Served],
    roster: &Roster,
) -> Vec<MdmLocationPlan> {
    let locations = manifests.locations.iter();
    locations
        .filter(|location| location.licenses == LicenseOwner::Mdm)
        .map(|location| {
            let name = &location.name.value;
            match served.iter().find(|one| one.location == *name) {
                Some(served) => one(manifests, location, served, roster),
                None => empty(location, Some("it was not read in this run".to_owned())),
            }
        })
        .collect()
}

fn empty(location: &Location, failed: Option<String>) -> MdmLocationPlan {
    MdmLocationPlan {
        name: location.name.value.clone(),
        description: location.description.clone(),
        mdm: location.mdm.as_ref().map(|mdm| mdm.value.clone()).unwrap_or_default(),
        failed,
        token: None,
        read_at: None,
        read_requests: 0,
        apps: vec![],
        unmanaged: 0,
        apple_failed: None,
    }
}

fn one(
    manifests: &Manifests,
    location: &Location,
    served: &Served,
    roster: &Roster,
) -> MdmLocationPlan {
    let seen = match &served.seen {
        Ok(seen) => seen,
        Err(why) => return empty(location, Some(why.clone())),
    };
    let here = |asset: &&AssetManifest| {
        asset.locations.iter().any(|name| name.value == location.name.value)
    };
    let apps = manifests.assets.iter().filter(here).map(|asset| {
        let mut plan = match seen.apps.get(&asset.asset.value) {
            Some(found) => {
                let known = served.memory.app(&found.app.id);
                Comparison { manifests, location, asset, seen, found, known }.plan()
            }
            None => absent(asset),
        };
        if let Some(Ok(actual)) = &served.apple {
            plan.disagreement = disagree::of(seen, actual, roster, asset.asset.value, &plan);
        }
        plan
    });
    let token = &seen.token;
    MdmLocationPlan {
        token: Some(MdmToken {
            id: token.id.clone(),
            organization: token.organization.clone(),
            apple_id: token.apple_id.clone(),
            account_type: token.account_type.clone(),
            expires: token.expires,
            state: token.state.as_str().to_owned(),
            help: token.state.what_to_do().map(str::to_owned),
            last_sync: token.last_sync,
            last_sync_status: token.last_sync_status.clone(),
        }),
        read_at: Some(seen.read_at),
        read_requests: seen.requests,
        apps: apps.collect(),
        unmanaged: seen.unmanaged,
        apple_failed: served.apple.as_ref().and_then(|read| read.as_ref().err().cloned()),
        ..empty(location, None)
    }
}

fn absent(asset: &AssetManifest) -> MdmAppPlan {
    MdmAppPlan {
        asset: asset.asset.value,
        name: asset.name.value.clone(),
        bundle_id: asset.bundle_id.as_ref().map(|id| id.value.clone()),
        id: None,
        version: None,
        total: 0,
        used: 0,
        needed: 0,
        unchanged: 0,
        steps: vec![],
        kept: vec![],
        reclaims: vec![],
        moved: vec![],
        disagreement: None,
    }
}

struct Comparison<'a> {
    manifests: &'a Manifests,
    location: &'a Location,
    asset: &'a AssetManifest,
    seen: &'a Seen,
    found: &'a SeenApp,
    known: Option<&'a AppMemory>,
}

impl Comparison<'_> {
    fn plan(&self) -> MdmAppPlan {
        let wanted = wanted::of(self.manifests, self.asset, &self.found.app);
        let mut plan = MdmAppPlan {
            id: Some(self.found.app.id.clone()),
            version: Some(self.found.version.as_str().to_owned()),
            total: self.found.app.total,
            used: self.found.app.used,
            ..absent(self.asset)
        };
        let mut met = BTreeSet::new();
        for present in &self.found.assignments {
            let first = met.insert(present.target.clone());
            match wanted.get(&present.target) {
                Some(wanted) if first => self.named(&mut plan, present, wanted),
                // Graph takes one group in several intents; the manifests ask for one.
                Some(wanted) => plan.steps.push(self.step(
                    MdmAction::Drop,
                    present.target.clone(),
                    Some(present),
                    None,
                    (Some(&wanted.group), wanted.cause.clone()),
                )),
                None => self.unnamed(&mut plan, present),
            }
        }
        for (target, wanted) in &wanted {
            if !met.contains(target) {
                let to = Some(side_of(wanted));
                let why = (Some(wanted.group.as_str()), wanted.cause.clone());
                plan.steps.push(self.step(MdmAction::Add, target.clone(), None, to, why));
            }
        }
        plan.steps.sort_by(|a, b| (a.action, &a.target).cmp(&(b.action, &b.target)));
        plan.needed = self.needed(&plan.steps);
        plan.reclaims = self.reclaims(&wanted);
        plan.moved = self.moved();
        plan
    }

    fn named(&self, plan: &mut MdmAppPlan, present: &Assignment, wanted: &Wanted) {
        let from = side(present);
        let mut to = side_of(wanted);
        // Declarative settings do not say whom licenses go to, and are left alone.
        if from.license.is_none() || wanted.to_devices.is_none() {
            to.license = from.license;
        }
        if from == to {
            plan.unchanged += 1;
            return;
        }
        let goes = to.intent == Word::Uninstall && from.intent != Word::Uninstall;
        let action = if goes { MdmAction::Uninstall } else { MdmAction::Change };
        let why = (Some(wanted.group.as_str()), wanted.cause.clone());
        plan.steps.push(self.step(action, present.target.clone(), Some(present), Some(to), why));
    }

    /// An assignment that no entry names.
    fn unnamed(&self, plan: &mut MdmAppPlan, present: &Assignment) {
        let mode = self.asset.reclaim.as_ref().or(self.location.reclaim.as_ref());
        let mode = mode.map_or(ReclaimMode::Keep, |mode| mode.value);
        let cause = Cause {
            file: self.manifests.sources.path(self.asset.assign_span).to_string(),
            line: self.asset.assign_span.line,
            kind: CauseKind::Unnamed { reclaim: mode },
        };
        let step = |action, to| {
            self.step(action, present.target.clone(), Some(present), to, (None, cause.clone()))
        };
        let under_way = self.known.and_then(|known| known.reclaim(&present.target));
        let keep = |why: &str| MdmKept {
            target: present.target.clone(),
            title: self.title(&present.target),
            side: side(present),
            devices: count(self.reached(&present.target).len()),
            why: why.to_owned(),
            keeps: present.unmodelled(),
        };
        match (&present.word, &present.target, mode) {
            (_, Target::Other(_), _) | (Word::Other(_), _, _) => {
                plan.kept.push(keep("this version does not know what it means"));
            }
            (_, Target::Exclude(..), ReclaimMode::Uninstall) => {
                plan.steps.push(step(MdmAction::Drop, None));
            }
            (Word::Uninstall, _, _) => match under_way.map(|reclaim| reclaim.phase) {
                Some(Phase::Proven) => plan.steps.push(step(MdmAction::Drop, None)),
                Some(Phase::Intended | Phase::Uninstalling | Phase::Counting) => {
                    plan.kept.push(keep("it is on its way out: devices remove the app"));
                }
                None => plan.kept.push(keep("nobody here began this uninstall")),
            },
            (_, _, ReclaimMode::Uninstall) => {
                let to = MdmSide { intent: Word::Uninstall, ..side(present) };
                plan.steps.push(step(MdmAction::Uninstall, Some(to)));
            }
            (_, _, ReclaimMode::Keep | ReclaimMode::Release) => {
                plan.kept.push(keep("no entry names it, reclaim: keep"));
            }
        }
    }

    fn step(
        &self,
        action: MdmAction,
        target: Target,
        present: Option<&Assignment>,
        to: Option<MdmSide>,
        (group, cause): (Option<&str>, Cause),
    ) -> MdmStep {
        let reached = self.reached(&target);
        let licenses = match self.found.holders.as_deref() {
            Some(holders) => self.holding(holders, &reached),
            None => reached.len(),
        };
        MdmStep {
            action,
            group: group.map(str::to_owned),
            title: self.title(&target),
            from: present.map(side),
            to,
            devices: count(reached.len()),
            licenses: count(licenses),
            cause,
            keeps: present.map(Assignment::unmodelled).unwrap_or_default(),
            target,
        }
    }

    fn title(&self, target: &Target) -> Option<String> {
        self.seen.groups.get(target.group()?)?.title.clone()
    }

    fn reached(&self, target: &Target) -> BTreeSet<String> {
        reached(self.seen, target)
    }

    /// How many licenses are held by these devices, or by people with one of them.
    fn holding(&self, holders: &[Holder], devices: &BTreeSet<String>) -> usize {
        let holds = |holder: &&Holder| match holder {
            Holder::Device(id) => devices.contains(id),
            Holder::User(user) => {
                self.seen.devices.of_user(user).iter().any(|id| devices.contains(id))
            }
        };
        holders.iter().filter(holds).count()
    }

    /// Licenses that newly required devices, or their people, need and do not hold.
    fn needed(&self, steps: &[MdmStep]) -> u64 {
        let mut wanting: BTreeSet<Holder> = BTreeSet::new();
        let required = steps.iter().filter_map(|step| {
            let to = step.to.as_ref()?;
            let is_new = step.from.as_ref().is_none_or(|from| from.intent != Word::Required);
            (to.intent == Word::Required && is_new).then_some((step, to.license))
        });
        for (step, license) in required {
            for id in self.reached(&step.target) {
                let user = self.seen.devices.get(&id).and_then(|device| device.user_id.clone());
                match (license, user) {
                    (Some(LicenseKind::User), Some(user)) => wanting.insert(Holder::User(user)),
                    (Some(LicenseKind::User), None) => false,
                    (Some(LicenseKind::Device) | None, _) => wanting.insert(Holder::Device(id)),
                };
            }
        }
        for holder in self.found.holders.iter().flatten() {
            wanting.remove(holder);
        }
        count(wanting.len())
    }

    /// Groups on their way out, moved on by what the report says now.
    fn reclaims(&self, wanted: &BTreeMap<Target, Wanted>) -> Vec<MdmReclaim> {
        let reclaims = self.known.into_iter().flat_map(|known| &known.reclaims);
        reclaims
            .map(|reclaim| {
                let mut now = reclaim.clone();
                let reached = self.reached(&reclaim.target);
                if let Some(report) = &self.found.report {
                    follow::look(&mut now, &reached, &self.seen.devices, report);
                }
                let [gone, waiting, blocked, left] = now.counts();
                let counted =
                    Count { used: self.found.app.used, holders: self.found.holders.as_deref() };
                let missing = match now.phase {
                    Phase::Intended => Some("the server may not have been told yet".to_owned()),
                    Phase::Uninstalling => Some(format!("{} are not done", waiting + blocked)),
                    Phase::Counting => follow::came_back(&now, &self.seen.devices, counted).err(),
                    Phase::Proven => None,
                };
                let mut examples: Vec<(u8, String)> = vec![];
                for (id, member) in &now.members {
                    let (rank, why) = match &member.state {
                        MemberState::Blocked { why } => (0, why),
                        MemberState::Waiting { why } => (1, why),
                        MemberState::Left { why } => (2, why),
                        MemberState::Gone { .. } => continue,
                    };
                    let name = member.serial.as_deref().unwrap_or(id);
                    examples.push((rank, format!("{name}: {why}")));
                }
                examples.sort();
                MdmReclaim {
                    target: now.target.clone(),
                    title: self.title(&now.target),
                    phase: now.phase,
                    begun: now.begun,
                    devices: count(now.members.len()),
                    gone,
                    waiting,
                    blocked,
                    left,
                    stays: wanted
                        .get(&now.target)
                        .is_some_and(|wanted| wanted.word == Word::Uninstall),
                    missing,
                    examples: examples.into_iter().take(EXAMPLES).map(|(_, text)| text).collect(),
                }
            })
            .collect()
    }

    /// What differs from what the last run left.
    fn moved(&self) -> Vec<MdmMoved> {
        let Some(known) = self.known.filter(|known| known.left_at.is_some()) else { return vec![] };
        let rows = |rows: Vec<Row>| -> BTreeMap<Target, MdmSide> {
            let sides = rows
                .into_iter()
                .map(|row| (row.target, MdmSide { intent: row.word, license: row.license }));
            sides.collect()
        };
        let was = rows(known.left.clone());
        let is = rows(self.found.assignments.iter().map(Assignment::row).collect());
        let targets: BTreeSet<&Target> = was.keys().chain(is.keys()).collect();
        targets
            .into_iter()
            .filter(|target| was.get(target) != is.get(target))
            .map(|target| MdmMoved {
                target: target.clone(),
                title: self.title(target),
                was: was.get(target).cloned(),
                is: is.get(target).cloned(),
            })
            .collect()
    }
}

/// The devices an assignment reaches.
pub(crate) fn reached(seen: &Seen, target: &Target) -> BTreeSet<String> {
    match target {
        Target::Group(id) | Target::Exclude(id, _) => {
            let group = seen.groups.get(id);
            group.map(|group| group.managed(&seen.devices)).unwrap_or_default()
        }
        Target::AllDevices => seen.devices.ids().map(str::to_owned).collect(),
        Target::AllUsers => {
            let theirs = seen.devices.ids().filter(|id| {
                let user = seen.devices.get(id).and_then(|device| device.user_id.as_deref());
                user.is_some_and(|user| !user.is_empty())
            });
            theirs.map(str::to_owned).collect()
        }
        Target::Other(_) => BTreeSet::new(),
    }
}

fn side(assignment: &Assignment) -> MdmSide {
    let Row { word, license, .. } = assignment.row();
    MdmSide { intent: word, license }
}

fn side_of(wanted: &Wanted) -> MdmSide {
    let license = wanted
        .to_devices
        .map(|to_devices| if to_devices { LicenseKind::Device } else { LicenseKind::User });
    MdmSide { intent: wanted.word.clone(), license }
}
