//! The sandbox room from outside: plain HTTP, as any client would speak it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests are not inside of `#[test]`, where these are allowed anyway"
)]

mod apple;
mod auth;
mod bodies;
mod chaos;
mod config;
mod counts;
mod devices;
mod events;
mod hands;
mod notifications;
mod paging;
mod people;
mod rate;
mod reading;
mod seats;
mod state;
mod versions;
mod world;
