use std::io::{self, Write};

use super::place::Place;
use crate::diagnostic::{Diagnostic, Level, Sources};
use crate::render::escape::{github_message, github_property};
use crate::render::number;

/// GitHub shows so many annotations of a step and drops the others without a word.
const SHOWN: usize = 10;

/// Writes GitHub workflow commands that annotate the pull request's files, the worst ten first,
/// and a notice that counts the others.
///
/// # Errors
/// Those of `out`.
pub fn github(
    out: &mut dyn Write,
    sources: &Sources,
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    let mut worst: Vec<&Diagnostic> = diagnostics.iter().collect();
    worst.sort_by_key(|diagnostic| diagnostic.level);
    for diagnostic in worst.iter().take(SHOWN) {
        annotation(out, sources, diagnostic)?;
    }
    let hidden = worst.get(SHOWN..).unwrap_or_default();
    if !hidden.is_empty() {
        let errors = hidden.iter().filter(|diagnostic| diagnostic.is_error()).count();
        let errors = number::counted(number::count(errors), "error", "errors");
        let all = number::counted(number::count(hidden.len()), "more problem", "more problems");
        writeln!(out, "::notice title=vpp::{all} ({errors}), see the log of this step")?;
    }
    Ok(())
}

fn annotation(out: &mut dyn Write, sources: &Sources, diagnostic: &Diagnostic) -> io::Result<()> {
    let Diagnostic { code, level, message, labels, help } = diagnostic;
    let command = match level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let mut properties = vec![];
    let mut text = message.clone();
    if let Some(label) = labels.first() {
        let place = Place::of(sources, label.span);
        properties.push(format!("file={}", github_property(place.file)));
        properties.push(format!("line={}", place.line));
        properties.push(format!("endLine={}", place.end_line));
        // GitHub refuses columns that span lines.
        if place.line == place.end_line {
            properties.push(format!("col={}", place.column));
            properties.push(format!("endColumn={}", place.end_column));
        }
        if !label.text.is_empty() {
            text = format!("{text}: {}", label.text);
        }
    }
    properties.push(format!("title={}", github_property(code.id)));
    for line in help {
        text.push_str("\nhint: ");
        text.push_str(line);
    }
    writeln!(out, "::{command} {}::{}", properties.join(","), github_message(&text))
}
