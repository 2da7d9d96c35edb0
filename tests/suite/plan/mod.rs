//! The plan room from outside.
