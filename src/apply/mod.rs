//! Executes a plan: the only part that holds a writing client.

pub mod outcome;
