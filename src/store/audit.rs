//! What `vpp apply --report audit=FILE` adds to a file: a line of JSON for each request that changed
//! something, whole in itself.

use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Intent, IntentKind, Outcome, RunId, RunRecord};

/// Version of [`AuditLine`]: a new minor only adds, a new major may change.
pub const FORMAT_VERSION: &str = "1.0";

/// One request that changed something, or whose end is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditLine {
    /// Version of this format.
    pub format_version: String,
    /// When it was written down, right before it was sent.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The run that sent it.
    pub run: RunId,
    /// Who started that run.
    pub who: String,
    /// The commit of the manifests, where known.
    pub commit: Option<String>,
    /// Fingerprint of the plan.
    pub fingerprint: String,
    /// Apple's library id of the location.
    pub location: String,
    /// Its id in the journal.
    #[schemars(with = "String")]
    pub id: Uuid,
    /// What kind of thing was sent.
    pub kind: IntentKind,
    /// How many pairs, people or devices it was for.
    pub count: u64,
    /// Apple's event id, or a server's own name for it.
    pub event_id: Option<String>,
    /// How it ended; `None` where that is not known yet.
    pub outcome: Option<Outcome>,
}

/// The lines of a run: what was refused or did nothing is no change.
pub fn lines(run: &RunRecord, journal: Vec<Intent>) -> Vec<AuditLine> {
    let changed = |intent: &Intent| match &intent.outcome {
        None => true,
        Some((Outcome::Settled { done, .. }, _)) => *done > 0,
        Some((Outcome::Refused { .. } | Outcome::Overtaken { .. }, _)) => false,
    };
    let line = |intent: Intent| AuditLine {
        format_version: FORMAT_VERSION.to_owned(),
        at: intent.at,
        run: run.id,
        who: run.who.clone(),
        commit: run.commit.clone(),
        fingerprint: run.fingerprint.clone(),
        location: intent.location,
        id: intent.id,
        kind: intent.kind,
        count: intent.count,
        event_id: intent.reference,
        outcome: intent.outcome.map(|(outcome, _)| outcome),
    };
    journal.into_iter().filter(changed).map(line).collect()
}

/// JSON Schema (draft-07) of [`AuditLine`]: `schema/audit.json`.
pub fn json_schema() -> Schema {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<AuditLine>()
}
