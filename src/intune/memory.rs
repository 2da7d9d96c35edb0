//! What is under way in one location: kept in the store between runs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Holder, Target, Word};
use crate::manifest::kind::LicenseKind;

/// The version of [`Memory`] this tool writes. Another one is not read: what it remembers is lost then,
/// and no license is taken because of that.
pub const MEMORY_VERSION: u32 = 1;

/// What the store calls a location, by Intune's id of its token: leases, journal and memory go by the
/// token, so that renaming a manifest changes nothing and two repositories cannot both be at work.
pub fn place(token: &str) -> String {
    format!("intune/{}", token.to_ascii_lowercase())
}

/// What is under way in one location, app by app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// [`MEMORY_VERSION`].
    pub version: u32,
    /// By Intune's id of the app.
    pub apps: BTreeMap<String, AppMemory>,
}

/// What is known of one app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppMemory {
    /// Its assignments as the last run left them.
    pub left: Vec<Row>,
    /// When that was.
    pub left_at: Option<Timestamp>,
    /// Groups on their way out.
    pub reclaims: Vec<GroupReclaim>,
    /// Reclaims that are through, the latest last.
    pub ended: Vec<Ended>,
}

/// An assignment, as far as it is compared.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Row {
    /// Whom it is for.
    pub target: Target,
    /// What it means for them.
    pub word: Word,
    /// Whom licenses go to; absent where it does not say.
    pub license: Option<LicenseKind>,
}

/// Licenses that come back because a group has gone to `uninstall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupReclaim {
    /// Whom it was assigned to.
    pub target: Target,
    /// What it was.
    pub was: Row,
    /// How far it is.
    pub phase: Phase,
    /// When it was begun.
    pub begun: Timestamp,
    /// When Intune took the change, by its own clock: only later reports are proof.
    pub changed_at: Option<Timestamp>,
    /// Used licenses at the beginning.
    pub used_before: u64,
    /// Who held a license at the beginning; absent where this tenant does not say.
    pub held_before: Option<BTreeSet<Holder>>,
    /// The devices that are followed, by Intune's id.
    pub members: BTreeMap<String, Member>,
    /// When Intune was last asked to sync for it.
    pub synced_at: Option<Timestamp>,
}

/// How far a group's reclaim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Written down; Intune may not have been asked yet.
    Intended,
    /// Devices remove the app.
    Uninstalling,
    /// Every device has; the licenses have not been seen to come back.
    Counting,
    /// They have come back; the group can be dropped.
    Proven,
}

/// One device of a group on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its serial number, where Intune knows it.
    pub serial: Option<String>,
    /// Whether it had the app when it began.
    pub had: bool,
    /// How far it is.
    pub state: MemberState,
}

/// How far one device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MemberState {
    /// It has not said that the app is gone.
    Waiting {
        /// What it said, or that it said nothing.
        why: String,
    },
    /// It has, after the change.
    Gone {
        /// When.
        #[schemars(with = "String")]
        at: Timestamp,
    },
    /// Removing failed.
    Blocked {
        /// How.
        why: String,
    },
    /// It is no longer reached: not in the group, or not in Intune.
    Left {
        /// Which of the two.
        why: String,
    },
}

impl MemberState {
    /// Whether nothing more is waited for.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Gone { .. } | Self::Left { .. } => true,
            Self::Waiting { .. } | Self::Blocked { .. } => false,
        }
    }
}

/// A reclaim that is through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Whom it was assigned to.
    pub target: Target,
    /// When it was begun.
    pub begun: Timestamp,
    /// When the group was dropped, or the reclaim called off.
    pub ended: Timestamp,
    /// Devices that were followed.
    pub devices: u64,
    /// How it ended, for people.
    pub how: String,
}

/// So many ended reclaims of an app are remembered.
const MOST_ENDED: usize = 50;

impl Memory {
    /// Reads it back. Another version, or something else, is nothing.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let memory: Self = serde_json::from_slice(bytes).ok()?;
        (memory.version == MEMORY_VERSION).then_some(memory)
    }

    /// As the store keeps it.
    pub fn write(&self) -> Vec<u8> {
        let versioned = Self { version: MEMORY_VERSION, ..self.clone() };
        // Texts, numbers and times: writing them cannot fail.
        serde_json::to_vec(&versioned).unwrap_or_default()
    }

    /// An app's.
    pub fn app(&self, id: &str) -> Option<&AppMemory> {
        self.apps.get(id)
    }

    /// An app's, made where there is none.
    pub fn app_mut(&mut self, id: &str) -> &mut AppMemory {
        self.apps.entry(id.to_owned()).or_default()
    }
}

impl AppMemory {
    /// The reclaim of this target, if one is under way.
    pub fn reclaim(&self, target: &Target) -> Option<&GroupReclaim> {
        self.reclaims.iter().find(|reclaim| reclaim.target == *target)
    }

    /// The same, to move it on.
    pub fn reclaim_mut(&mut self, target: &Target) -> Option<&mut GroupReclaim> {
        self.reclaims.iter_mut().find(|reclaim| reclaim.target == *target)
    }

    /// Ends a reclaim.
    pub fn end(&mut self, target: &Target, at: Timestamp, how: &str) {
        let Some(place) = self.reclaims.iter().position(|one| one.target == *target) else {
            return;
        };
        let GroupReclaim { target, begun, members, .. } = self.reclaims.remove(place);
        let devices = u64::try_from(members.len()).unwrap_or(u64::MAX);
        self.ended.push(Ended { target, begun, ended: at, devices, how: how.to_owned() });
        let surplus = self.ended.len().saturating_sub(MOST_ENDED);
        self.ended.drain(..surplus);
    }
}

impl GroupReclaim {
    /// How many devices are how far: gone, waiting, blocked, left.
    pub fn counts(&self) -> [u64; 4] {
        let mut counts = [0; 4];
        for member in self.members.values() {
            let [gone, waiting, blocked, left] = &mut counts;
            *match member.state {
                MemberState::Gone { .. } => gone,
                MemberState::Waiting { .. } => waiting,
                MemberState::Blocked { .. } => blocked,
                MemberState::Left { .. } => left,
            } += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_another_version_is_nothing() {
        let mut memory = Memory::default();
        memory.app_mut("a").left_at = Some(Timestamp::UNIX_EPOCH);
        let bytes = memory.write();
        assert_eq!(Memory::read(&bytes).unwrap().apps, memory.apps);
        let newer = String::from_utf8(bytes).unwrap().replace("\"version\":1", "\"version\":2");
        assert!(Memory::read(newer.as_bytes()).is_none());
        assert!(Memory::read(b"nonsense").is_none());
    }
}
