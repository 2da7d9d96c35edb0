//! `vpp man`: manual pages, for packagers.

use clap::CommandFactory;

use super::Context;
use super::args::{Cli, Man};
use super::exit::Exit;
use super::failure::Failure;
use super::files;

pub(super) fn run(context: &Context, arguments: &Man) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &arguments.out else {
        let page = page(&command)?;
        context.streams.print(|out| out.write_all(&page))?;
        return Ok(Exit::Done);
    };
    let mut written = Vec::new();
    let subcommands = command.get_subcommands().filter(|command| !command.is_hide_set());
    let pages = std::iter::once(&command).chain(subcommands.filter(|c| c.get_name() != "help"));
    for command in pages {
        // `vpp-plan`, which `man vpp plan` finds too.
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        let path = folder.join(format!("{name}.1"));
        let page = page(command)?;
        files::replace(&path, |out| out.write_all(&page))?;
        written.push(path);
    }
    context.streams.print(|out| written.iter().try_for_each(|path| writeln!(out, "{path}")))?;
    Ok(Exit::Done)
}

fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .source(concat!("vpp ", env!("CARGO_PKG_VERSION")))
        .manual("vpp manual")
        .render(&mut page)?;
    Ok(page)
}
