//! The inventory room from outside.
