use std::fmt::Write as _;
use std::io::{self, Write};

use super::sections::{FailureRow, RunSections, StepRow};
use super::waits::phases;
use crate::apply::outcome::{RunReport, RunResult, RunSummary};
use crate::apply::served::MdmLocationReport;
use crate::render::number::{count, counted, duration, grouped, sum};
use crate::render::prose::{self, Piece};
use crate::render::served::{self, Row, Tone};
use crate::render::{cause, escape, fingerprint};

/// Rows of one table at the most.
const ROWS: usize = 100;

/// Writes the report for a job's summary: how it ended, what became of the changes, what reclaims
/// wait for, and what failed. Holders are not named: summaries are read by many.
///
/// # Errors
/// Those of `out`.
pub fn markdown(out: &mut dyn Write, report: &RunReport) -> io::Result<()> {
    let sections = RunSections::of(report);
    let mut text = opening(report);
    text.push_str(&steps(&sections));
    text.push_str(&waits(&sections));
    text.push_str(&servers(report));
    text.push_str(&failures("What failed", &sections.failures));
    text.push_str(&failures("What was withheld", &sections.withheld));
    for (name, why) in sections.stopped.iter().take(ROWS) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- {} ended early: {}", name_of(name), sentence(why));
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    let print = escape::markdown_code(&fingerprint::short(&report.fingerprint), 100);
    let _ =
        writeln!(text, "<sub>{} · fingerprint {print}</sub>", escape::markdown(&report.tool, 100));
    out.write_all(text.as_bytes())
}

fn opening(report: &RunReport) -> String {
    let RunReport { result, summary, started_at, ended_at, locations, mdm_locations, .. } = report;
    let waits = mdm_locations.iter().map(MdmLocationReport::waits);
    let waits = sum(waits).saturating_add(summary.waits);
    let verdict = match result {
        RunResult::Done if waits > 0 => "✅ applied, and some wait for devices".to_owned(),
        RunResult::Done => "✅ applied".to_owned(),
        RunResult::Partial => "⚠️ applied in part: run `vpp apply` again to continue".to_owned(),
        RunResult::Nothing => "✅ nothing to do".to_owned(),
        RunResult::Stopped { reason } => format!("⛔ stopped: {}", sentence(reason)),
        RunResult::Interrupted => "⚠️ interrupted: run `vpp apply` again to continue".to_owned(),
    };
    let place = match (locations.as_slice(), mdm_locations.as_slice()) {
        ([only], []) => name_of(&only.name),
        ([], [served]) => name_of(&served.name),
        (ours, theirs) => counted(count(ours.len() + theirs.len()), "location", "locations"),
    };
    let took = started_at.duration_until(*ended_at).as_secs();
    let took = duration(u64::try_from(took).unwrap_or(0));
    let began = started_at.strftime("%Y-%m-%d %H:%M:%SZ");
    format!("### vpp apply: {verdict}\n\n{place} · {began} · {took} · {}\n\n", totals(summary))
}

fn totals(summary: &RunSummary) -> String {
    let facts = [
        (summary.assigned, "assigned"),
        (summary.reclaimed, "reclaimed"),
        (summary.already, "already so"),
        (summary.waits, "waiting"),
        (summary.failed, "failed"),
        (summary.not_tried, "not tried"),
        (summary.users_created, "people registered"),
        (summary.users_failed, "people failed"),
    ];
    let some = facts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> =
        some.map(|(number, what)| format!("**{}** {what}", grouped(number))).collect();
    if parts.is_empty() { "no license moved".to_owned() } else { parts.join(", ") }
}

fn steps(sections: &RunSections<'_>) -> String {
    let head = "| | app | cause | done | already | waits | failed | untried |\n\
                |:--|:--|:--|--:|--:|--:|--:|--:|\n";
    table(head, &sections.steps, |row: &StepRow<'_>| {
        let names = match row.names.len() {
            1 => row.names.iter().map(|name| name_of(name)).collect(),
            several => counted(count(several), "app", "apps"),
        };
        format!(
            "| {} | {names} | {} | {} | {} | {} | {} | {} |\n",
            row.action,
            sentence(&cause::text(row.kind)),
            grouped(row.applied),
            grouped(row.already),
            grouped(row.waits),
            grouped(row.failed),
            grouped(row.not_tried)
        )
    })
}

fn waits(sections: &RunSections<'_>) -> String {
    let rows = &sections.waits;
    if rows.is_empty() {
        return String::new();
    }
    let reclaims = counted(sum(rows.iter().map(|row| row.count)), "reclaim waits", "reclaims wait");
    let head = "| reclaims | phase | waits for | apps |\n|--:|:--|:--|:--|\n";
    let rows = table(head, rows, |row| {
        let sign = if row.is_stuck() { "⚠️ " } else { "" };
        format!(
            "| {} | {sign}{} | {} | {} |\n",
            grouped(row.count),
            row.phase,
            sentence(row.why),
            hit(&row.hit)
        )
    });
    format!("**{reclaims}**: {}\n\n{rows}", phases(&sections.waits))
}

/// What was done where a server owns the token, and what waits there.
fn servers(report: &RunReport) -> String {
    let rows: Vec<Row> = report.mdm_locations.iter().flat_map(served::run).collect();
    if rows.is_empty() {
        return String::new();
    }
    table("| | at servers that own the token |\n|:--|:--|\n", &rows, |row| {
        let text = sentence(&row.text);
        let text = if row.tone == Tone::Heading { format!("**{text}**") } else { text };
        format!("| {} | {text} |\n", row.word)
    })
}

fn failures(title: &str, rows: &[FailureRow<'_>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head = "| times | what | where |\n|--:|:--|:--|\n";
    let rows = table(head, rows, |row| {
        let number = row.number.map(|number| format!("Apple {number}: ")).unwrap_or_default();
        let help = row.help.map(|help| format!("<br>{}", sentence(help))).unwrap_or_default();
        let what = sentence(row.message);
        format!("| {} | {number}{what}{help} | {} |\n", grouped(row.count), hit(&row.hit))
    });
    format!("**{title}**\n\n{rows}")
}

/// The first rows, and how many there are.
fn table<T>(head: &str, rows: &[T], row: impl Fn(&T) -> String) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = head.to_owned();
    rows.iter().take(ROWS).for_each(|one| text.push_str(&row(one)));
    text.push('\n');
    if rows.len() > ROWS {
        let all = grouped(count(rows.len()));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} of {all} shown\n", grouped(count(ROWS)));
    }
    text
}

/// The first apps with how many of each.
fn hit(hit: &[(&str, u64)]) -> String {
    let told: Vec<String> =
        hit.iter().take(4).map(|(name, n)| format!("{} {}", name_of(name), grouped(*n))).collect();
    let rest = hit.len().saturating_sub(4);
    let rest = if rest > 0 { format!(" … +{}", grouped(count(rest))) } else { String::new() };
    format!("{}{rest}", told.join(", "))
}

fn name_of(text: &str) -> String {
    escape::markdown(text, 160)
}

fn sentence(text: &str) -> String {
    const MOST: usize = 600;
    let mut out = String::new();
    for piece in prose::pieces(text) {
        let room = MOST.saturating_sub(out.len());
        if room == 0 {
            out.push('…');
            break;
        }
        out.push_str(&match piece {
            Piece::Words(text) => escape::markdown(text, room),
            Piece::Code(text) => escape::markdown_code(text, room),
        });
    }
    out
}
