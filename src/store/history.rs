//! History as `vpp history` prints it for machines.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::{Intent, RunRecord};

/// Version of [`History`]: a new minor only adds, a new major may change.
pub const FORMAT_VERSION: &str = "1.0";

/// Runs of `apply`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// Version of this format.
    pub format_version: String,
    /// The runs.
    pub runs: Vec<HistoryRun>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryRun {
    /// When, who, what for, and how it ended; the report only where one run is shown.
    pub run: RunRecord,
    /// Everything it sent, oldest first, where one run is shown.
    pub journal: Option<Vec<Intent>>,
}

impl History {
    /// These runs.
    pub fn of(runs: Vec<HistoryRun>) -> Self {
        Self { format_version: FORMAT_VERSION.to_owned(), runs }
    }
}

/// JSON Schema (draft-07) of [`History`]: `schema/history.json`.
pub fn json_schema() -> Schema {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<History>()
}
