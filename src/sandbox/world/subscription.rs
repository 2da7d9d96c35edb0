use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Names, StoreId};

/// A subscription with its seats. People only; their seats need an Apple Account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubscriptionSeed {
    /// Apple's number of the subscription.
    pub adam_id: StoreId,
    /// Apple's number of the app it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_adam_id: Option<StoreId>,
    /// Whether seats can be given. Default: `ACTIVE`.
    #[serde(default)]
    pub status: SubscriptionStatus,
    /// Last day of the billing period. Default: a month after the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub period_end: Option<Date>,
    /// Seats that go on into the next period.
    #[serde(default)]
    pub renewing: u32,
    /// Seats that are gone at the end of the period.
    #[serde(default)]
    pub expiring: u32,
    /// Who holds a seat at the start.
    #[serde(default)]
    pub assigned: SeatHolders,
    /// People Apple assigns through a group of its own: for them a request is refused (9817).
    #[serde(default)]
    pub through_groups: Names,
    /// Who administers it.
    #[serde(default)]
    pub administrators: Names,
}

/// Who holds a seat at the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeatHolders {
    /// People whose seat goes on.
    #[serde(default)]
    pub renewing: Names,
    /// People whose seat ends with the period.
    #[serde(default)]
    pub expiring: Names,
}

/// How a subscription stands (`status`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscriptionStatus {
    /// Running.
    #[default]
    Active,
    /// Ended.
    Inactive,
    /// Suspended, for example until a payment.
    Paused,
}
