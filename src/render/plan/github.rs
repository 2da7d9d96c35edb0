use std::io::{self, Write};

use super::Sections;
use crate::plan::{GuardLevel, GuardOutcome, GuardResult, Notice, Plan};
use crate::render::annotation::{self, Annotation, Lines, Severity};
use crate::render::{codes, escape};

/// Writes GitHub workflow commands that annotate what guards and manifests have to say, the worst
/// ten first, and a notice that counts the others. `folder` is the manifests' in the repository.
///
/// # Errors
/// Those of `out`.
pub fn github(out: &mut dyn Write, folder: &str, plan: &Plan) -> io::Result<()> {
    let sections = Sections::of(plan);
    let guards = sections.guards.iter().map(|guard| of_guard(folder, guard));
    let notices = sections.notices.iter().map(|notice| of_notice(folder, notice));
    annotation::write(out, guards.chain(notices).collect())
}

fn of_guard(folder: &str, guard: &GuardResult) -> Annotation {
    // Examples name holders, and annotations are shown to whoever sees the pull request.
    let GuardResult {
        code,
        level,
        outcome,
        location,
        subject,
        message,
        file,
        line,
        help,
        examples: _,
    } = guard;
    let severity = match (outcome, level) {
        (GuardOutcome::Tripped, GuardLevel::Block) => Severity::Error,
        (GuardOutcome::Tripped, GuardLevel::Warn) => Severity::Warning,
        (GuardOutcome::Allowed, GuardLevel::Block | GuardLevel::Warn) => Severity::Notice,
    };
    let mut text = message.clone();
    for name in [subject, location].into_iter().flatten() {
        if !message.contains(name.as_str()) {
            text = format!("{name}: {text}");
        }
    }
    if severity != Severity::Notice {
        hints(&mut text, help);
    }
    let title = title(code, if severity == Severity::Notice { " (allowed)" } else { "" });
    Annotation { severity, lines: lines(folder, file.as_deref(), *line), title, text }
}

fn of_notice(folder: &str, notice: &Notice) -> Annotation {
    let Notice { code, level, message, file, line, help } = notice;
    let severity = if level == "error" { Severity::Error } else { Severity::Warning };
    let mut text = message.clone();
    hints(&mut text, help);
    let lines = lines(folder, file.as_deref(), *line);
    Annotation { severity, lines, title: title(code, ""), text }
}

fn title(code: &str, more: &str) -> String {
    match codes::title(code) {
        Some(title) => format!("{code} {title}{more}"),
        None => format!("{code}{more}"),
    }
}

fn lines(folder: &str, file: Option<&str>, line: Option<u32>) -> Option<Lines> {
    let file = annotation::in_repository(folder, file?);
    Some(Lines { file, line, end_line: None, columns: None })
}

fn hints(text: &mut String, help: &[String]) {
    for line in help {
        text.push_str("\nhint: ");
        text.push_str(line);
    }
}

/// Writes what later steps of a job may ask for, a line each: `verdict`, `assign`, `reclaim`,
/// `fingerprint`, `complete` and `applyable`, as the file of a step's outputs takes them.
///
/// # Errors
/// Those of `out`.
pub fn github_outputs(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let sections = Sections::of(plan);
    writeln!(out, "verdict={}", sections.verdict.word().replace(' ', "-"))?;
    writeln!(out, "assign={}", sections.totals.assign)?;
    writeln!(out, "reclaim={}", sections.totals.reclaim())?;
    // No line break gets through: it would start another output.
    writeln!(out, "fingerprint={}", escape::terminal(&plan.fingerprint))?;
    writeln!(out, "complete={}", plan.complete)?;
    writeln!(out, "applyable={}", plan.applyable)
}
