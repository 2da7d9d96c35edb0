//! `vpp validate`: manifests checked without any network.

use std::io::{self, Write};

use super::Context;
use super::args::{Report, Validate, ValidateFormat};
use super::exit::Exit;
use super::failure::Failure;
use super::{files, output};
use crate::diagnostic::{Diagnostic, Sources};
use crate::manifest;
use crate::render::{Shape, Styles, diagnostics as render};

pub(super) fn run(context: &Context, arguments: &Validate) -> Result<Exit, Failure> {
    let manifest::Loaded { manifests, diagnostics } = manifest::load(&arguments.manifests.folder);
    let streams = &context.streams;
    let folder = output::in_workspace(&context.environment, &arguments.manifests.folder);
    let checked =
        Checked { folder: folder.as_str(), sources: &manifests.sources, diagnostics: &diagnostics };
    for Report { format, path } in &arguments.reports {
        let plain = (&Styles::plain(), &streams.shape());
        files::replace(path, |out| checked.write(plain, *format, out))?;
    }
    match arguments.format {
        ValidateFormat::Human => streams.say(|out| {
            checked.write((&streams.err_styles(), &streams.shape()), ValidateFormat::Human, out)
        })?,
        format @ (ValidateFormat::Json
        | ValidateFormat::Github
        | ValidateFormat::Sarif
        | ValidateFormat::Junit) => streams
            .print(|out| checked.write((&streams.out_styles(), &streams.shape()), format, out))?,
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

/// What was checked and what was found.
struct Checked<'a> {
    /// Folder of the manifests in the repository.
    folder: &'a str,
    sources: &'a Sources,
    diagnostics: &'a [Diagnostic],
}

impl Checked<'_> {
    fn write(
        &self,
        (styles, shape): (&Styles, &Shape),
        format: ValidateFormat,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Self { folder, sources, diagnostics } = *self;
        match format {
            ValidateFormat::Human => render::human(out, styles, shape, sources, diagnostics),
            ValidateFormat::Json => render::json(out, sources, diagnostics),
            ValidateFormat::Github => render::github(out, folder, sources, diagnostics),
            ValidateFormat::Sarif => render::sarif(out, folder, sources, diagnostics),
            ValidateFormat::Junit => render::junit(out, folder, sources, diagnostics),
        }
    }
}
