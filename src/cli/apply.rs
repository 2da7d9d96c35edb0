//! `vpp apply`: makes it so.

use std::io::{self, IsTerminal};

use super::Context;
use super::args::{Apply as Arguments, Format, Report};
use super::choose::Chosen;
use super::clock;
use super::connect::{Apple, Opened};
use super::exit::Exit;
use super::failure::Failure;
use super::files;
use super::plan::{self as planning, Made};
use super::prepare;
use super::progress::Narrator;
use super::saved;
use super::signals::{self, Signal};
use crate::apple::Writer;
use crate::apply::outcome::{RunReport, RunResult};
use crate::apply::{self, Options, Stop};
use crate::plan::{self, Plan};
use crate::render::{self, Shape, Styles};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let saved = saved::open(arguments)?;
    let prepared = prepare::prepare(context, saved.folder(), !arguments.target.no_exec)?;
    let chosen = match saved.chosen(&prepared.manifests, arguments)? {
        Some(chosen) => chosen,
        None => planning::choose(context, &prepared, &arguments.target, arguments.sharding)?,
    };
    let apple = Apple::start(&arguments.target).await?;
    let result = against(context, arguments, saved, prepared, &chosen, &apple).await;
    apple.stop().await?;
    result
}

async fn against(
    context: &Context,
    arguments: &Arguments,
    saved: saved::Subject,
    prepared: prepare::Prepared,
    chosen: &Chosen,
    apple: &Apple,
) -> Result<Exit, Failure> {
    let target = &arguments.target;
    let Made { plan, prepared, opened, .. } =
        planning::make(context, prepared, target, chosen, apple).await?;
    let policy = prepared.manifests.policies.first();
    saved.check(&plan, policy.and_then(|policy| policy.max_plan_age.as_ref()), clock::now())?;
    if let Some(expected) = &arguments.expect {
        saved::expect(saved.approved().unwrap_or(&plan), expected)?;
    }
    show(context, arguments, &plan)?;
    match planning::verdict(&plan, false) {
        Exit::Done => {}
        refused => return Ok(refused),
    }
    if plan.is_empty() {
        return Ok(Exit::Done);
    }
    confirm(context, arguments, &plan)?;
    let options = Options {
        bounds: policy.map_or_else(Default::default, |policy| policy.breaker),
        ..Options::default()
    };
    let options = match apple {
        Apple::Real => options,
        Apple::Sandbox(..) => Options { pause: SANDBOX_PAUSE, ..options },
    };
    let report = carry_out(context, arguments, &plan, opened, options).await?;
    let Some(report) = report else { return Ok(Exit::Interrupted) };
    for Report { format, path } in &arguments.reports {
        files::replace(path, |out| match format {
            Format::Human => {
                render::run::human(out, &Styles::plain(), &context.streams.shape(), &report)
            }
            Format::Json => render::json::write(out, &report),
        })?;
    }
    if arguments.format == Format::Human {
        let streams = &context.streams;
        let shape = shape(context, arguments);
        streams.print(|out| {
            writeln!(out)?;
            render::run::human(out, &streams.out_styles(), &shape, &report)
        })?;
    }
    Ok(exit(&report, arguments.detailed_exitcode))
}

/// A sandbox in this process need not be waited for long.
const SANDBOX_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

fn shape(context: &Context, arguments: &Arguments) -> Shape {
    Shape { detail: arguments.detail, ..context.streams.shape() }
}

/// The plan, before anything happens. A machine that reads the stream of events finds it in the
/// plan file instead.
fn show(context: &Context, arguments: &Arguments, plan: &Plan) -> io::Result<()> {
    let streams = &context.streams;
    let shape = shape(context, arguments);
    match arguments.format {
        Format::Human => {
            streams.print(|out| render::plan::human(out, &streams.out_styles(), &shape, plan))
        }
        Format::Json => {
            streams.say(|out| render::plan::human(out, &streams.err_styles(), &shape, plan))
        }
    }
}

/// Asks at a terminal; elsewhere `--auto-approve` must say yes.
fn confirm(context: &Context, arguments: &Arguments, plan: &Plan) -> Result<(), Failure> {
    if arguments.auto_approve || arguments.expect.is_some() {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "apply changes licenses and nobody is at the terminal to approve it\nhint: add \
             --auto-approve, or --expect FINGERPRINT with the fingerprint of the approved plan",
        ));
    }
    let reclaim = plan.summary.reclaim;
    let (question, answer) = if reclaim > 0 {
        let question = format!(
            "\n{reclaim} licenses are taken back. Type that number to apply, anything else to stop: "
        );
        (question, reclaim.to_string())
    } else {
        ("\nType yes to apply, anything else to stop: ".to_owned(), "yes".to_owned())
    };
    context.streams.say(|out| out.write_all(question.as_bytes()))?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    if typed.trim() == answer {
        Ok(())
    } else {
        Err(Failure::new(Exit::Failed, "not approved; nothing was changed"))
    }
}

/// Runs the plan until it ends or somebody asks to stop: once, and what is in flight is followed
/// to its end; twice, and it ends at once (`None`).
async fn carry_out(
    context: &Context,
    arguments: &Arguments,
    plan: &Plan,
    opened: Vec<Opened>,
    options: Options,
) -> Result<Option<RunReport>, Failure> {
    let writers: Vec<(String, Writer)> = opened
        .into_iter()
        .filter_map(|one| Some((one.name, Writer::new(one.reader.ok()?))))
        .collect();
    let narrator = Narrator::new(context, arguments.format == Format::Json, plan);
    let stop = Stop::new();
    let started_at = clock::now();
    let work = apply::apply(plan, &writers, &narrator, &stop, options, started_at, clock::now);
    tokio::pin!(work);
    let mut signals = signals::listen()?;
    loop {
        tokio::select! {
            report = &mut work => {
                narrator.finish();
                return Ok(Some(report));
            }
            signal = signals.next() => {
                if stop.asked() {
                    narrator.finish();
                    return Ok(None);
                }
                stop.ask();
                let how = match signal {
                    Signal::Interrupt => "interrupted",
                    Signal::Terminate => "asked to end",
                };
                context.streams.say(|out| writeln!(
                    out,
                    "{how}: nothing new is started, what is in flight is followed to its end \
                     (again: end at once)"
                ))?;
            }
        }
    }
}

fn exit(report: &RunReport, detailed: bool) -> Exit {
    let summary = &report.summary;
    let touched = summary.assigned
        + summary.reclaimed
        + summary.users_created
        + summary.users_updated
        + summary.users_retired
        + summary.claimed
        + summary.failed;
    match &report.result {
        RunResult::Done if detailed && summary.waits > 0 => Exit::Waiting,
        RunResult::Done | RunResult::Nothing => Exit::Done,
        RunResult::Stopped { .. } if touched == 0 => Exit::Failed,
        RunResult::Partial | RunResult::Stopped { .. } => Exit::Partial,
        RunResult::Interrupted => Exit::Interrupted,
    }
}

/// The fingerprint as people compare it.
pub(super) fn short(plan: &Plan) -> String {
    plan::short(&plan.fingerprint)
}
