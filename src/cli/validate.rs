//! `vpp validate`: manifests checked without any network.

use super::Context;
use super::args::{Validate, ValidateFormat};
use super::exit::Exit;
use super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::manifest;
use crate::render;

pub(super) fn run(context: &Context, arguments: &Validate) -> Result<Exit, Failure> {
    let manifest::Loaded { manifests, diagnostics } = manifest::load(&arguments.manifests.folder);
    let streams = &context.streams;
    let sources = &manifests.sources;
    match arguments.format {
        ValidateFormat::Human => streams.say(|out| {
            let (styles, shape) = (streams.err_styles(), streams.shape());
            render::diagnostics::human(out, &styles, &shape, sources, &diagnostics)
        })?,
        ValidateFormat::Json => {
            streams.print(|out| render::diagnostics::json(out, sources, &diagnostics))?;
        }
        ValidateFormat::Github => {
            streams.print(|out| render::diagnostics::github(out, sources, &diagnostics))?;
        }
    }
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Ok(Exit::Invalid);
    }
    if arguments.format == ValidateFormat::Human {
        let count =
            |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let counts = [
            count(manifests.locations.len(), "location", "locations"),
            count(manifests.inventories.len(), "inventory", "inventories"),
            count(manifests.groups.len(), "group", "groups"),
            count(manifests.assets.len(), "app or book", "apps and books"),
        ];
        streams.print(|out| writeln!(out, "valid: {}", counts.join(", ")))?;
    }
    Ok(Exit::Done)
}
