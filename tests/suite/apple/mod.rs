//! The apple room from outside.
