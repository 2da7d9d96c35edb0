//! The apply room from outside.
