//! Apple's App, Book and Subscription Management API, v2: token, wire types, pages, limits, errors, events.
//!
//! [`Connection`] makes a [`Reader`], which can send nothing but GET; only a [`Writer`] writes.
//! Both share one pace per token: at most 5 requests at once and no more in a second than Apple
//! allows.
//!
//! **Architecture invariant:** the token goes to the endpoint's own origin and nowhere else, and
//! appears in no text that leaves this room.

pub mod codes;
mod connection;
mod endpoint;
mod error;
mod filter;
mod gate;
mod judge;
pub mod lookup;
mod number;
mod reader;
mod reply;
mod scrub;
mod session;
mod subscriptions;
mod time;
mod token;
mod wire;
mod writer;

pub use codes::CODES;
pub use connection::{Connection, OwnerPolicy};
pub use endpoint::{Endpoint, EndpointError};
pub(crate) use error::clean;
pub use error::{AppleError, CallName, Said};
pub use filter::{AssetFilter, AssignmentFilter, UserFilter};
pub use number::{Class, ERROR_NUMBERS, ErrorNumber, TokenProblem, error_number};
pub use reader::Reader;
pub use reply::{
    Administrators, Answer, AssetRecord, Assets, AssignmentRecord, Assignments, ClientConfig,
    CursorKind, CursorPage, EventId, EventState, EventStatus, EventType, Failure, Frame, Page,
    PageError, PageKind, RecordError, SeatRecord, Seats, ServiceConfig, SubscriptionRecord,
    Subscriptions, Text, UserEntry, Users,
};
pub(crate) use scrub::Scrubber;
pub use subscriptions::{ManageSeats, SeatFilter};
pub use token::{Token, TokenError};
pub use writer::{ClientConfigChange, ManageAssets, Notifications, RevokeAssets, Writer};

#[cfg(test)]
mod tests;
