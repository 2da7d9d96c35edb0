//! Annotations of GitHub Actions: workflow commands that mark lines of files.

use std::io::{self, Write};

use super::escape::{github_message, github_property};
use super::number;

/// GitHub shows so many annotations of a step and drops the others without a word.
const SHOWN: usize = 10;

/// How bad it is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Error,
    Warning,
    Notice,
}

/// Lines of a file, and columns where the lines are one. All from 1, the end exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lines {
    /// Path from the top of the repository.
    pub(super) file: String,
    pub(super) line: Option<u32>,
    pub(super) end_line: Option<u32>,
    pub(super) columns: Option<(u32, u32)>,
}

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Annotation {
    pub(super) severity: Severity,
    pub(super) lines: Option<Lines>,
    pub(super) title: String,
    pub(super) text: String,
}

/// A file of the manifests as the repository names it: below the folder of the manifests.
pub(super) fn in_repository(folder: &str, file: &str) -> String {
    match folder.trim_end_matches('/').trim_start_matches("./") {
        "" | "." => file.to_owned(),
        folder => format!("{folder}/{file}"),
    }
}

/// Writes the worst ten, and a notice that counts the others.
pub(super) fn write(out: &mut dyn Write, mut annotations: Vec<Annotation>) -> io::Result<()> {
    annotations.sort_by_key(|annotation| annotation.severity);
    for annotation in annotations.iter().take(SHOWN) {
        one(out, annotation)?;
    }
    let hidden = annotations.get(SHOWN..).unwrap_or_default();
    if hidden.is_empty() {
        return Ok(());
    }
    let errors = hidden.iter().filter(|one| one.severity == Severity::Error).count();
    let errors = number::counted(number::count(errors), "error", "errors");
    let all = number::counted(number::count(hidden.len()), "more problem", "more problems");
    writeln!(out, "::notice title=vpp::{all} ({errors}), see the log of this step")
}

fn one(out: &mut dyn Write, annotation: &Annotation) -> io::Result<()> {
    let Annotation { severity, lines, title, text } = annotation;
    let command = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    };
    let mut properties = vec![];
    if let Some(Lines { file, line, end_line, columns }) = lines {
        properties.push(format!("file={}", github_property(file)));
        properties.extend(line.map(|line| format!("line={line}")));
        properties.extend(end_line.map(|line| format!("endLine={line}")));
        if let Some((from, to)) = columns {
            properties.push(format!("col={from}"));
            properties.push(format!("endColumn={to}"));
        }
    }
    properties.push(format!("title={}", github_property(title)));
    writeln!(out, "::{command} {}::{}", properties.join(","), github_message(text))
}

#[cfg(test)]
mod tests {
    use super::in_repository;

    #[test]
    fn files_are_named_from_the_top_of_the_repository() {
        assert_eq!(in_repository(".", "apps/a.yaml"), "apps/a.yaml");
        assert_eq!(in_repository("", "apps/a.yaml"), "apps/a.yaml");
        assert_eq!(in_repository("./vpp/", "a.yaml"), "vpp/a.yaml");
        assert_eq!(in_repository("examples/school", "a.yaml"), "examples/school/a.yaml");
    }
}
