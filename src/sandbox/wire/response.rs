use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::code::Failure;
use super::subscription::{SeatCounts, SeatRow};
use crate::sandbox::world::{Platform, Pricing, ProductType, SupportedPlatform, UserStatus};

/// What every answer that needs a token carries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    pub(crate) u_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_expiration_date: Option<String>,
    /// `null` until somebody claims the location.
    pub(crate) mdm_info: Option<MdmInfo>,
}

/// Who has claimed the location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MdmInfo {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) metadata: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asset {
    pub(crate) adam_id: String,
    pub(crate) pricing_param: Cow<'static, str>,
}

impl Pricing {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Stdq => "STDQ",
            Self::Plus => "PLUS",
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    pub(crate) current_page_index: usize,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_page_index: Option<usize>,
    pub(crate) size: usize,
    pub(crate) total_pages: usize,
    pub(crate) version_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssetsPage<'a> {
    pub(crate) assets: Vec<AssetRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unlimited_assets: Option<Vec<UnlimitedAssetRow<'a>>>,
    #[serde(flatten)]
    pub(crate) page: Page,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssetRow<'a> {
    pub(crate) adam_id: &'a str,
    pub(crate) pricing_param: &'static str,
    pub(crate) product_type: ProductType,
    pub(crate) assigned_count: u64,
    pub(crate) available_count: u64,
    pub(crate) retired_count: u64,
    pub(crate) total_count: u64,
    pub(crate) device_assignable: bool,
    pub(crate) revocable: bool,
    pub(crate) supported_platforms: &'a [SupportedPlatform],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UnlimitedAssetRow<'a> {
    pub(crate) adam_id: &'a str,
    pub(crate) pricing_param: &'static str,
    pub(crate) product_type: ProductType,
    pub(crate) assigned_count: u64,
    pub(crate) device_assignable: bool,
    pub(crate) revocable: bool,
    pub(crate) supported_platforms: &'a [SupportedPlatform],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignmentsPage<'a> {
    pub(crate) assignments: Vec<Assignment<'a>>,
    #[serde(flatten)]
    pub(crate) page: Page,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assignment<'a> {
    pub(crate) adam_id: Cow<'a, str>,
    pub(crate) pricing_param: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_user_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) serial_number: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_hash: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_status: Option<UserStatus>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsersPage<'a> {
    pub(crate) users: Vec<UserRow<'a>>,
    #[serde(flatten)]
    pub(crate) page: Page,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserRow<'a> {
    pub(crate) client_user_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_hash: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) invite_code: Option<Cow<'a, str>>,
    pub(crate) status: UserStatus,
}

impl UserRow<'_> {
    pub(crate) fn into_owned(self) -> UserRow<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        UserRow {
            client_user_id: Cow::Owned(self.client_user_id.into_owned()),
            email: own(self.email),
            id_hash: own(self.id_hash),
            invite_code: own(self.invite_code),
            status: self.status,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventAnswer {
    pub(crate) event_id: Uuid,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusAnswer<'a> {
    pub(crate) event_status: &'static str,
    pub(crate) event_type: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) failures: &'a [Failure],
    pub(crate) num_completed: u64,
    pub(crate) num_requested: u64,
    #[serde(flatten)]
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceConfig {
    pub(crate) error_codes: Vec<ErrorCode>,
    pub(crate) limits: crate::sandbox::world::Limits,
    pub(crate) notification_types: Vec<NotificationType>,
    pub(crate) urls: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorCode {
    pub(crate) error_number: u32,
    pub(crate) error_message: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientConfig<'a> {
    #[serde(rename = "countryISO2ACode")]
    pub(crate) country: &'a str,
    pub(crate) default_platform: Platform,
    pub(crate) location_name: &'a str,
    pub(crate) mdm_info: Option<&'a MdmInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notification_auth_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notification_url: Option<&'a str>,
    pub(crate) subscribed_notification_types: Vec<NotificationType>,
    pub(crate) token_expiration_date: String,
    pub(crate) u_id: &'a str,
    #[serde(rename = "websiteURL")]
    pub(crate) website_url: &'static str,
}

/// What can be notified about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum NotificationType {
    AssetCount,
    AssetManagement,
    UserManagement,
    UserAssociated,
    SubscriptionManagement,
    SubscriptionCount,
    UnlimitedAsset,
    TestNotification,
}

/// What lies in the `notification` object, by type.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Notification {
    Test {},
    #[serde(rename_all = "camelCase")]
    AssetCount {
        adam_id: String,
        pricing_param: &'static str,
        count_delta: i64,
    },
    #[serde(rename_all = "camelCase")]
    AssetManagement {
        #[serde(rename = "type")]
        kind: &'static str,
        result: TaskResult,
        event_id: Uuid,
        assignments: Vec<Assignment<'static>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failure>,
    },
    #[serde(rename_all = "camelCase")]
    UserManagement {
        #[serde(rename = "type")]
        kind: &'static str,
        result: TaskResult,
        event_id: Uuid,
        users: Vec<UserRow<'static>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failure>,
    },
    #[serde(rename_all = "camelCase")]
    UserAssociated {
        associated_users: Vec<UserRow<'static>>,
    },
    #[serde(rename_all = "camelCase")]
    SubscriptionCount {
        parent_adam_id: Option<i64>,
        adam_id: i64,
        counts: SeatCounts,
    },
    #[serde(rename_all = "camelCase")]
    SubscriptionManagement {
        #[serde(rename = "type")]
        kind: &'static str,
        result: TaskResult,
        event_id: Uuid,
        assignments: Vec<SeatRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failure>,
    },
}

impl Notification {
    pub(crate) fn kind(&self) -> NotificationType {
        match self {
            Self::Test {} => NotificationType::TestNotification,
            Self::AssetCount { .. } => NotificationType::AssetCount,
            Self::AssetManagement { .. } => NotificationType::AssetManagement,
            Self::UserManagement { .. } => NotificationType::UserManagement,
            Self::UserAssociated { .. } => NotificationType::UserAssociated,
            Self::SubscriptionCount { .. } => NotificationType::SubscriptionCount,
            Self::SubscriptionManagement { .. } => NotificationType::SubscriptionManagement,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TaskResult {
    Success,
    Failure,
}
