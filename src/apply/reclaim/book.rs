//! The open reclaims of one location: as the store has them, and what the plan makes of them.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::devices::{Fleet, Hand};
use crate::apply::journal::Journal;
use crate::apply::readback;
use crate::apply::run::{Halt, Run};
use crate::apply::work::{Pairs, Reason, Work};
use crate::license::{Asset, Holder, HolderId};
use crate::plan::Action;
use crate::reclaim::{Act, Phase, Reclaim, Rules, Seen, advance};
use crate::store::{Intent, IntentKind, Outcome, ReclaimRow};

/// Rows that are written at once.
const ROWS: usize = 5000;

/// The reclaims of one location while a run goes on.
pub(in crate::apply) struct Book {
    pub(super) hand: Option<Hand>,
    pub(super) rules: Rules,
    pub(super) pages: Vec<Page>,
    /// Why the server cannot be asked, or devices cannot.
    pub(super) trouble: Option<String>,
    /// Whether a device or the server had something to say in this run.
    pub(super) stirred: bool,
}

/// One reclaim, what is to be done for it, and whether the store has it so.
pub(super) struct Page {
    pub(super) reclaim: Reclaim,
    pub(super) acts: Vec<Act>,
    changed: bool,
}

impl Page {
    /// Takes in what is seen. True where that changed something.
    pub(super) fn see(&mut self, seen: &[Seen], now: Timestamp, rules: &Rules) -> bool {
        let before = self.reclaim.clone();
        let taken = std::mem::replace(&mut self.reclaim, before);
        let (reclaim, acts) = advance(taken, seen, now, rules);
        let before = std::mem::replace(&mut self.reclaim, reclaim);
        self.acts = acts;
        let changed = self.reclaim != before && !differ_in_contact(&self.reclaim, before);
        self.changed |= changed;
        changed
    }
}

/// Whether nothing is new but when servers last heard of devices: that alone is not worth a row, and
/// comes anew with every run.
fn differ_in_contact(now: &Reclaim, mut before: Reclaim) -> bool {
    if before.targets.len() != now.targets.len() {
        return false;
    }
    for (before, now) in before.targets.iter_mut().zip(&now.targets) {
        if let (Some(before), Some(now)) = (&mut before.device, &now.device) {
            before.last_seen = now.last_seen;
        }
    }
    before == *now
}

impl Book {
    /// Opens the book: what is kept is continued, what the plan takes back is begun, and what it
    /// does not take back any more is cancelled, or is through where Apple shows it gone.
    ///
    /// # Errors
    /// Where the store or Apple cannot be read, or the store cannot be written.
    pub(in crate::apply) async fn open(
        run: &Run<'_>,
        work: &mut Work<'_>,
        hand: Option<&Hand>,
    ) -> Result<Self, Halt> {
        let rules = hand.map(Hand::rules).unwrap_or_default();
        let mut book =
            Self { hand: hand.cloned(), rules, pages: vec![], trouble: None, stirred: false };
        let rows = run.journal.open_reclaims().await.map_err(|error| stopped(&error))?;
        let now = run.journal.now();
        let mut kept: HashMap<(Asset, Holder), Reclaim> = rows
            .into_iter()
            .filter_map(|row| {
                let reclaim = Reclaim::of_row(&row)?;
                Some(((row.asset, row.holder), reclaim))
            })
            .collect();
        for item in &work.items {
            if item.change.action != Action::Uninstall {
                continue;
            }
            for id in item.open.iter() {
                let Some(holder) = work.roster.to_holder(id) else { continue };
                let asset = item.change.asset;
                let known = kept.remove(&(asset, holder.clone()));
                let fresh = known.is_none();
                let mut reclaim = match known {
                    Some(reclaim) => reclaim,
                    // Without a server there is nothing to begin with.
                    None if book.hand.is_none() => continue,
                    None => {
                        let (change, run) = (item.change, run.journal.run());
                        let bundle_id = change.bundle_id.as_deref();
                        Reclaim::begin(run, asset, &change.name, bundle_id, holder, now, &rules)
                    }
                };
                let mut changed = fresh;
                if item.change.bundle_id.is_some() && reclaim.bundle_id != item.change.bundle_id {
                    reclaim.bundle_id.clone_from(&item.change.bundle_id);
                    changed = true;
                }
                // The plan read Apple: whatever was released before is held all the same.
                let seen = if reclaim.released.is_some() { vec![Seen::Held(true)] } else { vec![] };
                let mut page = Page { reclaim, acts: vec![], changed };
                page.see(&seen, now, &rules);
                book.pages.push(page);
            }
        }
        book.leave(run, work, kept.into_values().collect(), now).await?;
        book.ask_devices(run).await?;
        book.keep(&run.journal).await?;
        Ok(book)
    }

    /// Closes what the plan does not take back any more.
    async fn leave(
        &mut self,
        run: &Run<'_>,
        work: &mut Work<'_>,
        left: Vec<Reclaim>,
        now: Timestamp,
    ) -> Result<(), Halt> {
        if left.is_empty() {
            return Ok(());
        }
        let mut pairs = Pairs::new();
        for reclaim in &left {
            let id = work.roster.number(reclaim.holder.as_ref());
            let id = id.map_err(|full| stopped_by(full.to_string()))?;
            pairs.entry(reclaim.asset).or_default().insert(id);
        }
        let held = readback::held(run.reader(), &mut work.roster, &pairs).await;
        let held = held.map_err(|error| stopped_by(error.to_string()))?;
        for reclaim in left {
            let id = work.roster.find(reclaim.holder.as_ref());
            let holds = id.is_some_and(|id| {
                held.get(&reclaim.asset).is_some_and(|holders| holders.contains(id))
            });
            let seen = if holds {
                let why = "the manifests do not take it back any more".to_owned();
                vec![Seen::Held(true), Seen::Unwanted { why }]
            } else {
                vec![Seen::Held(false)]
            };
            let mut page = Page { reclaim, acts: vec![], changed: true };
            page.see(&seen, now, &self.rules);
            self.pages.push(page);
        }
        Ok(())
    }

    /// Looks every device up, and takes note of commands that a run which was killed wrote down.
    async fn ask_devices(&mut self, run: &Run<'_>) -> Result<(), Halt> {
        if self.pages.iter().all(|page| !page.reclaim.is_open()) {
            return Ok(());
        }
        let mdm = match self.hand.as_ref().map(|hand| &hand.mdm) {
            Some(Ok(mdm)) => mdm.clone(),
            Some(Err(why)) => {
                self.trouble = Some(why.clone());
                return Ok(());
            }
            None => return Ok(()),
        };
        let fleet = match Fleet::of_run(run, mdm.as_ref()).await {
            Ok(fleet) => fleet,
            Err(why) => {
                self.trouble = Some(why);
                return Ok(());
            }
        };
        let (now, rules) = (run.journal.now(), self.rules);
        for page in self.pages.iter_mut().filter(|page| page.reclaim.is_open()) {
            let seen = fleet.of_reclaim(&page.reclaim);
            page.see(&[seen], now, &rules);
        }
        let left = run.journal.open().await.map_err(|error| stopped_by(error.to_string()))?;
        self.settle_left(run, left, mdm.capabilities().refuses_repeats).await;
        Ok(())
    }

    /// Commands without an outcome are of a run that was killed around sending them. A server that
    /// refuses repeats is sent them again under the same id; elsewhere they count as sent.
    async fn settle_left(&mut self, run: &Run<'_>, left: Vec<Intent>, refuses_repeats: bool) {
        let commands: HashMap<Uuid, Timestamp> = left
            .into_iter()
            .filter(|intent| is_command(intent.kind))
            .map(|intent| (intent.id, intent.at))
            .collect();
        if commands.is_empty() {
            return;
        }
        let (now, rules) = (run.journal.now(), self.rules);
        let mut again = BTreeSet::new();
        for page in &mut self.pages {
            let seen: Vec<Seen> = page
                .acts
                .iter()
                .filter_map(|act| match act {
                    Act::Send(command) => Some((command.id, *commands.get(&command.id)?)),
                    Act::Ask(_) | Act::Release => None,
                })
                .map(|(id, at)| {
                    again.insert(id);
                    Seen::Intended { id, at }
                })
                .collect();
            if !refuses_repeats && !seen.is_empty() {
                page.see(&seen, now, &rules);
            }
        }
        let message = "the run that wrote it was killed; the reclaim goes on".to_owned();
        let ended: Vec<(Uuid, Outcome)> = commands
            .into_keys()
            .filter(|id| !(refuses_repeats && again.contains(id)))
            .map(|id| (id, Outcome::Overtaken { message: message.clone() }))
            .collect();
        run.journal.settle(&ended).await;
    }

    /// Writes what changed into the store. What is through is not looked at again.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) async fn keep(&mut self, journal: &Journal<'_>) -> Result<(), Halt> {
        self.write(journal).await?;
        self.pages.retain(|page| page.reclaim.is_open());
        Ok(())
    }

    /// Writes what changed into the store.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) async fn write(&mut self, journal: &Journal<'_>) -> Result<(), Halt> {
        let (uid, rules) = (journal.location(), self.rules);
        let mut changed = self.pages.iter_mut().filter(|page| page.changed);
        loop {
            let rows: Vec<ReclaimRow> = changed
                .by_ref()
                .take(ROWS)
                .map(|page| {
                    page.changed = false;
                    row(uid, &page.reclaim, &rules)
                })
                .collect();
            if rows.is_empty() {
                break;
            }
            journal.put_reclaims(&rows).await.map_err(|error| stopped(&error))?;
        }
        Ok(())
    }

    /// Whether any reclaim is not through.
    pub(in crate::apply) fn is_under_way(&self) -> bool {
        self.pages.iter().any(|page| page.reclaim.is_open())
    }

    /// The pairs whose app is proven gone.
    pub(super) fn proven(&self, work: &Work<'_>) -> Pairs {
        let mut pairs = Pairs::new();
        for page in self.pages.iter().filter(|page| page.acts.contains(&Act::Release)) {
            if let Some(id) = Self::id(work, &page.reclaim) {
                pairs.entry(page.reclaim.asset).or_default().insert(id);
            }
        }
        pairs
    }

    pub(super) fn id(work: &Work<'_>, reclaim: &Reclaim) -> Option<HolderId> {
        work.roster.find(reclaim.holder.as_ref())
    }

    /// Where each open reclaim is and what it waits for.
    pub(super) fn standing(&self) -> impl Iterator<Item = (&Reclaim, Phase, String)> {
        self.pages.iter().map(|page| {
            let phase = page.reclaim.phase(&self.rules);
            let under_way = match phase {
                Phase::Wanted | Phase::UninstallSent | Phase::Acknowledged => true,
                Phase::Unknown
                | Phase::ProvenAbsent
                | Phase::Disassociated
                | Phase::Verified
                | Phase::Blocked
                | Phase::Cancelled
                | Phase::Gone => false,
            };
            let why = match &self.trouble {
                Some(trouble) if under_way => trouble.clone(),
                Some(_) | None => page.reclaim.waits_for(&self.rules),
            };
            (&page.reclaim, phase, why)
        })
    }
}

fn row(uid: &str, reclaim: &Reclaim, rules: &Rules) -> ReclaimRow {
    ReclaimRow {
        location: uid.to_owned(),
        asset: reclaim.asset,
        holder: reclaim.holder.clone(),
        phase: reclaim.phase(rules).word().to_owned(),
        open: reclaim.is_open(),
        since: reclaim.since,
        moved: reclaim.moved,
        // Texts, numbers and lists of them can always be written.
        body: serde_json::to_string(reclaim).unwrap_or_default(),
    }
}

/// Whether it is a device's command of a reclaim.
fn is_command(kind: IntentKind) -> bool {
    matches!(kind, IntentKind::RemoveApp | IntentKind::ListApps)
}

pub(super) fn stopped(error: &crate::store::StoreError) -> Halt {
    stopped_by(error.to_string())
}

pub(super) fn stopped_by(message: String) -> Halt {
    Halt::Stopped(Reason { number: None, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::PricingParam;
    use crate::mdm::{Device, Enrolment, Platform};
    use crate::reclaim::Step;
    use crate::store::RunId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn that_a_server_heard_of_a_device_again_is_not_worth_a_row() {
        let (now, rules) = (at("2026-11-20T09:00:00Z"), Rules::default());
        let asset =
            Asset { adam_id: "11".parse().unwrap(), pricing_param: PricingParam::default() };
        let holder = Holder::Device("D1".parse().unwrap());
        let bundle_id = Some("com.example.notes");
        let run = RunId(Uuid::from_u128(1));
        let mut reclaim = Reclaim::begin(run, asset, "notes", bundle_id, holder, now, &rules);
        reclaim.targets[0].step =
            Step::Sent { at: now, reference: None, unsure: None, not_now: None };
        let mut page = Page { reclaim, acts: vec![], changed: false };
        let mut sees = |seen: &str, reference: &str| {
            let device = Device {
                serial: "D1".parse().unwrap(),
                reference: reference.to_owned(),
                platform: Platform::Ios,
                enrolment: Enrolment::Device,
                user: None,
                last_seen: Some(at(seen)),
                enrolled_at: None,
            };
            let devices = Seen::Devices { devices: vec![device], all: true };
            page.see(&[devices], at("2026-11-20T10:00:00Z"), &rules)
        };
        assert!(sees("2026-11-20T09:30:00Z", "udid-1"), "it is met for the first time");
        assert!(!sees("2026-11-20T09:40:00Z", "udid-1"));
        assert!(sees("2026-11-20T09:50:00Z", "udid-2"), "it enrolled anew");
    }
}
