//! Arguments in, calls out, one file per command.

mod apply;
mod args;
mod base;
mod choose;
mod claim;
mod clock;
mod completions;
mod connect;
mod diff;
mod environment;
mod exit;
mod explain;
mod export;
mod failure;
mod files;
mod fmt;
mod groups;
mod hands;
mod history;
mod init;
mod last;
mod logging;
mod man;
mod origin;
mod output;
mod plan;
mod prepare;
mod progress;
mod reading;
mod receive;
mod reclaims;
mod remainder;
mod remember;
mod revision;
mod sandbox;
mod saved;
mod schema;
mod served;
mod session;
mod shard;
mod show;
mod signals;
mod snapshots;
mod state;
mod status;
mod streams;
mod survey;
mod sync;
mod token;
mod validate;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Command};
use environment::Environment;
use exit::Exit;
use failure::Failure;
use streams::Streams;

/// What every command gets.
struct Context {
    environment: Environment,
    streams: Streams,
}

/// Runs the program as typed and returns its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let environment = Environment::from_process();
    logging::start(&environment);
    let streams = Streams::new(&cli.look, &environment);
    let context = Context { environment, streams };
    let exit = match run(&context, cli.command) {
        Ok(exit) => exit,
        Err(Failure { exit, message }) => {
            if let Some(message) = message {
                let style = context.streams.err_styles().error;
                let said = context.streams.say(|out| {
                    let message = crate::render::escape::lines(&message);
                    writeln!(out, "{style}error{style:#}: {message}")
                });
                if said.is_err() {
                    return Exit::Failed.into();
                }
            }
            exit
        }
    };
    exit.into()
}

/// clap's own exit code for a wrong command line is 2, which here means "there are changes".
fn usage(error: &clap::Error) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    match error.print() {
        Ok(()) if asked => Exit::Done.into(),
        Ok(()) | Err(_) => Exit::Usage.into(),
    }
}

fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Init(arguments) => block_on(init::run(context, &arguments)),
        Command::Validate(arguments) => validate::run(context, &arguments),
        Command::Fmt(arguments) => fmt::run(context, &arguments),
        Command::Plan(arguments) => block_on(plan::run(context, &arguments)),
        Command::Diff(arguments) => block_on(diff::run(context, &arguments)),
        Command::Apply(arguments) => block_on(apply::run(context, &arguments)),
        Command::Show(arguments) => show::run(context, &arguments),
        Command::Status(arguments) => block_on(status::run(context, &arguments)),
        Command::Groups(arguments) => groups::run(context, &arguments),
        Command::Sync(arguments) => block_on(sync::run(context, &arguments)),
        Command::Export(arguments) => block_on(export::run(context, &arguments)),
        Command::Claim(arguments) => block_on(claim::run(context, &arguments)),
        Command::History(arguments) => block_on(history::run(context, &arguments)),
        Command::Receive(arguments) => block_on(receive::run(context, &arguments)),
        Command::Explain(arguments) => explain::run(context, &arguments),
        Command::Schema(arguments) => schema::run(context, &arguments),
        Command::Sandbox(arguments) => block_on(sandbox::run(context, &arguments)),
        Command::Completions(arguments) => completions::run(context, &arguments),
        Command::Man(arguments) => man::run(context, &arguments),
    }
}

fn block_on(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| anyhow::anyhow!("cannot start the runtime: {error}"))?
        .block_on(command)
}
