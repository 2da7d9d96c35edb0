//! Subscriptions: numbers are int64 here, and people are the only holders. Apple's page:
//! managing-subscriptions.

use serde::{Deserialize, Serialize};

use super::response::Envelope;
use crate::sandbox::world::{SubscriptionStatus, UserStatus};

/// Body of associate. Apple's page: associate-subscriptions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AssociateSeats {
    #[serde(default)]
    pub(crate) adam_ids: Vec<i64>,
    #[serde(default)]
    pub(crate) client_user_ids: Vec<String>,
    #[serde(default)]
    pub(crate) renewing: Option<bool>,
}

/// Body of disassociate. Apple's page: disassociate-subscriptions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DisassociateSeats {
    #[serde(default)]
    pub(crate) adam_ids: Vec<i64>,
    #[serde(default)]
    pub(crate) client_user_ids: Vec<String>,
    #[serde(default)]
    pub(crate) deferred: Option<bool>,
}

/// Body of admins/add and admins/remove. Apple's page: add-subscription-administrators.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ManageAdministrators {
    #[serde(default)]
    pub(crate) adam_ids: Vec<i64>,
    #[serde(default)]
    pub(crate) client_user_ids: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionManagement {
    pub(crate) subscription_management: bool,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionsPage {
    pub(crate) subscriptions: Vec<SubscriptionRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
    pub(crate) version_id: String,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionRow {
    pub(crate) parent_adam_id: Option<i64>,
    pub(crate) adam_id: i64,
    pub(crate) status: SubscriptionStatus,
    pub(crate) period_end_date: String,
    pub(crate) counts: SeatCounts,
}

/// Seats by what becomes of them. Notifications leave `assigned` out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct SeatCounts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assigned: Option<Split>,
    pub(crate) available: Split,
    pub(crate) total: Split,
}

/// Seats that go on, and seats that end with the period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Split {
    pub(crate) renewing: u32,
    pub(crate) expiring: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeatsPage {
    pub(crate) assignments: Vec<SeatRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
    pub(crate) version_id: String,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeatRow {
    pub(crate) adam_id: i64,
    pub(crate) client_user_id: String,
    pub(crate) renewing: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdministratorsPage {
    pub(crate) admins: Vec<Administrators>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
    pub(crate) version_id: String,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

/// Somebody who administers a subscription.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Administrators {
    pub(crate) adam_id: i64,
    pub(crate) client_user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_status: Option<UserStatus>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdministratorsAnswer {
    pub(crate) version_id: String,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}
