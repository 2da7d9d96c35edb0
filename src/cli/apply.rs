//! `vpp apply`: makes it so.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use camino::Utf8Path;

use super::Context;
use super::args::{Apply as Arguments, Format, Report, RunFormat, typed_folder};
use super::choose::Chosen;
use super::clock;
use super::connect::{Apple, Opened};
use super::exit::Exit;
use super::failure::Failure;
use super::files;
use super::hands;
use super::last;
use super::plan::{self as planning, Doors, Made};
use super::prepare;
use super::progress::Narrator;
use super::remember;
use super::saved;
use super::served;
use super::session::Session;
use super::signals::{self, Signal};
use super::snapshots::Past;
use super::state;
use crate::apple::{Reader, Writer};
use crate::apply::outcome::{Event, RunReport, RunResult, RunSummary};
use crate::apply::served::Door;
use crate::apply::{self, Access, Hands, Observer, Options, Patience, Stop, Waiting};
use crate::plan::served::MdmAppPlan;
use crate::plan::{self, Plan};
use crate::render::number::counted;
use crate::render::{self, Shape, Styles, Typed};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let saved = saved::open(arguments)?;
    let store = state::glance(context, saved.folder(), &arguments.state, &arguments.target).await;
    let means = remember::means(&arguments.target, store.as_ref());
    let prepared = prepare::prepare(context, saved.folder(), means)?;
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
    let mut prepared = prepared;
    let doors = planning::open(context, &mut prepared, &arguments.target, chosen, apple).await?;
    let folder = saved.folder().to_owned();
    let memory = Session::open(context, arguments, &folder, &doors, &prepared.manifests).await?;
    let result = leased(context, arguments, saved, prepared, doors, apple, &memory).await;
    memory.close(context).await?;
    result
}

/// From the plan to the report, while nobody else may write to these locations.
async fn leased(
    context: &Context,
    arguments: &Arguments,
    saved: saved::Subject,
    prepared: prepare::Prepared,
    doors: Doors,
    apple: &Apple,
    memory: &Session,
) -> Result<Exit, Failure> {
    let shape = shape(context, arguments, saved.folder());
    let waiting = memory.resume(context, &doors.apple).await?;
    let past = Past::new(Some(memory.store().as_ref()), arguments.rereading, &arguments.target);
    let Made { plan, prepared, opened, locations, servers, served, .. } =
        planning::read(context, prepared, doors, past).await?;
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
    let wait = arguments.wait.unwrap_or_default();
    let options = match apple {
        Apple::Real => {
            let poll = context.environment.poll_interval()?.unwrap_or(options.patience.poll);
            Options { patience: Patience { wait, poll, ..options.patience }, ..options }
        }
        Apple::Sandbox(..) => Options {
            pause: SANDBOX_PAUSE,
            patience: Patience { wait, grace: SANDBOX_GRACE, poll: SANDBOX_POLL },
            ..options
        },
    };
    let readers: Vec<(String, Reader)> = opened
        .iter()
        .filter_map(|one| Some((one.name.clone(), one.reader.as_ref().ok()?.clone())))
        .collect();
    // What is under way at servers goes on, whatever the plan changes.
    let remembered = !plan.is_empty() || plan.is_under_way();
    if remembered {
        memory.begin(context, saved.folder(), &plan).await?;
    }
    let carried = {
        let target = &arguments.target;
        let hands = hands::open(context, &prepared, target, apple, memory.store()).await;
        let servers = served::doors(&servers, &served);
        let rest = (memory, &waiting, &hands, &servers[..]);
        carry_out(context, arguments, &plan, opened, options, rest).await?
    };
    if remembered {
        for Report { path, .. } in
            arguments.reports.iter().filter(|one| one.format == RunFormat::Audit)
        {
            memory.audit(path).await?;
        }
    }
    let (report, asked) = match carried {
        Carried { report: Some(report), asked } => (report, asked),
        Carried { report: None, asked } => return Ok(ended_by(asked)),
    };
    if remembered {
        memory.end(context, &report).await?;
        let run = (memory.run(), report.ended_at);
        last::keep(
            context,
            memory.store().as_ref(),
            run,
            &plan,
            &locations,
            &readers,
            prepared.roster,
        )
        .await?;
    }
    for Report { format, path } in &arguments.reports {
        match format {
            RunFormat::Human => files::replace(path, |out| {
                render::run::human(out, &Styles::plain(), &context.streams.shape(), &report)
            })?,
            RunFormat::Json => files::replace(path, |out| render::json::write(out, &report))?,
            RunFormat::Markdown => {
                files::replace(path, |out| render::run::markdown(out, &report))?;
            }
            RunFormat::Audit => {}
        }
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

/// Its devices answer at once, or not before its clock is moved on.
const SANDBOX_GRACE: std::time::Duration = std::time::Duration::from_millis(300);
const SANDBOX_POLL: std::time::Duration = std::time::Duration::from_millis(20);

/// A sandbox in this process need not be waited for long.
const SANDBOX_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

fn shape(context: &Context, arguments: &Arguments, folder: &Utf8Path) -> Shape {
    let options = format!("{}{}", arguments.target.typed(), arguments.state.typed());
    let typed = Typed { folder: typed_folder(folder), options, applying: true };
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
    (memory, waiting, hands, servers): (
        &Session,
        &BTreeMap<String, Vec<Waiting>>,
        &Hands,
        &[Door<'_>],
    ),
) -> Result<Carried, Failure> {
    let writers: Vec<(String, Writer)> = opened
        .into_iter()
        .filter_map(|one| Some((one.name, Writer::new(one.reader.ok()?))))
        .collect();
    let narrator = Narrator::new(context, arguments.format == Format::Json, plan);
    let stop = Stop::new();
    let mut signals = signals::listen()?;
    let work = apply::apply(
        plan,
        Access { writers: &writers, hands, servers },
        &narrator,
        &stop,
        options,
        memory.memory(),
        waiting,
    );
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
        blocked: _,
        unknown: _,
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
