use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Envelope, Enveloped, RawMdmInfo};
use crate::actual::{Limits, MdmInfo};
use crate::apple::time;

/// Apple's present limits and addresses (`ServiceConfigResponse`, Apple's page: service-config).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceConfig {
    /// The limits requests are cut to.
    pub limits: Limits,
    /// Every limit by Apple's name, also those not used here.
    pub all_limits: BTreeMap<String, i64>,
    /// Addresses by Apple's names.
    pub urls: BTreeMap<String, String>,
    /// Kinds of notification that can be subscribed to.
    pub notification_types: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::apple) struct RawServiceConfig {
    limits: Option<BTreeMap<String, Option<i64>>>,
    urls: Option<BTreeMap<String, Option<String>>>,
    notification_types: Option<Vec<String>>,
}

impl From<RawServiceConfig> for ServiceConfig {
    fn from(raw: RawServiceConfig) -> Self {
        let all_limits: BTreeMap<_, _> = raw
            .limits
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(key, limit)| Some((key, limit?)))
            .collect();
        // A limit that is absent, or none at all, is as documented.
        let positive = |key: &str| all_limits.get(key).copied().filter(|&limit| limit > 0);
        let count = |key: &str, default: usize| {
            positive(key).map_or(default, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
        };
        let known = Limits::default();
        let limits = Limits {
            assets: count("maxAssets", known.assets),
            client_user_ids: count("maxClientUserIds", known.client_user_ids),
            serial_numbers: count("maxSerialNumbers", known.serial_numbers),
            users: count("maxUsers", known.users),
            revoke_client_user_ids: count("maxRevokeClientUserIds", known.revoke_client_user_ids),
            revoke_serial_numbers: count("maxRevokeSerialNumbers", known.revoke_serial_numbers),
            requests_per_second: positive("maxRequestPerSecond")
                .map_or(known.requests_per_second, |limit| {
                    u32::try_from(limit).unwrap_or(u32::MAX)
                }),
        };
        let urls = raw
            .urls
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(key, url)| Some((key, url?)))
            .collect();
        let notification_types = raw.notification_types.unwrap_or_default();
        Self { limits, all_limits, urls, notification_types }
    }
}

/// How a location is set up (`ClientConfigResponse`, Apple's page: client-config-71glv).
///
/// The notification token Apple echoes is left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// The library.
    pub uid: Option<String>,
    /// Apple's name of the location, for people: not unique.
    pub location_name: Option<String>,
    /// Who has claimed it; `None` where nobody has.
    pub owner: Option<MdmInfo>,
    /// Country of the store, in two letters.
    pub country: Option<String>,
    /// `enterprisestore` or `volumestore`.
    pub default_platform: Option<String>,
    /// When the token ends, where Apple says so.
    pub token_expires: Option<Timestamp>,
    /// Where notifications go.
    pub notification_url: Option<String>,
    /// Which notifications are sent.
    pub notification_types: Vec<String>,
    /// The portal of the organization.
    pub website: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::apple) struct RawClientConfig {
    u_id: Option<String>,
    location_name: Option<String>,
    mdm_info: Option<RawMdmInfo>,
    #[serde(rename = "countryISO2ACode")]
    country: Option<String>,
    default_platform: Option<String>,
    token_expiration_date: Option<String>,
    notification_url: Option<String>,
    subscribed_notification_types: Option<Vec<String>>,
    #[serde(rename = "websiteURL")]
    website: Option<String>,
}

impl Enveloped for RawClientConfig {
    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            uid: self.u_id.as_deref(),
            owner: self.mdm_info.as_ref().and_then(RawMdmInfo::owner),
            expires: self.token_expiration_date.as_deref(),
        }
    }
}

impl From<RawClientConfig> for ClientConfig {
    fn from(raw: RawClientConfig) -> Self {
        Self {
            uid: raw.u_id,
            location_name: raw.location_name,
            owner: raw.mdm_info.as_ref().and_then(RawMdmInfo::owner),
            country: raw.country,
            default_platform: raw.default_platform,
            token_expires: raw.token_expiration_date.as_deref().and_then(time::parse),
            notification_url: raw.notification_url,
            notification_types: raw.subscribed_notification_types.unwrap_or_default(),
            website: raw.website,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_are_absent_or_none_at_all_are_as_documented() {
        let raw: RawServiceConfig = serde_json::from_str(
            r#"{"limits":{"maxAssets":10,"maxUsers":0,"maxSerialNumbers":null,"maxNew":3},
                "urls":{"getAssets":"https://x/","odd":null},"errorCodes":[{}]}"#,
        )
        .unwrap();
        let config = ServiceConfig::from(raw);
        assert_eq!(config.limits, Limits { assets: 10, ..Limits::default() });
        assert_eq!(config.all_limits.get("maxNew"), Some(&3));
        assert_eq!(config.urls.len(), 1);
    }

    #[test]
    fn an_owner_without_an_id_is_nobody() {
        for json in ["{}", r#"{"mdmInfo":null}"#, r#"{"mdmInfo":{"id":"","name":"x"}}"#] {
            let raw: RawClientConfig = serde_json::from_str(json).unwrap();
            assert_eq!(ClientConfig::from(raw).owner, None, "{json}");
        }
    }
}
