//! What stands at Apple, for people and machines.
