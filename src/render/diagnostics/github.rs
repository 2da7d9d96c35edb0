use std::io::{self, Write};

use super::place::Place;
use crate::diagnostic::{Diagnostic, Level, Sources};
use crate::render::annotation::{self, Annotation, Lines, Severity};

/// Writes GitHub workflow commands that annotate the pull request's files, the worst ten first,
/// and a notice that counts the others. `folder` is the manifests' in the repository.
///
/// # Errors
/// Those of `out`.
pub fn github(
    out: &mut dyn Write,
    folder: &str,
    sources: &Sources,
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    let remarks = diagnostics.iter().map(|diagnostic| remark(folder, sources, diagnostic));
    annotation::write(out, remarks.collect())
}

fn remark(folder: &str, sources: &Sources, diagnostic: &Diagnostic) -> Annotation {
    let Diagnostic { code, level, message, labels, help } = diagnostic;
    let severity = match level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
    };
    let mut text = message.clone();
    let lines = labels.first().map(|label| {
        if !label.text.is_empty() {
            text = format!("{text}: {}", label.text);
        }
        let place = Place::of(sources, label.span);
        // GitHub refuses columns that span lines.
        let one = place.line == place.end_line;
        Lines {
            file: annotation::in_repository(folder, place.file),
            line: Some(place.line),
            end_line: Some(place.end_line),
            columns: one.then_some((place.column, place.end_column)),
        }
    });
    for line in help {
        text.push_str("\nhint: ");
        text.push_str(line);
    }
    Annotation { severity, lines, title: code.id.to_owned(), text }
}
