//! The JSON contract, version 1: what goes to a program and what comes back. The README tells it to
//! people who write such programs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::license::AdamId;

/// The version of the contract.
const CONTRACT: u32 = 1;

/// One question: the only line on a program's standard input.
#[derive(Debug, Serialize)]
pub(super) struct Question<'a> {
    contract: u32,
    #[serde(flatten)]
    pub(super) op: Op<'a>,
}

impl<'a> Question<'a> {
    pub(super) fn new(op: Op<'a>) -> Self {
        Self { contract: CONTRACT, op }
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op<'a> {
    Capabilities,
    Inventory {
        cursor: Option<&'a str>,
    },
    Uninstall {
        request_id: Uuid,
        attempt: u32,
        serial: &'a str,
        device_ref: &'a str,
        bundle_id: &'a str,
        adam_id: AdamId,
    },
    Status {
        #[serde(rename = "ref")]
        reference: &'a str,
    },
    Installed {
        serial: &'a str,
        device_ref: &'a str,
        bundle_ids: &'a [String],
        not_before: Timestamp,
    },
}

impl Op<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::Inventory { .. } => "inventory",
            Self::Uninstall { .. } => "uninstall",
            Self::Status { .. } => "status",
            Self::Installed { .. } => "installed",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Capable {
    pub(super) ops: Vec<String>,
    #[serde(default)]
    pub(super) results: Results,
    #[serde(default)]
    pub(super) max_batch: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Results {
    #[default]
    Poll,
    Push,
}

#[derive(Debug, Deserialize)]
pub(super) struct Inventory {
    pub(super) devices: Vec<Listed>,
    #[serde(default)]
    pub(super) next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) serial: String,
    #[serde(default)]
    pub(super) udid: Option<String>,
    #[serde(default)]
    pub(super) device_ref: Option<String>,
    #[serde(default)]
    pub(super) user: Option<String>,
    #[serde(default)]
    pub(super) platform: Option<String>,
    pub(super) enrolment: String,
    #[serde(default)]
    pub(super) last_seen: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Uninstall {
    pub(super) accepted: bool,
    #[serde(default, rename = "ref")]
    pub(super) reference: Option<String>,
    #[serde(default)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) retryable: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Status {
    pub(super) state: String,
    #[serde(default)]
    pub(super) at: Option<Timestamp>,
    #[serde(default)]
    pub(super) detail: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Installed {
    pub(super) apps: BTreeMap<String, String>,
    pub(super) observed_at: Timestamp,
    pub(super) scope: String,
}
