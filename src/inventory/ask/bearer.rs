use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::wire::{Reply, Request};
use super::{Asker, Trouble};

/// How a bearer token is had.
#[async_trait]
pub(in crate::inventory) trait Grant: Send + Sync {
    /// A token. `again` where the last one was refused.
    async fn grant(&self, asker: &Asker) -> Result<Granted, Trouble>;

    /// Whether asking again could give another one.
    fn renews(&self) -> bool {
        true
    }
}

/// A bearer token and how long it lasts.
pub(in crate::inventory) struct Granted {
    pub(in crate::inventory) token: SecretString,
    pub(in crate::inventory) lasts: Option<Duration>,
}

/// A token that is given and does not change.
pub(in crate::inventory) struct Fixed(pub(in crate::inventory) SecretString);

#[async_trait]
impl Grant for Fixed {
    async fn grant(&self, _: &Asker) -> Result<Granted, Trouble> {
        Ok(Granted { token: self.0.clone(), lasts: None })
    }

    fn renews(&self) -> bool {
        false
    }
}

/// So long before its end a token is renewed.
const MARGIN: Duration = Duration::from_mins(1);

/// Asks a server that wants a bearer token, which is renewed when it ends and when it is refused.
pub(in crate::inventory) struct Session {
    pub(in crate::inventory) asker: Asker,
    grant: Box<dyn Grant>,
    held: Mutex<Option<(SecretString, Option<Instant>)>>,
}

impl Session {
    pub(in crate::inventory) fn new(asker: Asker, grant: Box<dyn Grant>) -> Self {
        Self { asker, grant, held: Mutex::default() }
    }

    async fn token(&self) -> Result<SecretString, Trouble> {
        let mut held = self.held.lock().await;
        if let Some((token, until)) = held.as_ref()
            && until.is_none_or(|until| Instant::now() + MARGIN < until)
        {
            return Ok(token.clone());
        }
        let Granted { token, lasts } = self.grant.grant(&self.asker).await?;
        self.asker.keep_out(&token);
        // One that lasts less than the margin is used at least once.
        let until = lasts.and_then(|lasts| Instant::now().checked_add(lasts.max(MARGIN * 2)));
        *held = Some((token.clone(), until));
        Ok(token)
    }

    /// A successful answer.
    pub(in crate::inventory) async fn reply(&self, mut request: Request) -> Result<Reply, Trouble> {
        let reply = self.any_reply(&mut request).await?;
        if (200..300).contains(&reply.status) {
            Ok(reply)
        } else {
            Err(self.asker.refused(&request, &reply))
        }
    }

    /// Any answer that is not an error of the server's own.
    pub(in crate::inventory) async fn any_reply(
        &self,
        request: &mut Request,
    ) -> Result<Reply, Trouble> {
        request.bearer = Some(self.token().await?);
        let reply = self.asker.ask(request).await?;
        if reply.status != 401 || !self.grant.renews() {
            return Ok(reply);
        }
        // Once: a new token that is refused too is not a matter of time.
        *self.held.lock().await = None;
        request.bearer = Some(self.token().await?);
        self.asker.ask(request).await
    }

    /// The JSON of a successful answer.
    pub(in crate::inventory) async fn json<T: DeserializeOwned>(
        &self,
        request: Request,
    ) -> Result<T, Trouble> {
        let call = request.call();
        let reply = self.reply(request).await?;
        self.asker.parse(&call, &reply.body)
    }
}

/// The token of an OAuth answer.
pub(in crate::inventory) async fn granted(
    asker: &Asker,
    request: &Request,
) -> Result<Granted, Trouble> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        #[serde(default)]
        expires_in: Option<u64>,
    }
    let reply = asker.success(request).await?;
    let Answer { access_token, expires_in } = asker.parse(&request.call(), &reply.body)?;
    let token = SecretString::from(access_token);
    Ok(Granted { token, lasts: expires_in.map(Duration::from_secs) })
}
