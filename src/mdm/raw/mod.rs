//! Raw commands, for servers that hand them through: property lists out, property lists in.
//!
//! **Architecture invariant:** what cannot be read is never "absent". A list that is missing, cut off,
//! of another shape or with an entry that has no identifier is [`super::Presence::Unknown`].

mod answer;
mod build;
mod fault;
mod shape;

pub(super) use answer::{Answer, State, standing};
pub(super) use build::command;
pub(super) use fault::by_words as fault;
pub(super) use shape::read;
