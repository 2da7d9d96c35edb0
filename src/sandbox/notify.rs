//! Delivers notifications: best effort, three attempts, in no order. Apple's page:
//! subscribing-to-notifications.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::wire::{Notification, NotificationType};
use super::{Sandbox, Shelf, lock};

/// What became of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Apple's name of the type.
    pub notification_type: String,
    /// How often it was sent.
    pub attempts: u32,
    /// Whether somebody answered 2xx.
    pub delivered: bool,
}

/// Notifications on their way out.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<VecDeque<Parcel>>,
    bell: Notify,
    deliveries: Mutex<Vec<Delivery>>,
    sent: AtomicU64,
    client: OnceLock<Option<reqwest::Client>>,
}

#[derive(Debug, Clone)]
struct Parcel {
    url: String,
    auth_token: String,
    kind: NotificationType,
    body: String,
}

/// Attempts for one notification.
const ATTEMPTS: u32 = 3;
/// Deliveries at the same time.
const AT_ONCE: usize = 8;
/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Letter<'a> {
    notification_id: Uuid,
    notification_type: NotificationType,
    notification: &'a Notification,
    u_id: &'a str,
}

impl Outbox {
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.deliveries).clone()
    }

    fn parcel(&self, uid: &str, url: &str, auth_token: &str, what: &Notification) -> Parcel {
        let sent = self.sent.fetch_add(1, Ordering::SeqCst);
        let name = format!("vpp-sandbox/{uid}/notification/{sent}");
        let letter = Letter {
            notification_id: Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()),
            notification_type: what.kind(),
            notification: what,
            u_id: uid,
        };
        Parcel {
            url: url.to_owned(),
            auth_token: auth_token.to_owned(),
            kind: what.kind(),
            // Strings, numbers and lists: this cannot fail.
            body: serde_json::to_string(&letter).unwrap_or_default(),
        }
    }

    /// Made when first needed: most sandboxes never notify anybody.
    fn client(&self) -> Option<&reqwest::Client> {
        let made = self.client.get_or_init(|| {
            reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(PATIENCE)
                .build()
                .ok()
        });
        made.as_ref()
    }

    async fn try_once(&self, parcel: &Parcel) -> bool {
        let Some(client) = self.client() else { return false };
        let request = client
            .post(&parcel.url)
            .bearer_auth(&parcel.auth_token)
            .header("content-type", "application/json; charset=utf-8")
            .body(parcel.body.clone());
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    fn note(&self, kind: NotificationType, attempts: u32, delivered: bool) {
        let name = serde_json::to_value(kind).ok();
        let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or_default();
        lock(&self.deliveries).push(Delivery {
            notification_type: name.to_owned(),
            attempts,
            delivered,
        });
    }

    /// Sends a TEST_NOTIFICATION once and says whether it was taken.
    pub(crate) async fn test(&self, uid: &str, url: &str, auth_token: &str) -> bool {
        let parcel = self.parcel(uid, url, auth_token, &Notification::Test {});
        let delivered = self.try_once(&parcel).await;
        self.note(parcel.kind, 1, delivered);
        delivered
    }
}

impl Sandbox {
    /// Puts notifications on their way, where the location has subscribed to their type.
    pub(crate) fn post(&self, shelf: &Shelf, notices: &[Notification]) {
        if notices.is_empty() {
            return;
        }
        let Some(to) = lock(&shelf.library).subscription.clone() else { return };
        let outbox = &self.inner.outbox;
        let mut waiting = lock(&outbox.waiting);
        for notice in notices.iter().filter(|notice| to.types.contains(&notice.kind())) {
            waiting.push_back(outbox.parcel(&shelf.uid, &to.url, &to.auth_token, notice));
        }
        drop(waiting);
        outbox.bell.notify_one();
    }
}

/// Delivers until it is stopped.
pub(crate) async fn run(sandbox: Sandbox) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut under_way = JoinSet::new();
    loop {
        let rung = sandbox.inner.outbox.bell.notified();
        let next = lock(&sandbox.inner.outbox.waiting).pop_front();
        let Some(parcel) = next else {
            rung.await;
            continue;
        };
        while under_way.try_join_next().is_some() {}
        let Ok(seat) = Arc::clone(&room).acquire_owned().await else { return };
        let sandbox = sandbox.clone();
        under_way.spawn(async move {
            deliver(&sandbox, &parcel).await;
            drop(seat);
        });
    }
}

async fn deliver(sandbox: &Sandbox, parcel: &Parcel) {
    let outbox = &sandbox.inner.outbox;
    for attempt in 1..=ATTEMPTS {
        if outbox.try_once(parcel).await {
            outbox.note(parcel.kind, attempt, true);
            return;
        }
        if attempt < ATTEMPTS {
            tokio::time::sleep(sandbox.inner.options.notification_retry).await;
        }
    }
    outbox.note(parcel.kind, ATTEMPTS, false);
}
