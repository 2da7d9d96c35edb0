//! The apple room from outside: a fake Apple over real sockets, of its own making.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail loudly")]

mod fake;
mod moving;
mod reading;
mod secrecy;
mod since;
mod size;
mod wire;
