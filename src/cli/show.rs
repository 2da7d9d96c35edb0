//! `vpp show`: a saved plan.

use super::Context;
use super::args::Show;
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::plan::{self, Plan};

pub(super) fn run(context: &Context, arguments: &Show) -> Result<Exit, Failure> {
    let plan = read(&arguments.plan)?;
    output::output(context, &arguments.output, &plan, Some(&arguments.plan))?;
    Ok(Exit::Done)
}

/// Reads a saved plan; one that was edited, cut short or written by a newer version is refused.
pub(super) fn read(path: &camino::Utf8Path) -> Result<Plan, Failure> {
    let bytes = fs_err::read(path)?;
    plan::file::read(&bytes).map_err(|error| Failure::new(Exit::Stale, format!("{path}: {error}")))
}
