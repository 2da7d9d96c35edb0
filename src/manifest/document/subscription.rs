use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::value::{AdamId, Name, Reference};
use crate::manifest::kind::WhenShort;

/// A subscription and who should hold a seat. Seats go to people whose Apple Account is linked.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subscription {
    /// Its name among the subscriptions.
    #[schemars(example = &"studio")]
    pub name: Name,
    /// Apple's number of the subscription (not of the app it belongs to).
    #[schemars(example = &"6400000001")]
    pub adam_id: AdamId,
    /// The Location whose seats are used.
    #[schemars(example = &"northfield")]
    pub location: Reference,
    /// Who should hold a seat. `[]` means nobody; leaving the key out is an error.
    #[schemars(example = serde_json::json!([{ "to": "art-teachers" }]))]
    pub assign: Vec<SeatEntry>,
    /// Names of groups that no entry names, whatever the entries say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Reference>,
    /// Whether seats go on after the billing period (`true`, where it is not said) or end with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewing: Option<bool>,
    /// What becomes of holders that no entry names; the location's default where it is not said
    /// (`uninstall` there means `release` here: a seat comes back without the app going away).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reclaim: Option<SeatReclaim>,
    /// Whether a seat comes back only at the end of the billing period; at once where it is not
    /// said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deferred: Option<bool>,
    /// What happens when there are fewer seats than wanted: the plan is blocked, or as many as
    /// there are go out, entries in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_short: Option<WhenShort>,
    /// Names of groups whose people administer it. With this key nobody else does; without it,
    /// administrators are left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = ["it-staff"])]
    pub administrators: Option<Vec<Reference>>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For filtering.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// One group of a subscription's `assign` list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct SeatEntry {
    /// Name of the group. A group of devices means the people who use them.
    #[schemars(example = &"art-teachers")]
    pub to: Reference,
    /// Whether their seats go on after the billing period; as the subscription says where it is
    /// not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewing: Option<bool>,
}

/// What becomes of holders of a seat whom no entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SeatReclaim {
    /// The seat comes back.
    Release,
    /// Report, never touch.
    Keep,
}
