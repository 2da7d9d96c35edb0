//! Behaviour users see, one module per subject.

mod apple;
mod apply;
mod cli;
mod desired;
mod inventory;
mod manifest;
mod pipelines;
mod plan;
mod render;
mod sandbox;
