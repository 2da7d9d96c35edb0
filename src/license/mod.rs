//! The words of the field: what is licensed (an asset) and who holds it (a holder).
//!
//! Sets of holders are compressed bitmaps over the numbers a [`Roster`] hands out, so that
//! comparing a million assignments is a handful of bitmap operations and nothing keeps a struct
//! per assignment.

mod asset;
mod holder;
mod holder_set;
mod roster;
mod saved;
mod user;

pub use asset::{AdamId, Asset, AssetKind, InvalidAdamId, PricingParam};
pub use holder::{ClientUserId, Holder, HolderRef, InvalidSerial, SerialNumber};
pub use holder_set::HolderSet;
pub use roster::{HolderId, Roster, RosterFull};
pub use saved::{Renumbered, write_names, write_set};
pub use user::UserDetails;
