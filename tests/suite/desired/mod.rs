//! The desired room from outside.
