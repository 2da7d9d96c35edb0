//! A plan on standard output and in as many other formats as were asked for.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use super::args::{PlanFormat, PlanOutput, PlanReport};
use super::environment::Environment;
use super::failure::Failure;
use super::files;
use crate::plan::Plan;
use crate::render::plan::{self as render, Markdown};
use crate::render::{Shape, Styles};

/// Prints the plan and writes its reports.
pub(super) fn output(
    context: &Context,
    output: &PlanOutput,
    plan: &Plan,
    shape: Shape,
) -> Result<(), Failure> {
    let PlanOutput { format, reports, detail, show_holders: _, link_base: _ } = output;
    let streams = &context.streams;
    let shape = Shape { detail: *detail, ..shape };
    for PlanReport { format, path } in reports {
        let plain = (&Styles::plain(), &shape);
        match path {
            Some(path) => {
                files::replace(path, |out| write(context, output, plain, *format, plan, out))?;
            }
            None => streams.say(|out| write(context, output, plain, *format, plan, out))?,
        }
    }
    let asked = reports.iter().any(|report| report.format == PlanFormat::Github);
    if asked || *format == PlanFormat::Github {
        step_files(context, output, plan)?;
    }
    let styles = streams.out_styles();
    streams.print(|out| write(context, output, (&styles, &shape), *format, plan, out))?;
    Ok(())
}

fn write(
    context: &Context,
    output: &PlanOutput,
    (styles, shape): (&Styles, &Shape),
    format: PlanFormat,
    plan: &Plan,
    out: &mut dyn Write,
) -> io::Result<()> {
    let options =
        Markdown { show_holders: output.show_holders, links: output.link_base.as_deref() };
    match format {
        PlanFormat::Human => render::human(out, styles, shape, plan),
        PlanFormat::Json => render::json(out, plan),
        PlanFormat::Markdown => render::markdown(out, options, plan),
        PlanFormat::Html => render::html(out, output.link_base.as_deref(), plan),
        PlanFormat::Csv => render::csv(out, plan),
        PlanFormat::Github => {
            let folder = in_workspace(&context.environment, Utf8Path::new(&plan.manifests.folder));
            render::github(out, folder.as_str(), plan)
        }
    }
}

/// The job summary and the outputs of this step, where GitHub Actions gives files for them.
fn step_files(context: &Context, output: &PlanOutput, plan: &Plan) -> Result<(), Failure> {
    if let Some(path) = context.environment.step_summary() {
        let options =
            Markdown { show_holders: output.show_holders, links: output.link_base.as_deref() };
        files::append(path, |out| render::markdown(out, options, plan))?;
    }
    if let Some(path) = context.environment.step_outputs() {
        files::append(path, |out| render::github_outputs(out, plan))?;
    }
    Ok(())
}

/// The folder of the manifests from the top of the repository, where GitHub Actions says where
/// that is; else as it was given.
pub(super) fn in_workspace(environment: &Environment, folder: &Utf8Path) -> Utf8PathBuf {
    let folder = if folder.is_file() { folder.parent().unwrap_or(folder) } else { folder };
    let below = || {
        let top = Utf8Path::new(environment.workspace()?).canonicalize_utf8().ok()?;
        let here = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
        let here = here.canonicalize_utf8().ok()?;
        here.strip_prefix(&top).map(Utf8Path::to_owned).ok()
    };
    below().unwrap_or_else(|| folder.to_owned())
}
