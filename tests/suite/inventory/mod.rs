//! What inventories take in and what they refuse.

mod csv;
mod exec;
mod filter;
pub(crate) mod world;
