//! The cli room from outside.
