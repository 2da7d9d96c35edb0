use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sandbox::world::Fate;

/// What is to happen to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Due {
    /// It connects by itself and takes its commands.
    Connect,
    /// It connects because it was pushed to, and takes what it has not put off.
    Pushed,
    /// A removal that was acknowledged earlier is done.
    Gone { app: u32, command: Uuid },
    /// An installation that was acknowledged earlier is done.
    There { app: u32, command: Uuid },
    /// What the world or a hand ordered.
    Fate(Fate),
}

/// What is to come, in order of time, then of planning. Nothing is in it for a device that only
/// connects now and then without anything to do.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    due: BTreeMap<(Timestamp, u64), (u32, Due)>,
    planned: u64,
}

impl Schedule {
    pub(crate) fn plan(&mut self, at: Timestamp, device: u32, due: Due) {
        self.planned += 1;
        self.due.insert((at, self.planned), (device, due));
    }

    /// The next thing that is due at `now`.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, u32, Due)> {
        let first = self.due.first_entry()?;
        let (at, _) = *first.key();
        if at > now {
            return None;
        }
        let (device, due) = first.remove();
        Some((at, device, due))
    }

    /// When something is next due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn saved(&self) -> Vec<(Timestamp, u32, Due)> {
        self.due.iter().map(|((at, _), (device, due))| (*at, *device, *due)).collect()
    }

    pub(crate) fn restore(items: Vec<(Timestamp, u32, Due)>) -> Self {
        let mut schedule = Self::default();
        for (at, device, due) in items {
            schedule.plan(at, device, due);
        }
        schedule
    }
}
