//! Locations whose token Intune owns: the client, the plan, what is written, and what days bring.

mod client;
pub(crate) mod fake;
