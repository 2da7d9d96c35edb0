//! `vpp completions`: a completion script for a shell.

use clap::CommandFactory;

use super::Context;
use super::args::{Cli, Completions};
use super::exit::Exit;
use super::failure::Failure;

pub(super) fn run(context: &Context, arguments: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "vpp", &mut script);
    context.streams.print(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}
