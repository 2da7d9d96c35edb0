use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::license::AdamId;

/// An app bought in volume, as Intune knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Intune's id of it.
    pub id: String,
    /// Its name at the store.
    pub title: String,
    /// Its bundle identifier.
    pub bundle_id: Option<String>,
    /// Its number at the store, from its address there.
    pub adam_id: Option<AdamId>,
    /// What it runs on.
    pub platform: Platform,
    /// Whether licenses may go to devices.
    pub to_devices: bool,
    /// Whether licenses may go to people.
    pub to_users: bool,
    /// All licenses.
    pub total: u64,
    /// Assigned ones.
    pub used: u64,
    /// The token it is bought with; only the beta version says so.
    pub token_id: Option<String>,
    /// The Apple Account of that token.
    pub token_apple_id: Option<String>,
    /// The organization of that token.
    pub token_organization: Option<String>,
}

/// What an app runs on, by Graph's type of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// iPhone, iPad, Apple TV.
    Ios,
    /// Mac; only the beta version knows these.
    Mac,
}

impl Platform {
    /// Graph's type of such an app.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Ios => "microsoft.graph.iosVppApp",
            Self::Mac => "microsoft.graph.macOsVppApp",
        }
    }

    /// Graph's type of such an app's settings.
    pub fn settings_type(self) -> &'static str {
        match self {
            Self::Ios => "#microsoft.graph.iosVppAppAssignmentSettings",
            Self::Mac => "#microsoft.graph.macOsVppAppAssignmentSettings",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "@odata.type")]
    kind: String,
    id: String,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    bundle_id: Option<String>,
    #[serde(default)]
    app_store_url: Option<String>,
    #[serde(default)]
    licensing_type: Option<Licensing>,
    total_license_count: u64,
    used_license_count: u64,
    #[serde(default)]
    vpp_token_id: Option<String>,
    #[serde(default)]
    vpp_token_apple_id: Option<String>,
    #[serde(default)]
    vpp_token_organization_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Licensing {
    #[serde(default)]
    supports_user_licensing: Option<bool>,
    #[serde(default)]
    supports_device_licensing: Option<bool>,
}

impl<'de> Deserialize<'de> for App {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let platform = match wire.kind.trim_start_matches('#') {
            "microsoft.graph.iosVppApp" => Platform::Ios,
            "microsoft.graph.macOsVppApp" => Platform::Mac,
            other => {
                return Err(serde::de::Error::custom(format!("`{other}` is no app of a token")));
            }
        };
        let licensing = wire.licensing_type.unwrap_or_default();
        Ok(Self {
            id: wire.id,
            title: wire.display_name.unwrap_or_default(),
            bundle_id: wire.bundle_id,
            adam_id: wire.app_store_url.as_deref().and_then(adam_id),
            platform,
            to_devices: licensing.supports_device_licensing.unwrap_or(true),
            to_users: licensing.supports_user_licensing.unwrap_or(true),
            total: wire.total_license_count,
            used: wire.used_license_count,
            token_id: wire.vpp_token_id,
            token_apple_id: wire.vpp_token_apple_id,
            token_organization: wire.vpp_token_organization_name,
        })
    }
}

/// The number behind `/id` in an address of the store.
fn adam_id(url: &str) -> Option<AdamId> {
    let path = url.split(['?', '#']).next()?;
    path.split('/').rev().find_map(|part| part.strip_prefix("id")?.parse().ok())
}

/// Who holds a license of an app; only the beta version says so.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A device, by Intune's id of it.
    Device(String),
    /// A person, by Entra's id.
    User(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireLicense {
    #[serde(default)]
    managed_device_id: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
}

impl WireLicense {
    pub(super) fn holder(self) -> Option<Holder> {
        let real = |id: Option<String>| id.filter(|id| !id.is_empty());
        match (real(self.managed_device_id), real(self.user_id)) {
            (Some(device), _) => Some(Holder::Device(device)),
            (None, Some(user)) => Some(Holder::User(user)),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_in_the_address_at_the_store() {
        let number = |url| adam_id(url).map(|id| id.to_string());
        let url = "https://apps.apple.com/us/app/notability/id360593530?mt=8";
        assert_eq!(number(url).as_deref(), Some("360593530"));
        assert_eq!(number("https://apps.apple.com/us/app/idle-hands"), None);
        assert_eq!(number(""), None);
    }

    #[test]
    fn an_app_of_another_kind_is_refused() {
        let text = r##"{"@odata.type":"#microsoft.graph.iosStoreApp","id":"a",
            "totalLicenseCount":1,"usedLicenseCount":0}"##;
        assert!(serde_json::from_str::<App>(text).is_err());
    }
}
