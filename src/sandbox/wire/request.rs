use serde::{Deserialize, Serialize};

use super::response::{MdmInfo, NotificationType};
use crate::sandbox::world::Pricing;

/// Body of associate and disassociate. Apple's page: associate-assets.
///
/// Unknown keys are refused, here and in every other body: Apple may well ignore them, but a
/// client's typing mistake must show.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ManageAssets {
    #[serde(default)]
    pub(crate) assets: Vec<RequestAsset>,
    #[serde(default)]
    pub(crate) client_user_ids: Vec<String>,
    #[serde(default)]
    pub(crate) serial_numbers: Vec<String>,
}

/// An asset in a body; a missing price means the usual one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RequestAsset {
    pub(crate) adam_id: String,
    #[serde(default)]
    pub(crate) pricing_param: Pricing,
}

/// Body of revoke. Apple's page: revoke-assets.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RevokeAssets {
    #[serde(default)]
    pub(crate) client_user_ids: Vec<String>,
    #[serde(default)]
    pub(crate) serial_numbers: Vec<String>,
}

/// Body of users/create, update and retire. Apple's page: create-users.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ManageUsers {
    #[serde(default)]
    pub(crate) users: Vec<RequestUser>,
}

/// A user in a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RequestUser {
    pub(crate) client_user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) managed_apple_id: Option<String>,
}

/// Body of client/config. Apple's page: clientconfigrequest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClientConfigRequest {
    #[serde(default)]
    pub(crate) mdm_info: Option<PartialMdmInfo>,
    #[serde(default)]
    pub(crate) notification_url: Option<String>,
    #[serde(default)]
    pub(crate) notification_auth_token: Option<String>,
    #[serde(default)]
    pub(crate) notification_types: Option<Vec<NotificationType>>,
}

/// `mdmInfo` as it arrives: complete or not.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PartialMdmInfo {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    metadata: Option<String>,
}

impl PartialMdmInfo {
    /// All three parts, none of them empty.
    pub(crate) fn complete(self) -> Option<MdmInfo> {
        let given = |part: Option<String>| part.filter(|text| !text.is_empty());
        Some(MdmInfo {
            id: given(self.id)?,
            name: given(self.name)?,
            metadata: given(self.metadata)?,
        })
    }
}
