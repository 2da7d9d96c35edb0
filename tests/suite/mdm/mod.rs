//! Device-management servers from outside: each driver against a small server as strict as the real
//! one, with the traps that real ones were seen to set.

mod exec;
mod fleet;
mod memory;
mod micro;
mod nano;
mod receive;
mod references;
mod world;
