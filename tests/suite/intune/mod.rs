//! Locations whose token Intune owns: the client, the plan, what is written, and what days bring.

mod apply;
mod client;
mod days;
pub(crate) mod fake;
mod house;
mod plan;
