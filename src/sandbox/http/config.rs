//! What the service offers, and what the caller tells it about itself.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::http::header;

use super::apple::{Answer, Call, json};
use super::lookup;
use super::query::Query;
use crate::sandbox::clock::apple_time;
use crate::sandbox::library::{Library, Subscription};
use crate::sandbox::wire::{
    CODES, ClientConfig, ClientConfigRequest, ErrorCode, MdmInfo, NotificationType, Refusal,
    ServiceConfig,
};
use crate::sandbox::world::{Limits, Platform};
use crate::sandbox::{Sandbox, Shelf, lock};

/// What can be subscribed to.
const TYPES: [NotificationType; 7] = [
    NotificationType::AssetCount,
    NotificationType::AssetManagement,
    NotificationType::UserManagement,
    NotificationType::UserAssociated,
    NotificationType::SubscriptionManagement,
    NotificationType::SubscriptionCount,
    NotificationType::UnlimitedAsset,
];

const URLS: [(&str, &str); 11] = [
    ("clientConfig", "client/config"),
    ("createUsers", "users/create"),
    ("updateUsers", "users/update"),
    ("retireUsers", "users/retire"),
    ("getUsers", "users"),
    ("getAssets", "assets"),
    ("getAssignments", "assignments"),
    ("associateAssets", "assets/associate"),
    ("disassociateAssets", "assets/disassociate"),
    ("revokeAssets", "assets/revoke"),
    ("eventStatus", "status"),
];

const INVITATION: &str = "https://buy.itunes.apple.com/WebObjects/MZFinance.woa/wa/\
                          associateVPPUserWithITSAccount?inviteCode=%25inviteCode%25&mt=8";

impl Sandbox {
    pub(super) fn service_config(&self, call: &Call<'_>) -> Answer {
        Query::read(&call.uri, &[])?;
        let host = call.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let root = format!("http://{}", host.unwrap_or("127.0.0.1"));
        let mut urls: BTreeMap<&'static str, String> =
            URLS.iter().map(|(key, path)| (*key, format!("{root}/mdm/v2/{path}"))).collect();
        urls.insert("invitationEmail", INVITATION.to_owned());
        urls.insert("contentMetadataLookup", format!("{root}{}", lookup::PATH));
        json(&ServiceConfig {
            error_codes: CODES
                .iter()
                .map(|(error_number, _, error_message)| ErrorCode {
                    error_number: *error_number,
                    error_message,
                })
                .collect(),
            limits: self.inner.limits,
            notification_types: TYPES.to_vec(),
            urls,
        })
    }

    /// Takes over who the caller is and where it wants notifications. The test notification is
    /// sent first; nothing changes where it cannot be delivered.
    pub(super) async fn change_client_config(&self, shelf: &Shelf, call: &Call<'_>) -> Answer {
        Query::read(&call.uri, &[])?;
        let request: ClientConfigRequest = call.json()?;
        let limits = &self.inner.limits;
        let mdm_info = match request.mdm_info {
            None => None,
            Some(info) => {
                let info = info.complete().ok_or_else(|| Refusal::new(9723))?;
                check_lengths(&info, limits)?;
                Some(info)
            }
        };
        let address = match (request.notification_url, request.notification_auth_token) {
            (None, None) => None,
            (Some(url), Some(auth_token)) => {
                for text in [&url, &auth_token] {
                    longer(text, limits.max_notification_length, 9711)?;
                }
                check_url(&url)?;
                Some((url, auth_token))
            }
            (Some(_), None) | (None, Some(_)) => return Err(Refusal::new(9710)),
        };
        if let Some((url, auth_token)) = &address
            && !self.inner.outbox.test(&shelf.uid, url, auth_token).await
        {
            return Err(Refusal::new(9728));
        }
        let answer = {
            let mut library = lock(&shelf.library);
            let former = library.subscription.clone();
            let subscription = match (address, former) {
                (Some((url, auth_token)), former) => {
                    let types = former.map(|former| former.types).unwrap_or_default();
                    Some(Subscription { url, auth_token, types })
                }
                (None, former) => former,
            };
            library.subscription = match (subscription, request.notification_types) {
                (Some(subscription), Some(types)) => {
                    Some(Subscription { types: types.into_iter().collect(), ..subscription })
                }
                // Types without anywhere to send them to.
                (None, Some(types)) if !types.is_empty() => return Err(Refusal::new(9710)),
                (subscription, _) => subscription,
            };
            if mdm_info.is_some() {
                library.mdm_info = mdm_info;
            }
            client_config(&library)?
        };
        if let Err(error) = self.save_later().await {
            tracing::warn!(%error, "the sandbox state was not saved");
        }
        Ok(answer)
    }
}

pub(super) fn read_client_config(shelf: &Shelf, call: &Call<'_>) -> Answer {
    Query::read(&call.uri, &[])?;
    client_config(&lock(&shelf.library))
}

fn client_config(library: &Library) -> Answer {
    let subscription = library.subscription.as_ref();
    let types = subscription.map(|one| one.types.iter().copied()).into_iter().flatten();
    json(&ClientConfig {
        country: &library.country,
        default_platform: library.platform,
        location_name: &library.apple_name,
        mdm_info: library.mdm_info.as_ref(),
        notification_auth_token: subscription.map(|one| one.auth_token.as_str()),
        notification_url: subscription.map(|one| one.url.as_str()),
        subscribed_notification_types: types
            .filter(|one| *one != NotificationType::TestNotification)
            .collect(),
        token_expiration_date: apple_time(library.token.expires),
        u_id: &library.uid,
        website_url: match library.platform {
            Platform::VolumeStore => "https://school.apple.com",
            Platform::EnterpriseStore => "https://business.apple.com",
        },
    })
}

fn check_lengths(info: &MdmInfo, limits: &Limits) -> Result<(), Refusal> {
    let MdmInfo { id, name, metadata } = info;
    longer(metadata, limits.max_mdm_metadata_length, 9713)?;
    longer(id, limits.max_mdm_id_length, 9724)?;
    longer(name, limits.max_mdm_name_length, 9725)
}

fn longer(text: &str, most: u32, number: u32) -> Result<(), Refusal> {
    if text.chars().count() > usize::try_from(most).unwrap_or(usize::MAX) {
        return Err(Refusal::new(number).because(format!("at most {most} characters")));
    }
    Ok(())
}

/// Host and path only, and `https` unless it is this machine.
fn check_url(text: &str) -> Result<(), Refusal> {
    let wrong = |why: &str| Refusal::new(9712).because(why);
    let url = reqwest::Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    let host = url.host_str().ok_or_else(|| wrong("no host"))?;
    let local = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        _ => return Err(wrong("https only")),
    }
    let bare = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if bare { Ok(()) } else { Err(wrong("host and path only")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_go_to_https_or_to_this_machine() {
        for good in ["https://mdm.example.org/vpp", "http://127.0.0.1:8080/n", "http://[::1]/n"] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://mdm.example.org/vpp",
            "https://mdm.example.org/vpp?a=1",
            "https://u:p@mdm.example.org/",
            "ftp://127.0.0.1/",
            "mdm.example.org",
            "",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }
}
