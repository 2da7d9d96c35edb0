//! Behaviour users see, one module per subject.

mod apple;
mod apply;
mod base;
mod cli;
mod desired;
mod diff;
mod docs;
mod format;
mod init;
mod inventory;
mod manifest;
mod pipelines;
mod plan;
mod render;
mod sandbox;
