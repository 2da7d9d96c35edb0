//! Subscriptions: compared, reported, and cut into requests.

mod model;
mod place;
mod report;
mod requests;

pub use model::{
    AdministratorAction, AdministratorChange, SeatAction, SeatChange, SeatInaction,
    SeatInactionKind, SeatRow, SeatSummary, SubscriptionPlan, UnmanagedSeats,
};
pub use requests::{SeatRectangle, seat_rectangles};

pub(super) use place::{Seated, seat_all};
pub(super) use report::subscriptions;
