use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use super::Reader;
use super::error::{AppleError, CallName};
use super::judge::Good;
use super::reply::{ClientConfig, EventId, EventState, EventStatus, RawClientConfig, RawEvent};
use super::wire::Request;
use crate::actual::MdmInfo;
use crate::license::{Asset, ClientUserId, SerialNumber, UserDetails};

/// Writes in one location, and reads it.
///
/// Before its first write it makes sure which library the token opens and who owns it; it refuses
/// to write where another owner holds the location. A write that got no legible answer is never
/// sent again ([`AppleError::Unknown`]): what became of it is found out by reading. The same goes
/// for a call that was dropped on its way.
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
}

/// Assets × holders of one associate or disassociate request (`ManageAssetsRequest`).
///
/// Nothing may be named twice, and the location's [`crate::actual::Limits`] hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManageAssets {
    /// Assets; at least one.
    pub assets: Vec<Asset>,
    /// People. With no device, at least one.
    #[serde(default)]
    pub users: Vec<ClientUserId>,
    /// Devices. With no person, at least one.
    #[serde(default)]
    pub devices: Vec<SerialNumber>,
}

/// Holders everything revocable is taken back from (`RevokeAssetsRequest`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeAssets {
    /// People.
    #[serde(default)]
    pub users: Vec<ClientUserId>,
    /// Devices.
    #[serde(default)]
    pub devices: Vec<SerialNumber>,
}

/// What to change in a location's set-up (`ClientConfigRequest`). What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ClientConfigChange {
    /// Claims the location, or takes it over: all three parts must be given.
    pub owner: Option<MdmInfo>,
    /// Where notifications go, and which.
    pub notifications: Option<Notifications>,
}

/// A subscription to notifications, whole: Apple forgets the former one.
#[derive(Clone)]
pub struct Notifications {
    /// An https address.
    pub url: String,
    /// What Apple sends along as bearer token.
    pub auth_token: secrecy::SecretString,
    /// Apple's names of the kinds wanted.
    pub types: Vec<String>,
}

impl std::fmt::Debug for Notifications {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifications")
            .field("url", &self.url)
            .field("types", &self.types)
            .finish_non_exhaustive()
    }
}

impl ManageAssets {
    /// How many pairs of asset and holder.
    pub fn pairs(&self) -> usize {
        self.assets.len() * (self.users.len() + self.devices.len())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    assets: Option<&'a [Asset]>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    client_user_ids: &'a [ClientUserId],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    serial_numbers: &'a [SerialNumber],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestUser<'a> {
    client_user_id: &'a ClientUserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_apple_id: Option<&'a str>,
}

impl<'a> From<&'a UserDetails> for RequestUser<'a> {
    fn from(user: &'a UserDetails) -> Self {
        let UserDetails { client_user_id, email, managed_apple_id } = user;
        Self {
            client_user_id,
            email: email.as_deref(),
            managed_apple_id: managed_apple_id.as_deref(),
        }
    }
}

impl Writer {
    /// A writer over the reader's connection.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// The reading side.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Gives the licenses of every asset to every holder. The event is only accepted work:
    /// nothing is assigned until reading says so.
    pub async fn associate(&self, what: &ManageAssets) -> Result<EventId, AppleError> {
        self.manage("associateAssets", "assets/associate", what).await
    }

    /// Takes the licenses of every asset back from every holder.
    pub async fn disassociate(&self, what: &ManageAssets) -> Result<EventId, AppleError> {
        self.manage("disassociateAssets", "assets/disassociate", what).await
    }

    /// Takes everything revocable back from these holders, whatever it is.
    pub async fn revoke(&self, what: &RevokeAssets) -> Result<EventId, AppleError> {
        let RevokeAssets { users, devices } = what;
        let body = Body { assets: None, client_user_ids: users, serial_numbers: devices };
        self.event("revokeAssets", "assets/revoke", &body).await
    }

    /// Registers people.
    pub async fn create_users(&self, users: &[UserDetails]) -> Result<EventId, AppleError> {
        self.users("createUsers", "users/create", users.iter().map(RequestUser::from)).await
    }

    /// Changes people's e-mail addresses and Managed Apple Accounts.
    pub async fn update_users(&self, users: &[UserDetails]) -> Result<EventId, AppleError> {
        self.users("updateUsers", "users/update", users.iter().map(RequestUser::from)).await
    }

    /// Retires people: their revocable licenses come back, books do not.
    pub async fn retire_users(&self, users: &[ClientUserId]) -> Result<EventId, AppleError> {
        let users = users.iter().map(|client_user_id| RequestUser {
            client_user_id,
            email: None,
            managed_apple_id: None,
        });
        self.users("retireUsers", "users/retire", users).await
    }

    /// Claims a location or changes its notifications; takes effect at once.
    ///
    /// The owner is not checked: this is how a location is claimed and taken over. From then on
    /// this session writes as the owner it set.
    pub async fn set_client_config(
        &self,
        change: &ClientConfigChange,
    ) -> Result<ClientConfig, AppleError> {
        use secrecy::ExposeSecret;

        let call = self.reader.session.name("POST", "client/config");
        self.introduce().await?;
        let mut body = serde_json::Map::new();
        if let Some(owner) = &change.owner {
            body.insert("mdmInfo".to_owned(), json!(owner));
        }
        if let Some(Notifications { url, auth_token, types }) = &change.notifications {
            body.insert("notificationUrl".to_owned(), json!(url));
            body.insert("notificationAuthToken".to_owned(), json!(auth_token.expose_secret()));
            body.insert("notificationTypes".to_owned(), json!(types));
        }
        let good = self.post(&call, "clientConfig", "client/config", &body).await?;
        let raw: RawClientConfig = self.parse_written(&call, &good)?;
        let mut config = ClientConfig::from(raw);
        if config.owner.is_none() {
            config.owner.clone_from(&change.owner);
        }
        if change.owner.is_some() {
            self.reader.session.note_owner(config.owner.as_ref(), true);
        }
        Ok(config)
    }

    /// Follows an event to its end, or until the time for following is up; then it is reported as
    /// pending. The first question comes after 2 s, the next ones every 30 s (see
    /// [`super::Connection::poll_interval`]). A question that gets no answer is asked again.
    ///
    /// # Errors
    /// Only where nothing more can be learned in this location, such as a revoked token. The
    /// event goes on at Apple all the same.
    pub async fn settle(&self, event: &EventId) -> Result<EventStatus, AppleError> {
        let settings = &self.reader.session.settings;
        let deadline = Instant::now() + settings.poll_budget;
        let mut last = EventStatus::bare(event.clone(), EventState::Pending);
        let mut next = settings.first_poll;
        loop {
            if Instant::now() + next > deadline {
                sleep_until(deadline).await;
                next = std::time::Duration::ZERO;
            }
            sleep(next).await;
            match self.reader.status(event).await {
                Ok(status) if status.is_settled() => return Ok(status),
                Ok(status) => last = status,
                Err(error) if error.stops_location() => return Err(error),
                Err(error) => tracing::warn!(%event, %error, "the event's state was not learned"),
            }
            if Instant::now() >= deadline {
                return Ok(last);
            }
            next = settings.poll_interval;
        }
    }

    async fn manage(
        &self,
        key: &str,
        path: &str,
        what: &ManageAssets,
    ) -> Result<EventId, AppleError> {
        let ManageAssets { assets, users, devices } = what;
        let body = Body { assets: Some(assets), client_user_ids: users, serial_numbers: devices };
        self.event(key, path, &body).await
    }

    async fn users<'a>(
        &self,
        key: &str,
        path: &str,
        users: impl Iterator<Item = RequestUser<'a>>,
    ) -> Result<EventId, AppleError> {
        self.event(key, path, &json!({ "users": users.collect::<Vec<_>>() })).await
    }

    pub(super) async fn event(
        &self,
        key: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<EventId, AppleError> {
        let call = self.reader.session.name("POST", path);
        self.introduce().await?;
        self.reader.session.may_write(&call)?;
        let good = self.post(&call, key, path, body).await?;
        let raw: RawEvent = self.parse_written(&call, &good)?;
        raw.id().ok_or_else(|| AppleError::Unknown {
            call,
            reason: "the answer names no event".to_owned(),
        })
    }

    /// Nothing is written before the library and its owner are known.
    pub(super) async fn introduce(&self) -> Result<(), AppleError> {
        if !self.reader.session.is_introduced() {
            self.reader.client_config().await?;
        }
        if self.reader.session.is_introduced() {
            return Ok(());
        }
        Err(AppleError::Protocol {
            call: self.reader.session.name("GET", "client/config"),
            status: 200,
            content_type: None,
            reason: "it does not say which library it speaks of (uId)".to_owned(),
            start: String::new(),
        })
    }

    async fn post(
        &self,
        call: &CallName,
        key: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Good, AppleError> {
        let body = serde_json::to_vec(body).map_err(|error| AppleError::Setup {
            reason: format!("a request could not be written as JSON: {error}"),
        })?;
        self.post_bytes(call, key, path, body).await
    }

    pub(super) async fn post_bytes(
        &self,
        call: &CallName,
        key: &str,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Good, AppleError> {
        let url = self.reader.session.url(key, path).await?;
        let request = Request { url, body: Some(body), with_token: true };
        self.reader.session.exchange(call, &request).await
    }

    /// Parses the answer to a write. Where it is not legible the write may have happened.
    pub(super) fn parse_written<'a, T>(
        &self,
        call: &CallName,
        good: &'a Good,
    ) -> Result<T, AppleError>
    where
        T: Deserialize<'a> + super::reply::Enveloped,
    {
        let parsed = self.reader.session.parse_checked(call, good);
        if let Err(AppleError::Protocol { reason, .. }) = parsed {
            let reason = format!("the answer is not Apple's ({reason})");
            return Err(AppleError::Unknown { call: call.clone(), reason });
        }
        parsed
    }
}
