//! The sandbox's device-management server, through the driver that every command uses.

mod behavior;
mod kept;
mod school;
mod seeds;
mod size;
mod traps;
mod webhook;
