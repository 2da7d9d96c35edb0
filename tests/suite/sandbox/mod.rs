//! The sandbox room from outside.
