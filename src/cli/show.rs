//! `vpp show`: a saved plan.

use super::Context;
use super::args::{PlanFormat, PlanOutput, Show};
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::plan::{self, Plan};
use crate::render::{self, Shape};

pub(super) fn run(context: &Context, arguments: &Show) -> Result<Exit, Failure> {
    let plan = read(&arguments.plan)?;
    if let Some(old) = &arguments.diff {
        return diff(context, &arguments.output, &read(old)?, &plan);
    }
    let shape = Shape { plan_file: Some(arguments.plan.to_string()), ..context.streams.shape() };
    output::output(context, &arguments.output, &plan, shape)?;
    Ok(Exit::Done)
}

/// What changed since an older plan: for people, or as JSON.
fn diff(context: &Context, output: &PlanOutput, old: &Plan, new: &Plan) -> Result<Exit, Failure> {
    let streams = &context.streams;
    let diff = plan::compare(old, new);
    let shape = Shape { detail: output.detail, ..streams.shape() };
    match output.format {
        PlanFormat::Human => {
            streams.print(|out| render::plan::diff(out, &streams.out_styles(), &shape, &diff))?;
        }
        PlanFormat::Json => streams.print(|out| render::json::write(out, &diff))?,
        PlanFormat::Markdown | PlanFormat::Html | PlanFormat::Csv | PlanFormat::Github => {
            return Err(Failure::usage(
                "--diff is printed with --format human or json; the others show one plan",
            ));
        }
    }
    Ok(Exit::Done)
}

/// Reads a saved plan; one that was edited, cut short or written by a newer version is refused.
pub(super) fn read(path: &camino::Utf8Path) -> Result<Plan, Failure> {
    let bytes = fs_err::read(path)?;
    plan::file::read(&bytes).map_err(|error| Failure::new(Exit::Stale, format!("{path}: {error}")))
}
