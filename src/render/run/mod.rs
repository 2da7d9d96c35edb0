//! The outcome of a run.
