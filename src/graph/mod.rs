//! Microsoft Graph: signing in, single requests, lists over many pages, batches.
//!
//! Everything that is the same for whoever asks Graph something, Intune's apps or Entra's groups. What
//! the answers mean is not known here.
//!
//! - A list is complete or an error: a page that is missing, comes twice or leads elsewhere is never a
//!   shorter list.
//! - Nothing secret goes to another address than the one the settings name, and redirects are not
//!   followed. Addresses are https, or http on this machine.
//! - A read is repeated within one budget of time; a write only where the answer proves that nothing
//!   was done (429). What became of any other write is told by reading.

mod address;
mod batch;
mod client;
mod credential;
mod error;
mod http;
mod options;
mod page;
mod wire;

pub use address::{Address, AddressError};
pub use client::{Answer, Graph};
pub use credential::{Credential, Proof};
pub use error::{Call, GraphError};
pub use http::HttpWire;
pub use options::{Options, Version};
pub use wire::{Body, Failure, Reply, Request, Wire};
