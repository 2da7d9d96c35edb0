//! Settles what an earlier run left open, by reading, before anything is planned.
//!
//! A run that was killed leaves intents without an outcome. Where Apple gave an event id the event
//! is followed to its end; then the pairs are read, and what they show is the outcome. A request
//! whose reply was lost may still be carried out for a while, and Apple says nothing of the order
//! of events: until it is old enough, nothing is sent that wants the opposite of the same pairs.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::journal::{Journal, Licenses, Memory, People};
use super::readback;
use super::work::{Pairs, Reason, Work, as_wanted, both, count};
use crate::apple::{EventId, EventState, Writer};
use crate::license::{Holder, HolderSet, Roster};
use crate::plan::Action;
use crate::store::{Intent, IntentKind, Outcome, RunId};

/// How long a request whose reply was lost may still be carried out.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// A request of an earlier run that may still be carried out.
#[derive(Debug, Clone)]
pub struct Waiting {
    action: Action,
    licenses: Licenses,
    /// What is waited for.
    why: String,
}

/// What came of looking at what was left open.
#[derive(Debug, Default)]
pub struct Resumed {
    /// How many requests were settled by reading.
    pub settled: usize,
    /// The runs these were of.
    pub runs: Vec<RunId>,
    /// What may still be carried out.
    pub waiting: Vec<Waiting>,
}

/// A request of an earlier run.
struct Left {
    id: Uuid,
    action: Action,
    licenses: Licenses,
    pairs: Pairs,
    /// Why nobody can say yet what becomes of what reads back as not done.
    open: Option<String>,
}

/// Settles what earlier runs left open in a location, given Apple's id of it.
///
/// # Errors
/// Why it could not be settled: the store or Apple could not be read.
pub async fn resume(
    writer: &Writer,
    memory: Memory<'_>,
    location: &str,
) -> Result<Resumed, String> {
    let journal = Journal::new(memory, location);
    let open = journal.open().await.map_err(|error| error.to_string())?;
    let mut roster = Roster::new();
    let (mut resumed, mut left, mut ended) = (Resumed::default(), vec![], vec![]);
    for intent in open {
        if !resumed.runs.contains(&intent.run) && is_apples(intent.kind) {
            resumed.runs.push(intent.run);
        }
        match intent.kind {
            IntentKind::Associate => {
                left.push(look(writer, &journal, &mut roster, intent, Action::Assign).await?);
            }
            IntentKind::Disassociate => {
                left.push(look(writer, &journal, &mut roster, intent, Action::Release).await?);
            }
            IntentKind::Claim => {
                let owner = writer.reader().client_config().await.map_err(|e| e.to_string())?.owner;
                let wanted = intent.body.pointer("/mdmInfo/id").and_then(|id| id.as_str());
                let done = owner.is_some_and(|owner| Some(owner.id.as_str()) == wanted);
                ended.push((intent.id, read(u64::from(done), u64::from(!done))));
            }
            IntentKind::CreateUsers | IntentKind::UpdateUsers | IntentKind::RetireUsers => {
                ended.extend(people(writer, &journal, &intent).await?);
            }
            // Seats are planned anew from what Apple shows.
            IntentKind::Subscription => {
                if follow(writer, &journal, &intent).await?.is_none() {
                    let message = "the run ended before it was heard of".to_owned();
                    ended.push((intent.id, Outcome::Overtaken { message }));
                }
            }
            // Devices and their servers are asked by those who command them.
            IntentKind::RemoveApp
            | IntentKind::ListApps
            | IntentKind::InstallApp
            | IntentKind::MdmAssignment => {}
        }
    }
    let mut asked = Pairs::new();
    for (asset, holders) in left.iter().flat_map(|one| &one.pairs) {
        *asked.entry(*asset).or_default() |= holders;
    }
    let held = if asked.is_empty() {
        Pairs::new()
    } else {
        let held = readback::held(writer.reader(), &mut roster, &asked).await;
        held.map_err(|error| error.to_string())?
    };
    for Left { id, action, licenses, pairs, open } in left {
        let done = count(&as_wanted(action, &pairs, &both(&pairs, &held)));
        let missing = count(&pairs).saturating_sub(done);
        match open {
            Some(why) if missing > 0 => resumed.waiting.push(Waiting { action, licenses, why }),
            Some(_) | None => ended.push((id, read(done, missing))),
        }
    }
    resumed.settled = ended.len();
    journal.settle(&ended).await;
    journal.trouble().map_or(Ok(resumed), Err)
}

fn is_apples(kind: IntentKind) -> bool {
    match kind {
        IntentKind::Claim
        | IntentKind::CreateUsers
        | IntentKind::UpdateUsers
        | IntentKind::RetireUsers
        | IntentKind::Associate
        | IntentKind::Disassociate
        | IntentKind::Subscription => true,
        IntentKind::RemoveApp
        | IntentKind::ListApps
        | IntentKind::InstallApp
        | IntentKind::MdmAssignment => false,
    }
}

fn read(done: u64, failed: u64) -> Outcome {
    Outcome::Settled { done, failed }
}

/// Follows a request's event, if it has one, and says which pairs to read.
async fn look(
    writer: &Writer,
    journal: &Journal<'_>,
    roster: &mut Roster,
    intent: Intent,
    action: Action,
) -> Result<Left, String> {
    let open = follow(writer, journal, &intent).await?;
    let licenses: Licenses = serde_json::from_value(intent.body)
        .map_err(|error| format!("an entry of the journal cannot be read: {error}"))?;
    let devices = licenses.serial_numbers.iter().cloned().map(Holder::Device);
    let users = licenses.client_user_ids.iter().cloned().map(Holder::User);
    let holders: HolderSet = devices
        .chain(users)
        .map(|holder| roster.number(holder.as_ref()))
        .collect::<Result<_, _>>()
        .map_err(|full| full.to_string())?;
    let pairs = licenses.assets.iter().map(|&asset| (asset, holders.clone())).collect();
    Ok(Left { id: intent.id, action, licenses, pairs, open })
}

/// Why it cannot be said yet what becomes of a request; `None` once reading tells.
async fn follow(
    writer: &Writer,
    journal: &Journal<'_>,
    intent: &Intent,
) -> Result<Option<String>, String> {
    if let Some(event) = intent.reference.as_deref().and_then(EventId::new) {
        let status = writer.settle(&event).await.map_err(|error| error.to_string())?;
        return Ok((status.state == EventState::Pending).then(|| {
            format!("Apple is still working on event {event} of an earlier run; run apply again")
        }));
    }
    let certain = intent.at.saturating_add(LATE).unwrap_or(Timestamp::MAX);
    Ok((journal.now() < certain).then(|| {
        format!(
            "an earlier run asked Apple for the opposite at {:.0}, and whether that arrived is \
             not known; run apply again after {certain:.0}",
            intent.at
        )
    }))
}

/// What became of people. They are planned anew from what Apple shows.
async fn people(
    writer: &Writer,
    journal: &Journal<'_>,
    intent: &Intent,
) -> Result<Option<(Uuid, Outcome)>, String> {
    if follow(writer, journal, intent).await?.is_some() {
        return Ok(None);
    }
    let People { client_user_ids } = serde_json::from_value(intent.body.clone())
        .map_err(|error| format!("an entry of the journal cannot be read: {error}"))?;
    let asked = client_user_ids.into_iter().collect();
    let found = readback::users(writer.reader(), &asked).await.map_err(|e| e.to_string())?;
    let active = found.values().filter(|record| readback::is_active(record)).count();
    let message = format!(
        "the run ended before it was heard of; {active} of {} people read back as registered",
        asked.len()
    );
    Ok(Some((intent.id, Outcome::Overtaken { message })))
}

/// Withholds what wants the opposite of requests that may still be carried out.
pub(super) fn withhold(work: &mut Work<'_>, waiting: &[Waiting]) {
    for Waiting { action, licenses, why } in waiting {
        let devices = licenses.serial_numbers.iter().cloned().map(Holder::Device);
        let users = licenses.client_user_ids.iter().cloned().map(Holder::User);
        let holders: HolderSet =
            devices.chain(users).filter_map(|one| work.roster.find(one.as_ref())).collect();
        let pairs: Pairs = licenses.assets.iter().map(|&asset| (asset, holders.clone())).collect();
        let opposites: &[Action] = match action {
            Action::Assign => &[Action::Release],
            Action::Release | Action::Uninstall => &[Action::Assign],
        };
        for &opposite in opposites {
            let reason = Reason { number: None, message: why.clone() };
            work.withheld(opposite, &pairs, &reason);
        }
    }
}
