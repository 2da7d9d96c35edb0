//! What earlier runs did: a table for people, rows for spreadsheets, and one run whole.

use std::io::{self, Write};

use serde_json::Value;

use super::number::{count, counted, grouped};
use super::table::{Column, Table};
use super::text::Line;
use super::{Shape, Styles, escape, run};
use crate::apply::outcome::RunReport;
use crate::store::history::{History, HistoryRun};
use crate::store::{Intent, Outcome, RunRecord};

/// A table of runs, newest first.
///
/// # Errors
/// Where it cannot be written.
pub fn human(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    history: &History,
) -> io::Result<()> {
    if history.runs.is_empty() {
        return Ok(());
    }
    let mut table = Table::new([
        Column::words("run"),
        Column::words("began"),
        Column::words("ended"),
        Column::numbers("assigned"),
        Column::numbers("reclaimed"),
        Column::numbers("failed"),
        Column::words("commit").leaves(2),
        Column::words("who").shrinks_to(12).leaves(3),
        Column::words("plan").leaves(1),
    ]);
    for HistoryRun { run, .. } in &history.runs {
        let cell = |text: &str| Line::new(shape.ascii).put(styles.text, text);
        table.row([
            cell(&short_id(run)),
            cell(&format!("{:.0}", run.started_at)),
            cell(ending(run)),
            cell(&number(run, "assigned").map(grouped).unwrap_or_default()),
            cell(&number(run, "reclaimed").map(grouped).unwrap_or_default()),
            cell(&number(run, "failed").map(grouped).unwrap_or_default()),
            cell(short_commit(run)),
            cell(&run.who),
            cell(&crate::plan::short(&run.fingerprint)),
        ]);
    }
    table.write(out, styles, shape)
}

/// For spreadsheets: a row per run.
///
/// # Errors
/// Where it cannot be written.
pub fn csv(out: &mut dyn Write, history: &History) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record([
        "run",
        "began",
        "ended",
        "result",
        "assigned",
        "reclaimed",
        "failed",
        "who",
        "commit",
        "folder",
        "tool",
        "fingerprint",
        "locations",
    ])?;
    for HistoryRun { run, .. } in &history.runs {
        let ended = run.end.as_ref().map(|end| end.at.to_string()).unwrap_or_default();
        let result = run.end.as_ref().map(|end| end.result.as_str()).unwrap_or_default();
        rows.write_record([
            run.id.0.to_string().as_str(),
            &run.started_at.to_string(),
            &ended,
            &escape::csv_cell(result),
            &number(run, "assigned").map(|n| n.to_string()).unwrap_or_default(),
            &number(run, "reclaimed").map(|n| n.to_string()).unwrap_or_default(),
            &number(run, "failed").map(|n| n.to_string()).unwrap_or_default(),
            &escape::csv_cell(&run.who),
            &escape::csv_cell(run.commit.as_deref().unwrap_or_default()),
            &escape::csv_cell(&run.folder),
            &escape::csv_cell(&run.tool),
            &escape::csv_cell(&run.fingerprint),
            &escape::csv_cell(&run.locations.join(" ")),
        ])?;
    }
    rows.flush()
}

/// One run whole: who and when, its report, and what it sent.
///
/// # Errors
/// Where it cannot be written.
pub fn whole(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    history: &History,
) -> io::Result<()> {
    for HistoryRun { run: record, journal } in &history.runs {
        let fact = |out: &mut dyn Write, name: &str, text: &str| {
            let line = Line::new(shape.ascii).put(styles.dim, &format!("{name:<10}"));
            line.put(styles.text, text).write(out)
        };
        fact(out, "run", &record.id.0.to_string())?;
        fact(out, "began", &format!("{:.0}", record.started_at))?;
        let ended = match &record.end {
            Some(end) => format!("{:.0}, {}", end.at, end.result),
            None => "it runs still, or was killed".to_owned(),
        };
        fact(out, "ended", &ended)?;
        fact(out, "who", &record.who)?;
        if let Some(commit) = &record.commit {
            fact(out, "commit", commit)?;
        }
        fact(out, "folder", &record.folder)?;
        fact(out, "plan", &crate::plan::short(&record.fingerprint))?;
        let report = record.end.as_ref().and_then(|end| end.report.clone());
        let report: Option<RunReport> =
            report.and_then(|report| serde_json::from_value(report).ok());
        if let Some(report) = report {
            writeln!(out)?;
            run::human(out, styles, shape, &report)?;
        }
        if let Some(journal) = journal {
            sent(out, styles, shape, journal)?;
        }
    }
    Ok(())
}

fn sent(out: &mut dyn Write, styles: &Styles, shape: &Shape, journal: &[Intent]) -> io::Result<()> {
    writeln!(out)?;
    let requests = counted(count(journal.len()), "request", "requests");
    Line::new(shape.ascii).put(styles.heading, &format!("Journal: {requests}")).write(out)?;
    let mut table = Table::new([
        Column::words("written"),
        Column::words("what"),
        Column::numbers("count"),
        Column::words("ended").shrinks_to(20),
        Column::words("event").shrinks_to(8).leaves(1),
    ]);
    for intent in journal {
        let cell = |text: &str| Line::new(shape.ascii).put(styles.text, text);
        let kind = serde_json::to_value(intent.kind);
        let kind = kind.ok().and_then(|kind| kind.as_str().map(|kind| kind.replace('_', " ")));
        let ended = match &intent.outcome {
            None => "not known yet".to_owned(),
            Some((Outcome::Settled { done, failed: 0 }, _)) => format!("{} done", grouped(*done)),
            Some((Outcome::Settled { done, failed }, _)) => {
                format!("{} done, {} not", grouped(*done), grouped(*failed))
            }
            Some((Outcome::Refused { number: Some(number), message }, _)) => {
                format!("refused ({number}): {message}")
            }
            Some((Outcome::Refused { number: None, message }, _)) => format!("refused: {message}"),
            Some((Outcome::Overtaken { message }, _)) => message.clone(),
        };
        table.row([
            cell(&format!("{:.0}", intent.at)),
            cell(&kind.unwrap_or_default()),
            cell(&grouped(intent.count)),
            cell(&ended),
            cell(intent.reference.as_deref().unwrap_or_default()),
        ]);
    }
    table.write(out, styles, shape)
}

fn short_id(run: &RunRecord) -> String {
    run.id.0.to_string().chars().take(8).collect()
}

fn short_commit(run: &RunRecord) -> &str {
    let commit = run.commit.as_deref().unwrap_or_default();
    commit.get(..9).unwrap_or(commit)
}

fn ending(run: &RunRecord) -> &str {
    run.end.as_ref().map_or("open", |end| end.result.as_str())
}

fn number(run: &RunRecord, name: &str) -> Option<u64> {
    run.end.as_ref().and_then(|end| end.summary.get(name)).and_then(Value::as_u64)
}
