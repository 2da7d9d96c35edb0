//! Getting a license back from somebody who has the app: uninstall, prove, release, verify.
//!
//! One pure state machine. [`advance`] takes a reclaim, what is [`Seen`] and the time, and gives the
//! reclaim after that with what is to be done next ([`Act`]). It sends nothing and asks nobody; the
//! room `apply` carries its acts out and keeps reclaims in the store between runs.
//!
//! **Architecture invariant:** a license is released only after every device it serves took the
//! removal as done, or said that it does not manage the app, and then, in a list made after that,
//! showed the app absent. The one exception is written in a manifest: `whenGone: release`. Silence,
//! an older list, a list of another scope, a time limit: none of these is a proof.

mod advance;
mod answer;
mod command;
mod record;
mod rules;
mod seen;
mod standing;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use advance::advance;
pub use command::{install_id, list_id, remove_id};
pub use record::{Bar, Closing, Listing, Obstacle, Phase, Question, Reclaim, Step, Target};
pub use rules::{Rules, WhenGone};
pub use seen::{Act, Seen};
pub use standing::{Stage, stages};
