use std::collections::BTreeMap;
use std::io::{self, Write};

use super::place::Place;
use crate::diagnostic::{Diagnostic, Sources};
use crate::render::annotation::in_repository;
use crate::render::escape::xml;

/// Writes a JUnit report: every file is a test, which fails where the file has an error; warnings
/// are its output. What is wrong with no file in particular is one test more. `folder` is the
/// manifests' in the repository.
///
/// # Errors
/// Those of `out`.
pub fn junit(
    out: &mut dyn Write,
    folder: &str,
    sources: &Sources,
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    let mut files: BTreeMap<&str, Vec<&Diagnostic>> =
        sources.files().iter().map(|file| (file.path.as_str(), vec![])).collect();
    for diagnostic in diagnostics {
        let place = diagnostic.labels.first().map(|label| Place::of(sources, label.span));
        files.entry(place.map_or("", |place| place.file)).or_default().push(diagnostic);
    }
    let failed = files.values().filter(|found| found.iter().any(|one| one.is_error())).count();
    let counts = format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\"", files.len());
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"vpp validate\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"vpp validate\" {counts} skipped=\"0\">")?;
    for (file, found) in &files {
        case(out, folder, sources, file, found)?;
    }
    writeln!(out, "  </testsuite>")?;
    writeln!(out, "</testsuites>")
}

fn case(
    out: &mut dyn Write,
    folder: &str,
    sources: &Sources,
    file: &str,
    found: &[&Diagnostic],
) -> io::Result<()> {
    let (errors, warnings): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        found.iter().partition(|one| one.is_error());
    write!(out, "    <testcase classname=\"vpp\"")?;
    if file.is_empty() {
        write!(out, " name=\"manifests\"")?;
    } else {
        write!(out, " name=\"{0}\" file=\"{0}\"", xml(&in_repository(folder, file)))?;
    }
    if found.is_empty() {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    if let Some(first) = errors.first() {
        let message = match errors.len() {
            1 => first.message.clone(),
            many => format!("{} (and {} more)", first.message, many - 1),
        };
        let (code, message) = (xml(first.code.id), xml(&message));
        write!(out, "      <failure type=\"{code}\" message=\"{message}\">")?;
        texts(out, folder, sources, &errors)?;
        writeln!(out, "</failure>")?;
    }
    if !warnings.is_empty() {
        write!(out, "      <system-out>")?;
        texts(out, folder, sources, &warnings)?;
        writeln!(out, "</system-out>")?;
    }
    writeln!(out, "    </testcase>")
}

fn texts(
    out: &mut dyn Write,
    folder: &str,
    sources: &Sources,
    found: &[&Diagnostic],
) -> io::Result<()> {
    for (at, Diagnostic { code, level: _, message, labels, help }) in found.iter().enumerate() {
        let mut text = if at == 0 { String::new() } else { "\n\n".to_owned() };
        text.push_str(&format!("{} {}: {message}", code.id, code.title));
        for label in labels {
            let Place { file, line, column, .. } = Place::of(sources, label.span);
            text.push_str(&format!("\n  {}:{line}:{column}", in_repository(folder, file)));
            if !label.text.is_empty() {
                text.push_str(&format!(" {}", label.text));
            }
        }
        for line in help.iter().flat_map(|help| help.lines()) {
            text.push_str(&format!("\n  hint: {line}"));
        }
        // In an attribute a line break would become a space, in content it can stay one.
        out.write_all(xml(&text).replace("&#10;", "\n").as_bytes())?;
    }
    Ok(())
}
