//! `vpp show`: a saved plan.

use super::Context;
use super::args::{Format, Show};
use super::exit::Exit;
use super::failure::Failure;
use crate::plan::{self, Plan};
use crate::render::{self, Shape};

pub(super) fn run(context: &Context, arguments: &Show) -> Result<Exit, Failure> {
    let plan = read(&arguments.plan)?;
    let streams = &context.streams;
    if let Some(old) = &arguments.diff {
        let diff = plan::compare(&read(old)?, &plan);
        let shape = Shape { detail: arguments.detail, ..streams.shape() };
        streams.print(|out| match arguments.format {
            Format::Human => render::plan::diff(out, &streams.out_styles(), &shape, &diff),
            Format::Json => render::json::write(out, &diff),
        })?;
        return Ok(Exit::Done);
    }
    let shape = Shape {
        detail: arguments.detail,
        plan_file: Some(arguments.plan.to_string()),
        ..streams.shape()
    };
    streams.print(|out| match arguments.format {
        Format::Human => render::plan::human(out, &streams.out_styles(), &shape, &plan),
        Format::Json => render::plan::json(out, &plan),
    })?;
    Ok(Exit::Done)
}

/// Reads a saved plan; one that was edited, cut short or written by a newer version is refused.
pub(super) fn read(path: &camino::Utf8Path) -> Result<Plan, Failure> {
    let bytes = fs_err::read(path)?;
    plan::file::read(&bytes).map_err(|error| Failure::new(Exit::Stale, format!("{path}: {error}")))
}
