use schemars::JsonSchema;
use serde::Serialize;

use super::value::{Day, Days, Duration, Guard, Id, Moment, Name, Percent, Reference, Text};

/// The rules a plan must keep. In a file of its own, so that CODEOWNERS can guard it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Its name among the policies.
    #[schemars(example = &"limits")]
    pub name: Name,
    /// How much one plan may move, per location, app and group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Licenses nobody takes back, whatever the manifests say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protect: Vec<Protection>,
    /// Windows in which nothing is applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Freeze>,
    /// When to warn of few free licenses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<Stock>,
    /// When a content token's end is near.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_expiry: Option<TokenExpiry>,
    /// How old a saved plan may be when it is applied, from 1 minute to 365 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"24h")]
    pub max_plan_age: Option<Duration>,
    /// Guards waived, narrowly and for a time. A blocked plan prints the exact item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Allowance>,
    /// How a run begins, and when it stops by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// How much one plan may move, per scope.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Limits {
    /// In one location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Limit>,
    /// Of one app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<Limit>,
    /// In one group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Limit>,
}

/// How many changes one scope may see.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Limit {
    /// Licenses taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "share": "10%", "count": 500 }))]
    pub reclaim: Option<Share>,
    /// Licenses given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<Share>,
}

/// A bound as a share, a count, or both: then both must hold.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("anyOf" = [{ "required": ["share"] }, { "required": ["count"] }]))]
pub struct Share {
    /// Percent of the present holders.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"10%")]
    pub share: Option<Percent>,
    /// A number of holders.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 500)]
    pub count: Option<u64>,
}

/// Licenses nobody takes back. At least one of `app` and `group` is needed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("anyOf" = [{ "required": ["app"] }, { "required": ["group"] }]))]
pub struct Protection {
    /// Name of an app or book, or its adamId, which also protects when the manifest is gone; every
    /// app where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"360593530")]
    pub app: Option<Id>,
    /// Name of the group of protected holders; everybody where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"exam-devices")]
    pub group: Option<Reference>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// A window in which nothing is applied.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Freeze {
    /// First moment: a date (its midnight), or a date and time.
    #[schemars(example = &"2026-12-20")]
    pub from: Moment,
    /// First moment after it: a date (its midnight), or a date and time.
    #[schemars(example = &"2027-01-04T08:00")]
    pub until: Moment,
    /// The IANA time zone the two are read in.
    #[schemars(example = &"Europe/Berlin", regex(pattern = "^[A-Za-z][A-Za-z0-9/_+-]*$"))]
    pub time_zone: Text,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// When to warn of few free licenses.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Stock {
    /// Fewer free licenses than this number, or than this share of the total.
    #[schemars(example = 20, example = &"5%")]
    pub warn_below: WarnBelow,
}

/// A number of licenses, or a share of the total.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum WarnBelow {
    /// A number.
    Count(u64),
    /// A share.
    Share(Percent),
}

/// When a content token's end is near. At least one of the two is needed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("anyOf" = [{ "required": ["warn"] }, { "required": ["block"] }]))]
pub struct TokenExpiry {
    /// Days before the end from which on to warn; 30 where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"30d")]
    pub warn: Option<Days>,
    /// Days before the end from which on nothing is applied; 3 where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"3d")]
    pub block: Option<Days>,
}

/// One guard waived, narrowly and for a time. At least one of `reclaimUpTo` and `assignUpTo` is
/// needed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    inline,
    extend("anyOf" = [{ "required": ["reclaimUpTo"] }, { "required": ["assignUpTo"] }])
)]
pub struct Allowance {
    /// The guard's code.
    #[schemars(example = &"G101")]
    pub guard: Guard,
    /// Name of the app, book, group or location it is for, or an adamId.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"notability")]
    pub app: Option<Id>,
    /// At most so many licenses taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 2610)]
    pub reclaim_up_to: Option<u64>,
    /// At most so many licenses given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 340)]
    pub assign_up_to: Option<u64>,
    /// Last day it holds, in UTC.
    #[schemars(example = &"2026-12-01")]
    pub until: Day,
    /// Why.
    #[schemars(example = &"year 13 leaves")]
    pub reason: Text,
}

/// How a run begins, and when it stops by itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Run {
    /// Holders in the first, trial request of a run, from 1 to 1000; 1 where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000), example = 1)]
    pub canary: Option<u64>,
    /// When a run stops by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
}

/// When a run stops by itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Stop {
    /// More than this share of the pairs tried failed with errors of one kind; 5% where it is not
    /// said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"5%")]
    pub error_share: Option<Percent>,
    /// So many failures of one kind in a row; 20 where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4_294_967_295_u64), example = 20)]
    pub in_a_row: Option<u64>,
}
