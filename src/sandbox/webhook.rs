//! Tells a webhook what devices answer. Nothing is told twice: what its receiver does not take is
//! lost for good, as with the real servers.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;

use super::mdm::Telling;
use super::world::WebhookSeed;
use super::{Sandbox, lock};

/// What became of an event for the webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// `mdm.Connect`, `mdm.Authenticate`, `mdm.TokenUpdate`, `mdm.CheckOut`.
    pub topic: String,
    /// Whether the receiver answered 2xx. If not, it is lost.
    pub taken: bool,
}

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells until it is stopped.
pub(crate) async fn run(sandbox: Sandbox) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::warn!(%error, "no webhook is told anything");
            return;
        }
    };
    loop {
        let rung = sandbox.inner.mdm_bell.notified();
        sandbox.tell_webhook(&client).await;
        match sandbox.next_telling() {
            Some(wait) => {
                tokio::select! {
                    () = rung => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
            None => rung.await,
        }
    }
}

impl Sandbox {
    /// Where devices' answers are told from now on; `None`: nowhere.
    pub fn set_webhook(&self, webhook: Option<WebhookSeed>) {
        self.with_mdm(|server, _| server.settings.webhook = webhook);
        self.inner.mdm_bell.notify_one();
    }

    /// What the webhook was told, oldest first.
    pub fn told(&self) -> Vec<Told> {
        lock(&self.inner.told).clone()
    }

    /// How long until a device does something without being asked; `None` where nobody is told.
    fn next_telling(&self) -> Option<Duration> {
        let server = lock(&self.inner.mdm);
        server.settings.webhook.as_ref()?;
        let due = server.next_due()?;
        Some(Duration::try_from(due.duration_since(self.inner.clock.now())).unwrap_or_default())
    }

    async fn tell_webhook(&self, client: &reqwest::Client) {
        if lock(&self.inner.mdm).settings.webhook.is_none() {
            return;
        }
        let (webhook, tellings) = self.with_mdm(|server, _| {
            (server.settings.webhook.clone(), std::mem::take(&mut server.outgoing))
        });
        let Some(webhook) = webhook else { return };
        for telling in tellings {
            let taken = tell(client, &webhook, &telling).await;
            lock(&self.inner.told).push(Told { topic: telling.topic.to_owned(), taken });
        }
    }
}

async fn tell(client: &reqwest::Client, webhook: &WebhookSeed, telling: &Telling) -> bool {
    // Text and times: this cannot fail.
    let body = serde_json::to_vec(telling).unwrap_or_default();
    let mut request = client.post(&webhook.url).header("content-type", "application/json");
    if let Some(key) = &webhook.key
        && let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes())
    {
        mac.update(&body);
        request = request.header("x-hmac-signature", STANDARD.encode(mac.finalize().into_bytes()));
    }
    request.body(body).send().await.is_ok_and(|answer| answer.status().is_success())
}
