use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use serde::Serialize;

use super::lock;

/// A request the sandbox was sent below `/mdm/v2/`. Credentials and bodies are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// When it arrived, from the start of the sandbox.
    pub at: Duration,
    /// `GET`, `POST`, …
    pub method: String,
    /// Below `/mdm/v2/`: `assets/associate`.
    pub path: String,
    /// The query as it was sent, without the `?`.
    pub query: String,
    /// The location whose token it carried.
    pub location: Option<String>,
    /// Status of the answer, also of one that was lost.
    pub status: u16,
    /// Apple's number where the answer was an error.
    pub error_number: Option<u32>,
    /// Tasks the request asked for: assets times holders, or people. 0 for reads.
    pub pairs: u64,
    /// The connection was closed without an answer.
    pub lost: bool,
    /// Requests of the location under way at the same time, this one included.
    pub at_once: usize,
}

/// A request the device-management server was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MdmRequest {
    /// When it arrived, from the start of the sandbox.
    pub at: Duration,
    /// `GET`, `POST`, …
    pub method: String,
    /// Below `/_mdm/`: `commands`.
    pub path: String,
    /// Status of the answer, also of one that was lost.
    pub status: u16,
    /// Commands or devices it was about.
    pub items: usize,
    /// The connection was closed without an answer.
    pub lost: bool,
}

/// What somebody else changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meddling {
    /// When, from the start of the sandbox.
    pub at: Duration,
    /// The location's name.
    pub location: String,
    /// The asset.
    pub adam_id: String,
    /// Its price.
    pub pricing_param: String,
    /// Serial number or `clientUserId`.
    pub holder: String,
    /// Given, or else taken.
    pub added: bool,
}

/// How many of each are remembered.
const MOST: usize = 200_000;

#[derive(Debug, Default)]
pub(crate) struct Journal {
    requests: Mutex<VecDeque<LoggedRequest>>,
    mdm_requests: Mutex<VecDeque<MdmRequest>>,
    meddling: Mutex<VecDeque<Meddling>>,
}

impl Journal {
    pub(crate) fn request(&self, request: LoggedRequest) {
        push(&self.requests, request);
    }

    pub(crate) fn mdm_request(&self, request: MdmRequest) {
        push(&self.mdm_requests, request);
    }

    pub(crate) fn meddled(&self, meddling: Meddling) {
        push(&self.meddling, meddling);
    }

    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.requests).iter().cloned().collect()
    }

    pub(crate) fn mdm_requests(&self) -> Vec<MdmRequest> {
        lock(&self.mdm_requests).iter().cloned().collect()
    }

    pub(crate) fn meddling(&self) -> Vec<Meddling> {
        lock(&self.meddling).iter().cloned().collect()
    }
}

fn push<T>(to: &Mutex<VecDeque<T>>, item: T) {
    let mut list = lock(to);
    if list.len() == MOST {
        list.pop_front();
    }
    list.push_back(item);
}
