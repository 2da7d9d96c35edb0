use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::installs::{InstallRow, installs};
use super::waits::{WaitRow, waits};
use crate::apply::outcome::{ChangeReport, Failure, RunReport, StepOutcome, UserCounts};
use crate::apply::seats::{SeatOutcome, SeatsReport};
use crate::license::Asset;
use crate::plan::{Action, CauseKind};
use crate::render::examples::Examples;
use crate::render::number::sum;

/// What a report has to say, with its sums.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSections<'r> {
    /// What became of the changes: those with a problem first, then the largest.
    pub steps: Vec<StepRow<'r>>,
    /// What failed, one per kind of failure, the most frequent first.
    pub failures: Vec<FailureRow<'r>>,
    /// What was withheld on purpose, one per reason, the most frequent first.
    pub withheld: Vec<FailureRow<'r>>,
    /// What reclaims wait for: those that are stuck first, then the most.
    pub waits: Vec<WaitRow<'r>>,
    /// What is to be said of installations: what failed first.
    pub installs: Vec<InstallRow<'r>>,
    /// What became of subscriptions, one line each.
    pub seats: Vec<SeatRunRow<'r>>,
    /// Locations that ended early, and why.
    pub stopped: Vec<(&'r str, &'r str)>,
    /// Locations that were claimed.
    pub claimed: Vec<&'r str>,
}

/// What became of changes of one action for one reason: assigns over all their apps, reclaims of
/// one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow<'r> {
    /// What should happen.
    pub action: Action,
    /// Why.
    pub kind: &'r CauseKind,
    /// Names of the apps and books.
    pub names: BTreeSet<&'r str>,
    /// Pairs done, and read back.
    pub applied: u64,
    /// Pairs that were so before.
    pub already: u64,
    /// Pairs that failed.
    pub failed: u64,
    /// Pairs not tried.
    pub not_tried: u64,
    /// Pairs that wait for a device.
    pub waits: u64,
}

impl StepRow<'_> {
    /// Pairs the plan had for it.
    pub fn pairs(&self) -> u64 {
        sum([self.applied, self.already, self.failed, self.not_tried, self.waits])
    }
}

/// What became of one change of seats or administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRunRow<'r> {
    /// What should happen.
    pub what: String,
    /// Name of the subscription's manifest, or of the location that was told of subscriptions.
    pub name: &'r str,
    /// What became of the people.
    pub outcome: SeatOutcome,
}

fn outcomes(seats: &SeatsReport) -> impl Iterator<Item = (&str, &SeatOutcome)> {
    let changes = seats.changes.iter().map(|change| (change.name.as_str(), &change.outcome));
    let people = seats.administrators.iter();
    changes.chain(people.map(|change| (change.name.as_str(), &change.outcome)))
}

fn seats(report: &RunReport) -> Vec<SeatRunRow<'_>> {
    let mut rows = vec![];
    for location in &report.locations {
        let Some(seats) = &location.subscriptions else { continue };
        if let Some(enabled) = &seats.enabled {
            let mut outcome = SeatOutcome::default();
            match enabled {
                StepOutcome::Applied => outcome.applied = 1,
                StepOutcome::Already => outcome.already = 1,
                StepOutcome::NotTried => outcome.not_tried = 1,
                StepOutcome::Failed { failure } => outcome.failed.push(failure.clone()),
            }
            let what = "enable subscriptions".to_owned();
            rows.push(SeatRunRow { what, name: &location.name, outcome });
        }
        for change in &seats.changes {
            let (what, outcome) = (change.action.to_string(), change.outcome.clone());
            rows.push(SeatRunRow { what, name: &change.name, outcome });
        }
        for change in &seats.administrators {
            let (what, outcome) = (change.action.to_string(), change.outcome.clone());
            rows.push(SeatRunRow { what, name: &change.name, outcome });
        }
    }
    rows.sort_by_key(|row| (Reverse(row.outcome.failed()), Reverse(row.outcome.not_tried)));
    rows
}

/// One kind of failure, over all changes and locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureRow<'r> {
    /// Apple's error number; `None` where the failure is not Apple's.
    pub number: Option<i32>,
    /// What happened.
    pub message: &'r str,
    /// What to do next, where known.
    pub help: Option<&'r str>,
    /// What it hit: apps and books by name, or what was to be done with people or locations.
    pub hit: Vec<(&'r str, u64)>,
    /// How many pairs, people or locations.
    pub count: u64,
    /// At most three holders.
    pub examples: Vec<&'r str>,
    /// Everyone it hit, once.
    pub holders: Vec<&'r str>,
}

impl<'r> RunSections<'r> {
    /// What this report has to say.
    pub fn of(report: &'r RunReport) -> Self {
        let locations = &report.locations;
        let stopped = locations
            .iter()
            .filter_map(|location| Some((location.name.as_str(), location.stopped.as_deref()?)));
        let claimed = locations
            .iter()
            .filter(|location| matches!(location.claim, Some(StepOutcome::Applied)))
            .map(|location| location.name.as_str());
        Self {
            steps: steps(report),
            failures: failures(report),
            withheld: withheld(report),
            waits: waits(report),
            installs: installs(report),
            seats: seats(report),
            stopped: stopped.collect(),
            claimed: claimed.collect(),
        }
    }
}

fn steps(report: &RunReport) -> Vec<StepRow<'_>> {
    let mut rows: BTreeMap<(Action, &CauseKind, Option<Asset>), StepRow<'_>> = BTreeMap::new();
    for change in report.locations.iter().flat_map(|location| &location.changes) {
        let ChangeReport { asset, kind: _, name, action, cause, applied, already, .. } = change;
        let key = (*action, &cause.kind, action.is_reclaim().then_some(*asset));
        let row = rows.entry(key).or_insert_with(|| StepRow {
            action: *action,
            kind: &cause.kind,
            names: BTreeSet::new(),
            applied: 0,
            already: 0,
            failed: 0,
            not_tried: 0,
            waits: 0,
        });
        row.names.insert(name);
        for (total, more) in [
            (&mut row.applied, *applied),
            (&mut row.already, *already),
            (&mut row.failed, change.failed()),
            (&mut row.not_tried, change.not_tried),
            (&mut row.waits, change.waits),
        ] {
            *total = total.saturating_add(more);
        }
    }
    let mut rows: Vec<StepRow<'_>> = rows.into_values().collect();
    rows.sort_by_key(|row| {
        (Reverse(row.failed), Reverse(row.not_tried), row.action, Reverse(row.pairs()))
    });
    rows
}

/// What a failure hit, beside changes of licenses.
const CLAIM: &str = "claiming the location";
const ENABLE: &str = "enabling subscriptions";

fn failures(report: &RunReport) -> Vec<FailureRow<'_>> {
    let mut rows = Rows::new();
    let mut take = |what, failure| merge(&mut rows, what, failure);
    for location in &report.locations {
        if let Some(StepOutcome::Failed { failure }) = &location.claim {
            take(CLAIM, failure);
        }
        let users = &location.users;
        let people: [(&str, &UserCounts); 3] = [
            ("registering users", &users.created),
            ("updating users", &users.updated),
            ("retiring users", &users.retired),
        ];
        for (what, counts) in people {
            counts.failed.iter().for_each(|failure| take(what, failure));
        }
        for change in &location.changes {
            change.failed.iter().for_each(|failure| take(&change.name, failure));
        }
        let Some(seats) = &location.subscriptions else { continue };
        if let Some(StepOutcome::Failed { failure }) = &seats.enabled {
            take(ENABLE, failure);
        }
        for (name, outcome) in outcomes(seats) {
            outcome.failed.iter().for_each(|failure| take(name, failure));
        }
    }
    ranked(rows)
}

fn withheld(report: &RunReport) -> Vec<FailureRow<'_>> {
    let mut rows = Rows::new();
    for change in report.locations.iter().flat_map(|location| &location.changes) {
        change.withheld.iter().for_each(|failure| merge(&mut rows, &change.name, failure));
    }
    for seats in report.locations.iter().filter_map(|one| one.subscriptions.as_ref()) {
        for (name, outcome) in outcomes(seats) {
            outcome.withheld.iter().for_each(|failure| merge(&mut rows, name, failure));
        }
    }
    ranked(rows)
}

/// Failures of one number and text, together.
type Rows<'r> = BTreeMap<(Option<i32>, &'r str), (FailureRow<'r>, Examples<'r>)>;

fn ranked(rows: Rows<'_>) -> Vec<FailureRow<'_>> {
    let mut rows: Vec<FailureRow<'_>> = rows
        .into_values()
        .map(|(mut row, examples)| {
            row.hit.sort_by_key(|(_, count)| Reverse(*count));
            row.holders.sort_unstable();
            row.holders.dedup();
            FailureRow { examples: examples.names(), ..row }
        })
        .collect();
    rows.sort_by_key(|row| Reverse(row.count));
    rows
}

fn merge<'r>(rows: &mut Rows<'r>, what: &'r str, failure: &'r Failure) {
    let Failure { number, message, help, holders, count } = failure;
    let (row, examples) = rows.entry((*number, message)).or_insert_with(|| {
        let row = FailureRow {
            number: *number,
            message,
            help: None,
            hit: vec![],
            count: 0,
            examples: vec![],
            holders: vec![],
        };
        (row, Examples::default())
    });
    row.help = row.help.or(help.as_deref());
    row.count = row.count.saturating_add(*count);
    match row.hit.iter_mut().find(|(name, _)| *name == what) {
        Some((_, hit)) => *hit = hit.saturating_add(*count),
        None => row.hit.push((what, *count)),
    }
    for holder in holders {
        row.holders.push(holder);
        examples.offer(holder);
    }
}
