//! The manifest room from outside.
