//! `vpp fmt`: manifests written one way.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::Context;
use super::args::Fmt as Arguments;
use super::exit::Exit;
use super::failure::Failure;
use super::files;
use super::prepare;
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{self, Error};
use crate::manifest::{self, MAX_FILE_BYTES, codes};
use crate::render::diff::{self, Look, Names};
use crate::render::number::{count, counted};

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.stdin {
        return from_stdin(context, arguments.check);
    }
    let mut tally = Tally::default();
    for path in &arguments.paths {
        folder(context, path, arguments.check, &mut tally)?;
    }
    let Tally { files, changed, refused } = tally;
    if changed > 0 || refused > 0 {
        let changed = counted(count(changed), "file", "files");
        let text = match (arguments.check, refused) {
            (true, 0) => format!("{changed} of {files} would change; `vpp fmt` writes them"),
            (false, 0) => format!("formatted {changed} of {files}"),
            (true, _) => format!("{changed} of {files} would change; {refused} could not be read"),
            (false, _) => format!("formatted {changed} of {files}; {refused} left as they are"),
        };
        context.streams.hint(&text)?;
    }
    Ok(verdict(arguments.check, changed, refused))
}

#[derive(Debug, Default)]
struct Tally {
    files: usize,
    changed: usize,
    refused: usize,
}

fn verdict(check: bool, changed: usize, refused: usize) -> Exit {
    match (refused, check && changed > 0) {
        (1.., _) => Exit::Invalid,
        (0, true) => Exit::Failed,
        (0, false) => Exit::Done,
    }
}

/// What became of one file.
enum Formatted {
    /// It is as it should be.
    Settled,
    /// Its text, and what it should be.
    Changed(String, String),
    /// It cannot be formatted, and why where no diagnostic says so.
    Refused(Option<String>),
}

fn folder(
    context: &Context,
    path: &Utf8Path,
    check: bool,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let loaded = manifest::load(path);
    let sources = &loaded.manifests.sources;
    let faults: Vec<Diagnostic> =
        loaded.diagnostics.iter().filter(|found| stops(found.code)).cloned().collect();
    if !faults.is_empty() {
        prepare::refuse(context, &loaded.manifests, &faults)?;
    }
    if faults.iter().any(|fault| fault.labels.is_empty()) {
        tally.refused += 1;
    }
    let root = if path.is_dir() { path } else { path.parent().unwrap_or(Utf8Path::new("")) };
    let names: Vec<&Utf8PathBuf> = sources.files().iter().map(|file| &file.path).collect();
    let is_faulty = |name: &Utf8Path| {
        let mut labels = faults.iter().filter_map(|fault| fault.labels.first());
        labels.any(|label| sources.path(label.span) == name)
    };
    let formatted: Vec<(Utf8PathBuf, Formatted)> = names
        .into_par_iter()
        .map(|name| {
            let path = root.join(name);
            let done = if is_faulty(name) { Formatted::Refused(None) } else { one(&path) };
            (path, done)
        })
        .collect();
    for (path, done) in formatted {
        tally.files += 1;
        match done {
            Formatted::Settled => {}
            Formatted::Changed(old, new) => {
                tally.changed += 1;
                if check {
                    show(context, &path, &old, &new)?;
                } else {
                    // A link stays one: what it leads to is written.
                    let target = path.canonicalize_utf8().unwrap_or_else(|_| path.clone());
                    files::replace(&target, |out| out.write_all(new.as_bytes()))?;
                    context.streams.print(|out| {
                        writeln!(out, "{}", crate::render::escape::terminal(path.as_str()))
                    })?;
                }
            }
            Formatted::Refused(reason) => {
                tally.refused += 1;
                if let Some(reason) = reason {
                    complain(context, &path, &reason)?;
                }
            }
        }
    }
    Ok(())
}

fn one(path: &Utf8Path) -> Formatted {
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return Formatted::Refused(Some(error.kind().to_string())),
    };
    match format::format(&text) {
        Ok(formatted) if formatted == text => Formatted::Settled,
        Ok(formatted) => Formatted::Changed(text, formatted),
        Err(error @ (Error::Fault(_) | Error::Changed)) => {
            Formatted::Refused(Some(error.to_string()))
        }
    }
}

/// Whether a file with this mistake is left as it is. What it says may be wrong in other ways.
fn stops(code: &Code) -> bool {
    let stopping = [
        &codes::FOLDER,
        &codes::NOTHING,
        &codes::FILE,
        &codes::TOO_LARGE,
        &codes::ENCODING,
        &codes::CONTROL,
        &codes::SYNTAX,
        &codes::TAB,
        &codes::TOO_DEEP,
        &codes::DUPLICATE_KEY,
        &codes::YAML_FEATURE,
        // A diff would print it.
        &codes::SECRET,
    ];
    stopping.iter().any(|stopping| stopping.id == code.id)
}

fn from_stdin(context: &Context, check: bool) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    io::stdin().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    // Read as a file is, so that the same mistakes are found in the same words.
    let place = tempfile::tempdir()?;
    let name = Utf8PathBuf::from_path_buf(place.path().join("stdin"))
        .map_err(|path| anyhow::anyhow!("{} is not UTF-8", path.display()))?;
    files::replace(&name, |out| out.write_all(&bytes))?;
    let loaded = manifest::load(&name);
    let is_empty = |found: &Diagnostic| found.code.id == codes::NOTHING.id;
    let faults: Vec<Diagnostic> = loaded
        .diagnostics
        .iter()
        .filter(|found| stops(found.code) && !is_empty(found))
        .cloned()
        .collect();
    if !faults.is_empty() {
        return Err(prepare::refuse(context, &loaded.manifests, &faults)?);
    }
    match one(&name) {
        Formatted::Refused(reason) => {
            complain(context, Utf8Path::new("stdin"), &reason.unwrap_or_default())?;
            Ok(Exit::Invalid)
        }
        Formatted::Changed(old, new) if check => {
            show(context, Utf8Path::new("stdin"), &old, &new)?;
            Ok(Exit::Failed)
        }
        Formatted::Settled if check => Ok(Exit::Done),
        Formatted::Settled => {
            context.streams.print(|out| out.write_all(&bytes))?;
            Ok(Exit::Done)
        }
        Formatted::Changed(_, new) => {
            context.streams.print(|out| out.write_all(new.as_bytes()))?;
            Ok(Exit::Done)
        }
    }
}

fn show(context: &Context, path: &Utf8Path, old: &str, new: &str) -> io::Result<()> {
    let streams = &context.streams;
    let look = Look { styles: &streams.out_styles(), ascii: streams.shape().ascii };
    let names = Names { old: path.as_str(), new: path.as_str() };
    streams.print(|out| diff::texts(out, look, names, old, new))
}

fn complain(context: &Context, path: &Utf8Path, reason: &str) -> io::Result<()> {
    let style = context.streams.err_styles().error;
    let reason = crate::render::escape::lines(&format!("{path}: {reason}"));
    context.streams.say(|out| writeln!(out, "{style}error{style:#}: {reason}"))
}
