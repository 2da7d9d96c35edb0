//! Memory between runs: one set of promises, kept by SQLite and by PostgreSQL.

mod contract;
mod files;
pub(crate) mod postgres;
mod servers;
