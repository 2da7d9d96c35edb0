use std::sync::Arc;

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Writer;
use super::error::{AppleError, CallName};
use super::filter::{AssetFilter, AssignmentFilter, Query, ToQuery, UserFilter};
use super::judge::Good;
use super::reply::{
    Answer, Assets, Assignments, ClientConfig, EventId, EventState, EventStatus, RawClientConfig,
    RawStatus, ServiceConfig, Users,
};
use super::session::Session;
use super::wire::Request;
use crate::actual::{Limits, MdmInfo};
use crate::web;

/// Reads one location. It has no way to send anything but GET.
///
/// Clones share the connection, its pace and what its answers have told.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) session: Arc<Session>,
}

/// What Apple's documentation shows for `urls.invitationEmail`.
const INVITATION: &str = "https://buy.itunes.apple.com/WebObjects/MZFinance.woa/wa/\
    associateVPPUserWithITSAccount?inviteCode=%25inviteCode%25&mt=8";

impl Reader {
    pub(super) fn new(session: Session) -> Self {
        Self { session: Arc::new(session) }
    }

    /// The same location, to write in.
    pub fn into_writer(self) -> Writer {
        Writer::new(self)
    }

    /// Apple's limits and addresses: read now, or not longer than five minutes ago.
    pub async fn service_config(&self) -> Result<Arc<ServiceConfig>, AppleError> {
        self.session.config().await
    }

    /// How the location is set up, who owns it, and when the token ends.
    pub async fn client_config(&self) -> Result<ClientConfig, AppleError> {
        let call = self.session.name("GET", "client/config");
        let good = self.get(&call, "clientConfig", "client/config", &Query::default()).await?;
        let raw: RawClientConfig = self.session.parse_checked(&call, &good)?;
        let config = ClientConfig::from(raw);
        self.session.note_owner(config.owner.as_ref(), false);
        Ok(config)
    }

    /// One page of the assets, from page 0.
    pub async fn assets(
        &self,
        filter: &AssetFilter,
        page: u32,
    ) -> Result<Answer<Assets>, AppleError> {
        self.page(("getAssets", "assets"), filter.adam_id, filter, page).await
    }

    /// One page of the assignments, from page 0.
    pub async fn assignments(
        &self,
        filter: &AssignmentFilter,
        page: u32,
    ) -> Result<Answer<Assignments>, AppleError> {
        self.page(("getAssignments", "assignments"), filter.adam_id, filter, page).await
    }

    /// One page of the users, from page 0.
    pub async fn users(&self, filter: &UserFilter, page: u32) -> Result<Answer<Users>, AppleError> {
        self.page(("getUsers", "users"), None, filter, page).await
    }

    /// How far an event is. One that Apple does not know is [`EventState::Forgotten`].
    pub async fn status(&self, event: &EventId) -> Result<EventStatus, AppleError> {
        let call = self.session.name("GET", format!("status (event {event})"));
        let query = Query::one("eventId", event.as_str());
        let good = match self.get(&call, "eventStatus", "status", &query).await {
            Ok(good) => good,
            Err(error) if error.number() == Some(9708) => {
                return Ok(EventStatus::bare(event.clone(), EventState::Forgotten));
            }
            Err(error) => return Err(error),
        };
        let raw: RawStatus = self.session.parse_checked(&call, &good)?;
        let mut status = raw.into_status(event.clone());
        for failure in &mut status.failures {
            failure.message = self.session.line(&failure.message);
        }
        Ok(status)
    }

    /// What one request may carry, by Apple's latest word; as documented before the first.
    pub fn limits(&self) -> Limits {
        self.session.last_config().map_or_else(Limits::default, |config| config.limits)
    }

    /// How many requests this reader, its clones and its writer have sent, every try counted.
    pub fn requests(&self) -> u64 {
        self.session.requests()
    }

    /// The library (`uId`) that has answered; `None` before the first answer that says so.
    pub fn uid(&self) -> Option<String> {
        self.session.uid()
    }

    /// Where it asks, without what the token says.
    pub fn endpoint(&self) -> String {
        self.session.endpoint.to_string()
    }

    /// The owner the latest answer named.
    pub fn owner(&self) -> Option<MdmInfo> {
        self.session.owner()
    }

    /// When the token ends, by Apple's latest word, else by what the token itself says.
    pub fn token_expires(&self) -> Option<Timestamp> {
        self.session.expires()
    }

    /// Name of the location, for messages.
    pub fn location(&self) -> Option<&str> {
        self.session.settings.location.as_deref()
    }

    /// No more requests at once than this do any good.
    pub fn at_once(&self) -> usize {
        self.session.settings.at_once
    }

    /// Rests for a while between two rounds of the same questions, longer each round.
    pub(crate) async fn rest(&self, round: u32) {
        tokio::time::sleep(web::pause(self.session.settings.first_backoff, round)).await;
    }

    /// Where a person accepts an invitation, from the code of their user record.
    pub fn invitation_url(&self, code: &str) -> String {
        let config = self.session.last_config();
        let template = config
            .as_ref()
            .and_then(|config| config.urls.get("invitationEmail"))
            .filter(|url| url.starts_with("https://") && url.contains("%25inviteCode%25"))
            .map_or(INVITATION, String::as_str);
        let code = utf8_percent_encode(code, NON_ALPHANUMERIC).to_string();
        template.replace("%25inviteCode%25", &code)
    }

    async fn page<K>(
        &self,
        (key, path): (&str, &str),
        adam_id: Option<crate::license::AdamId>,
        filter: &impl ToQuery,
        page: u32,
    ) -> Result<Answer<K>, AppleError> {
        let of = adam_id.map(|id| format!("adamId {id}, ")).unwrap_or_default();
        let call = self.session.name("GET", format!("{path} ({of}page {page})"));
        let good = self.get(&call, key, path, &filter.query().page(page)).await?;
        Ok(Answer::new(self.session.clone(), call, good, page))
    }

    pub(super) async fn get(
        &self,
        call: &CallName,
        key: &str,
        path: &str,
        query: &Query,
    ) -> Result<Good, AppleError> {
        let mut url = self.session.url(key, path).await?;
        query.write_to(&mut url);
        self.session.exchange(call, &Request { url, body: None, with_token: true }).await
    }
}
