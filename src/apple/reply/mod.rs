//! What Apple answers. Every field may be missing or null; unknown ones are ignored.

mod assets;
mod assignments;
mod config;
mod page;
mod status;
mod stream;
mod subscriptions;
mod text;
mod users;

pub use assets::AssetRecord;
pub use assignments::{AssignmentRecord, RecordError};
pub use config::{ClientConfig, ServiceConfig};
pub use page::{Answer, Assets, Assignments, Frame, Page, PageError, PageKind, Users};
pub use status::{EventId, EventState, EventStatus, EventType, Failure};
pub use subscriptions::{
    Administrators, CursorKind, CursorPage, SeatRecord, Seats, SubscriptionRecord, Subscriptions,
};
pub use text::Text;
pub use users::UserEntry;

pub(super) use config::{RawClientConfig, RawServiceConfig};
pub(super) use status::{RawEvent, RawStatus};
pub(super) use subscriptions::RawPart;

use serde::Deserialize;

use crate::actual::MdmInfo;

/// What nearly every answer says about the location.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    pub(super) uid: Option<&'a str>,
    pub(super) owner: Option<MdmInfo>,
    pub(super) expires: Option<&'a str>,
}

pub(super) trait Enveloped {
    fn envelope(&self) -> Envelope<'_>;
}

/// `mdmInfo` as it comes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RawMdmInfo {
    id: Option<String>,
    name: Option<String>,
    metadata: Option<String>,
}

impl RawMdmInfo {
    /// The owner; `None` where it has no id, which is nobody.
    pub(super) fn owner(&self) -> Option<MdmInfo> {
        let id = self.id.clone().filter(|id| !id.trim().is_empty())?;
        Some(MdmInfo {
            id,
            name: self.name.clone().unwrap_or_default(),
            metadata: self.metadata.clone().unwrap_or_default(),
        })
    }
}
