//! `vpp` keeps Apple app and book licenses where a git repository says they belong.
//!
//! ```text
//! manifests ─► desired ─┐
//!                       ├─► plan ─► file, human, json
//! Apple ─────► actual ──┘    │
//!                            └─► apply ─► Apple
//! ```
//!
//! One direction, no way back. Reading, comparing and writing are three parts that know only the
//! data between them.

pub mod actual;
pub mod apple;
pub mod apply;
pub mod cli;
pub mod desired;
pub mod diagnostic;
pub mod export;
pub mod format;
pub mod graph;
pub mod init;
pub mod intune;
pub mod inventory;
pub mod license;
pub mod manifest;
pub mod mdm;
pub mod plan;
mod program;
pub mod receive;
pub mod reclaim;
pub mod render;
pub mod sandbox;
pub mod status;
pub mod store;
mod web;
pub mod yaml;
