use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The limits `service/config` announces and every request is held to. Apple's page:
/// service-config. Apple's present figures are the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Assets in one associate or disassociate.
    pub max_assets: u32,
    /// Users in one associate or disassociate.
    pub max_client_user_ids: u32,
    /// Devices in one associate or disassociate.
    pub max_serial_numbers: u32,
    /// Users in one revoke.
    pub max_revoke_client_user_ids: u32,
    /// Devices in one revoke.
    pub max_revoke_serial_numbers: u32,
    /// Users in one create, update or retire.
    pub max_users: u32,
    /// Subscriptions in one request.
    pub max_subscriptions: u32,
    /// Users in one request about subscriptions.
    pub max_subscription_client_user_ids: u32,
    /// Characters of the notification URL, and of its token.
    pub max_notification_length: u32,
    /// Characters of `mdmInfo.id`.
    pub max_mdm_id_length: u32,
    /// Characters of `mdmInfo.name`.
    pub max_mdm_name_length: u32,
    /// Characters of `mdmInfo.metadata`.
    pub max_mdm_metadata_length: u32,
    /// Requests a location answers within any second.
    pub max_request_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_assets: 25,
            max_client_user_ids: 1000,
            max_serial_numbers: 1000,
            max_revoke_client_user_ids: 100,
            max_revoke_serial_numbers: 100,
            max_users: 100,
            max_subscriptions: 25,
            max_subscription_client_user_ids: 1000,
            max_notification_length: 512,
            max_mdm_id_length: 100,
            max_mdm_name_length: 100,
            max_mdm_metadata_length: 255,
            max_request_per_second: 15,
        }
    }
}
