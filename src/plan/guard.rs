use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a guard said of this plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuardResult {
    /// For example `VPP-G104`.
    pub code: String,
    /// What it does when it trips.
    pub level: GuardLevel,
    /// Whether the plan may go on.
    pub outcome: GuardOutcome,
    /// Name of the location it speaks of.
    pub location: Option<String>,
    /// Name of the app, book or group it speaks of.
    pub subject: Option<String>,
    /// What tripped it, with the numbers.
    pub message: String,
    /// File to look at.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// What to do next; for a guard that can be waived the exact allowance to paste.
    pub help: Vec<String>,
    /// Examples: at most a few holders, chosen by lowest hash.
    pub examples: Vec<String>,
}

impl GuardResult {
    /// Whether it stops the plan.
    pub fn blocks(&self) -> bool {
        self.level == GuardLevel::Block && self.outcome == GuardOutcome::Tripped
    }
}

/// What a guard does when it trips.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GuardLevel {
    /// Nothing is applied.
    Block,
    /// It is said, and the plan goes on.
    Warn,
}

/// Whether a tripped guard stops the plan.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GuardOutcome {
    /// It tripped.
    Tripped,
    /// It tripped and an allowance covers it.
    Allowed,
}
