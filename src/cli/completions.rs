//! `vpp completions`: completion scripts for shells.

use clap::{CommandFactory, ValueEnum};
use clap_complete::{Generator, Shell};

use super::Context;
use super::args::{Cli, Completions};
use super::exit::Exit;
use super::failure::Failure;
use super::files;

pub(super) fn run(context: &Context, arguments: &Completions) -> Result<Exit, Failure> {
    let Completions { shell, out: folder } = arguments;
    let Some(folder) = folder else {
        let shells = shell.iter().copied();
        let scripts: Vec<u8> = shells.flat_map(script).collect();
        context.streams.print(|out| out.write_all(&scripts))?;
        return Ok(Exit::Done);
    };
    let shells = shell.map_or_else(|| Shell::value_variants().to_vec(), |shell| vec![shell]);
    let mut written = Vec::new();
    for shell in shells {
        let path = folder.join(shell.file_name("vpp"));
        let script = script(shell);
        files::replace(&path, |out| out.write_all(&script))?;
        written.push(path);
    }
    context.streams.print(|out| written.iter().try_for_each(|path| writeln!(out, "{path}")))?;
    Ok(Exit::Done)
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vpp", &mut script);
    script
}
