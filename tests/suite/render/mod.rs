//! The render room from outside.
