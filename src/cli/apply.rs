//! `vpp apply`: makes it so.

use std::io::{self, IsTerminal};

use camino::Utf8Path;

use super::Context;
use super::args::{Apply as Arguments, Format, Report, typed_folder};
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
use super::served;
use super::signals::{self, Signal};
use crate::apple::Writer;
use crate::apply::outcome::{Event, RunReport, RunResult, RunSummary};
use crate::apply::{self, Observer, Options, Stop};
use crate::plan::served::MdmAppPlan;
use crate::plan::{self, Plan};
use crate::render::number::counted;
use crate::render::{self, Shape, Styles, Typed};

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
    let shape = shape(context, arguments, saved.folder());
    let Made { plan, prepared, opened, opened_servers, servers, .. } =
        planning::make(context, prepared, target, chosen, apple).await?;
    let policy = prepared.manifests.policies.first();
    saved.check(&plan, policy.and_then(|policy| policy.max_plan_age.as_ref()), clock::now())?;
    if let Some(expected) = &arguments.expect {
        saved::expect(saved.approved().unwrap_or(&plan), expected)?;
    }
    show(context, arguments, &shape, &plan)?;
    let verdict = planning::verdict(&plan, false);
    if verdict != Exit::Done {
        refuse(context, arguments, &plan, verdict);
        return Ok(verdict);
    }
    if !plan.is_empty() || plan.enables_subscriptions() {
        confirm(context, arguments, &plan)?;
    }
    let options = Options {
        bounds: policy.map_or_else(Default::default, |policy| policy.breaker),
        ..Options::default()
    };
    let options = match apple {
        Apple::Real => options,
        Apple::Sandbox(..) => Options { pause: SANDBOX_PAUSE, ..options },
    };
    let mdm = served::carry_out(&plan, &prepared.folder, opened_servers, &servers).await;
    let (mut report, asked) = match carry_out(context, arguments, &plan, opened, options).await? {
        Carried { report: Some(report), asked } => (report, asked),
        Carried { report: None, asked } => return Ok(ended_by(asked)),
    };
    report.add_servers(mdm);
    for Report { format, path } in &arguments.reports {
        files::replace(path, |out| match format {
            Format::Human => {
                render::run::human(out, &Styles::plain(), &context.streams.shape(), &report)
            }
            Format::Json => render::json::write(out, &report),
        })?;
    }
    // A plan without changes has said so already.
    let told = !plan.is_empty() || report.mdm_locations.iter().any(|one| !one.is_quiet());
    if arguments.format == Format::Human && told {
        let streams = &context.streams;
        streams.print(|out| {
            writeln!(out)?;
            render::run::human(out, &streams.out_styles(), &shape, &report)
        })?;
    }
    Ok(exit(&report, asked, arguments.detailed_exitcode))
}

/// Ends the stream of events of a plan that is not applied: a reader is told why.
fn refuse(context: &Context, arguments: &Arguments, plan: &Plan, verdict: Exit) {
    let json = arguments.format == Format::Json;
    let narrator = Narrator::new(context, json, plan);
    if json {
        let reason = if verdict == Exit::Blocked {
            "a guard blocks the plan; nothing was changed"
        } else {
            "a location could not be read; nothing was changed"
        };
        let (result, reason) = (RunResult::Stopped { reason: reason.into() }, reason.to_owned());
        narrator.note(Event::version(&plan.tool, &plan.fingerprint));
        narrator.note(Event::Stopped { location: None, reason });
        narrator.note(Event::Summary { result, summary: RunSummary::default() });
    }
    narrator.finish();
}

/// A sandbox in this process need not be waited for long.
const SANDBOX_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

fn shape(context: &Context, arguments: &Arguments, folder: &Utf8Path) -> Shape {
    let typed =
        Typed { folder: typed_folder(folder), options: arguments.target.typed(), applying: true };
    Shape { detail: arguments.detail, typed, ..context.streams.shape() }
}

/// The plan, before anything happens. A machine that reads the stream of events finds it in the
/// plan file instead.
fn show(context: &Context, arguments: &Arguments, shape: &Shape, plan: &Plan) -> io::Result<()> {
    let streams = &context.streams;
    match arguments.format {
        Format::Human => {
            streams.print(|out| render::plan::human(out, &streams.out_styles(), shape, plan))
        }
        Format::Json => {
            streams.say(|out| render::plan::human(out, &streams.err_styles(), shape, plan))
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
    let seats = plan.summary.subscriptions.map_or(0, |seats| seats.release + seats.release_later);
    let by_servers = plan.mdm_locations.iter().flat_map(|location| &location.apps);
    let by_servers: u64 = by_servers.map(MdmAppPlan::taken).sum();
    let reclaim = plan.summary.reclaim + seats + by_servers;
    let (question, answer) = if reclaim > 0 {
        let taken = match seats {
            0 => counted(reclaim, "license is", "licenses are"),
            _ => counted(reclaim, "license or seat is", "licenses and seats are"),
        };
        let question =
            format!("\n{taken} taken back. Type {reclaim} to apply, anything else to stop: ");
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

/// How carrying a plan out went.
struct Carried {
    /// `None` where it was ended at once.
    report: Option<RunReport>,
    /// Who asked to stop, if anybody did.
    asked: Option<Signal>,
}

/// Runs the plan until it ends or somebody asks to stop: once, and what is in flight is followed
/// to its end; twice, and it ends at once.
async fn carry_out(
    context: &Context,
    arguments: &Arguments,
    plan: &Plan,
    opened: Vec<Opened>,
    options: Options,
) -> Result<Carried, Failure> {
    let writers: Vec<(String, Writer)> = opened
        .into_iter()
        .filter_map(|one| Some((one.name, Writer::new(one.reader.ok()?))))
        .collect();
    let narrator = Narrator::new(context, arguments.format == Format::Json, plan);
    let stop = Stop::new();
    let started_at = clock::now();
    let mut signals = signals::listen()?;
    let work = apply::apply(plan, &writers, &narrator, &stop, options, started_at, clock::now);
    tokio::pin!(work);
    let mut asked = None;
    loop {
        tokio::select! {
            report = &mut work => {
                narrator.finish();
                return Ok(Carried { report: Some(report), asked });
            }
            signal = signals.next() => {
                if asked.is_some() {
                    narrator.finish();
                    return Ok(Carried { report: None, asked: Some(signal) });
                }
                asked = Some(signal);
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

fn ended_by(signal: Option<Signal>) -> Exit {
    match signal {
        Some(Signal::Terminate) => Exit::Terminated,
        Some(Signal::Interrupt) | None => Exit::Interrupted,
    }
}

/// The exit code a run ends with. What failed may have changed something: only a run that neither
/// did anything nor failed at anything changed nothing for certain.
fn exit(report: &RunReport, asked: Option<Signal>, detailed: bool) -> Exit {
    let RunSummary {
        assigned,
        reclaimed,
        already: _,
        failed,
        not_tried: _,
        waits,
        users_created,
        users_updated,
        users_retired,
        users_failed,
        users_not_tried: _,
        claimed,
        requests: _,
        subscriptions,
    } = &report.summary;
    let seats = subscriptions.clone().unwrap_or_default();
    let done = assigned + reclaimed + users_created + users_updated + users_retired + claimed;
    let mut touched = done + failed + users_failed + seats.changed_anything() + seats.failed;
    let mut waits = *waits;
    for location in &report.mdm_locations {
        let (made, not) = location.counts();
        touched += made + not;
        waits += location.waits();
    }
    match &report.result {
        RunResult::Done if detailed && waits > 0 => Exit::Waiting,
        RunResult::Done | RunResult::Nothing => Exit::Done,
        RunResult::Interrupted => ended_by(asked),
        RunResult::Partial | RunResult::Stopped { .. } if touched == 0 => Exit::Failed,
        RunResult::Partial | RunResult::Stopped { .. } => Exit::Partial,
    }
}

/// The fingerprint as people compare it.
pub(super) fn short(plan: &Plan) -> String {
    plan::short(&plan.fingerprint)
}
