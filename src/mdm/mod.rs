//! Device-management servers: the hand that removes an app and the eye that sees it gone.
//!
//! One trait, [`Mdm`], one file per server. A driver carries commands out and answers in; it decides
//! nothing. Whether a license may come back is decided by the room `reclaim`, from what drivers say.
//!
//! **Architecture invariant:** a driver never turns silence into an answer. What a server does not
//! say, or says in a way that cannot be read, is [`Standing::Waiting`] or [`Presence::Unknown`], never
//! "absent".

mod command;
mod device;
mod error;
pub mod event;
mod exec;
mod fleet;
mod heard;
mod http;
mod micro;
mod nano;
mod open;
mod raw;
mod sandbox;

pub use command::{AppsReply, Ask, Command, Delivery, Fault, Order, Presence, Scope, Standing};
pub use device::{Device, Enrolment, Platform};
pub use error::MdmError;
pub use open::{Surroundings, open, secret};
pub use sandbox::Sandbox;

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;

/// What a server can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it installs apps.
    pub install: bool,
    /// Whether answers come by webhook (`vpp receive`) and are only there once received.
    pub pushed: bool,
    /// Whether the server refuses a command whose id it has seen ([`Delivery::Known`]). Elsewhere
    /// the same command sent twice is carried out twice.
    pub refuses_repeats: bool,
    /// Whether a device that [`Mdm::devices`] does not list is certainly not enrolled. Elsewhere its
    /// absence says nothing: the server has no list, and a device may only not have been heard of.
    pub lists_all: bool,
    /// Devices a single request may carry.
    pub batch: usize,
}

/// A device-management server.
#[async_trait]
pub trait Mdm: Send + Sync + std::fmt::Debug {
    /// Name of its manifest.
    fn name(&self) -> &str;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Every device it knows, complete.
    ///
    /// # Errors
    /// [`MdmError`], also where the list may not be whole.
    async fn devices(&self) -> Result<Vec<Device>, MdmError>;

    /// Hands commands to the server; one answer per command, in their order. It batches as the
    /// server allows and keeps to the server's pace.
    async fn send(&self, commands: &[Command], now: Timestamp) -> Vec<Delivery>;

    /// What has become of commands sent earlier; one answer each, in their order.
    ///
    /// # Errors
    /// Where the server, or what it told us, cannot be read: then nothing is known of any of them.
    async fn standing(&self, asks: &[Ask], now: Timestamp) -> Result<Vec<Standing>, MdmError>;
}

/// Whether the device has lost a command: by its enrolment as the caller knows it.
fn gone(ask: &Ask) -> Option<Standing> {
    let Device { enrolment, enrolled_at, last_seen, .. } = &ask.device;
    let enrolled = *enrolment != Enrolment::None;
    if let Some(at) = enrolled_at.filter(|at| *at > ask.sent_at) {
        let why = "the device enrolled anew".to_owned();
        return Some(Standing::Lost { at, why, enrolled });
    }
    if enrolled {
        return None;
    }
    let at = last_seen.map_or(ask.sent_at, |seen| seen.max(ask.sent_at));
    let why = "the device is not enrolled any more".to_owned();
    Some(Standing::Lost { at, why, enrolled })
}

/// What these come to, in their order, with so many under way at once.
async fn together<F: Future>(futures: impl Iterator<Item = F>, at_once: usize) -> Vec<F::Output> {
    let futures: Vec<_> = futures.collect();
    stream::iter(futures).buffered(at_once).collect().await
}
