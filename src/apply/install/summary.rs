//! Where the installations of a location are, counted.

use std::collections::BTreeMap;

use super::book::{Flight, Installs};
use super::machine::State;
use crate::apply::outcome::{Failure, InstallOutcome, InstallReport, InstallWait};
use crate::apply::report;
use crate::apply::work::{Item, Reason, Work};
use crate::license::Asset;

impl Installs {
    /// What became of the installations that one change asked for; `None` where it asked for none.
    pub(in crate::apply) fn of_change(
        &self,
        work: &Work<'_>,
        item: &Item<'_>,
    ) -> Option<InstallOutcome> {
        let change = item.change;
        if !change.install {
            return None;
        }
        let mut holders = &item.applied | &item.already;
        holders |= &item.open;
        let mine = |flight: &&Flight| {
            let (asset, id) = flight.pair;
            !flight.carried && asset == change.asset && holders.contains(id)
        };
        let mut outcome = self.outcome(self.flights.iter().filter(mine));
        let mut impossible: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((asset, id), why) in &self.impossible {
            let given = item.applied.contains(*id) || item.already.contains(*id);
            if *asset == change.asset && given {
                let holder = work.roster.get(*id).map(|holder| holder.text().to_owned());
                impossible.entry(why).or_default().extend(holder);
            }
        }
        outcome.impossible = failures(impossible);
        Some(outcome)
    }

    /// What became of installations that earlier runs asked for, app by app.
    pub(in crate::apply) fn of_earlier_runs(&self) -> Vec<InstallReport> {
        let mut by_app: BTreeMap<(Asset, &str), Vec<&Flight>> = BTreeMap::new();
        for flight in self.flights.iter().filter(|flight| flight.carried) {
            let app = (flight.install.asset, flight.install.name.as_str());
            by_app.entry(app).or_default().push(flight);
        }
        let reports = by_app.into_iter().map(|((asset, name), flights)| InstallReport {
            asset,
            name: name.to_owned(),
            outcome: self.outcome(flights.into_iter()),
        });
        reports.collect()
    }

    fn outcome<'f>(&self, flights: impl Iterator<Item = &'f Flight>) -> InstallOutcome {
        let mut outcome = InstallOutcome::default();
        let mut failed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut waits: BTreeMap<String, u64> = BTreeMap::new();
        for flight in flights {
            outcome.sent += u64::from(flight.told);
            match &flight.state {
                State::Acknowledged => outcome.acknowledged += 1,
                State::Failed(why) => {
                    let serial = flight.install.serial_number.to_string();
                    failed.entry(why).or_default().push(serial);
                }
                State::Wanted | State::Sent { .. } => {
                    *waits.entry(self.waits_for(flight)).or_default() += 1;
                }
                State::Unlicensed | State::Dropped(_) => {}
            }
        }
        outcome.failed = failures(failed);
        outcome.waits = waits.into_iter().map(|(why, count)| InstallWait { why, count }).collect();
        outcome
    }

    fn waits_for(&self, flight: &Flight) -> String {
        if let Some(trouble) = self.trouble() {
            return trouble.to_owned();
        }
        match (&flight.state, &flight.waits, &flight.install.why) {
            (State::Sent { not_now: true, .. }, _, _) => {
                "the device said NotNow and is asked again".to_owned()
            }
            (State::Sent { .. }, _, _) => "the device has not answered".to_owned(),
            (_, Some(device), _) => device.clone(),
            (_, None, Some(why)) => format!("it is asked again: {why}"),
            (_, None, None) => "the command is not sent yet".to_owned(),
        }
    }
}

fn failures(by_reason: BTreeMap<&str, Vec<String>>) -> Vec<Failure> {
    let failure = |(why, mut holders): (&str, Vec<String>)| {
        holders.sort_unstable();
        let reason = Reason { number: None, message: why.to_owned() };
        report::failure(&reason, holders)
    };
    by_reason.into_iter().map(failure).collect()
}
