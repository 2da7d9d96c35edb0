//! Locations whose server owns the token, in sentences: what a plan has for them and what a run did.
//!
//! The same rows are laid out for terminals and for comments.

use super::number::{count, counted, grouped};
use super::page::Page;
use super::text::Line;
use crate::apply::outcome::StepOutcome;
use crate::apply::served::{MdmEnd, MdmLocationReport};
use crate::intune::{Phase, Target};
use crate::plan::served::{MdmAction, MdmAppPlan, MdmLocationPlan, MdmToken};

/// How a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// A location.
    Heading,
    /// Something is given.
    Assign,
    /// Something is taken back.
    Reclaim,
    /// It waits, or somebody must look.
    Warn,
    /// It failed.
    Bad,
    /// It stays.
    Quiet,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) tone: Tone,
    /// What happens, in a word.
    pub(super) word: &'static str,
    pub(super) text: String,
    /// The line that says so.
    pub(super) place: Option<(String, u32)>,
}

impl Row {
    fn new(tone: Tone, word: &'static str, text: String) -> Self {
        Self { tone, word, text, place: None }
    }
}

/// The rows for a terminal.
pub(super) fn lines<T>(page: &Page<'_, T>, all: &[Row], rows: usize) -> Vec<Line> {
    let mut lines = vec![];
    for row in all.iter().take(rows) {
        let style = match row.tone {
            Tone::Heading => page.styles.name,
            Tone::Assign => page.styles.assign,
            Tone::Reclaim => page.styles.reclaim,
            Tone::Warn => page.styles.warn,
            Tone::Bad => page.styles.error,
            Tone::Quiet => page.styles.dim,
        };
        let mut line = page.line().gap(if row.tone == Tone::Heading { 2 } else { 4 });
        if row.word.is_empty() {
            line.push(style, &row.text);
        } else {
            line.push(style, &format!("{:<9} ", row.word));
            line.push(page.styles.text, &row.text);
        }
        if let Some((file, at)) = &row.place {
            line.push(page.styles.text, "  ");
            line.push(page.styles.path, &format!("{file}:{at}"));
        }
        lines.extend(page.wrap(line, 6, 3));
    }
    let rest = count(all.len().saturating_sub(rows));
    if rest > 0 {
        lines.push(page.styled(page.styles.dim, &format!("    {} rows", page.plus(rest))));
    }
    lines
}

/// What a plan has for one location.
pub(super) fn plan(plan: &MdmLocationPlan) -> Vec<Row> {
    let mut rows = vec![Row::new(Tone::Heading, "", heading(plan))];
    for app in &plan.apps {
        rows.extend(steps(app));
        for reclaim in &app.reclaims {
            let who = whom(&reclaim.target, reclaim.title.as_deref(), None);
            // The counts say already who has not removed it.
            let missing = match (reclaim.phase, reclaim.missing.as_deref()) {
                (Phase::Uninstalling, _) => String::new(),
                (_, Some(missing)) => format!("; {missing}"),
                (_, None) => "; its licenses are back".to_owned(),
            };
            let text = format!(
                "{}: {who} since {}, {}{}",
                app.name,
                reclaim.begun.strftime("%Y-%m-%d"),
                counts([
                    reclaim.devices,
                    reclaim.gone,
                    reclaim.waiting,
                    reclaim.blocked,
                    reclaim.left
                ]),
                missing,
            );
            rows.push(Row::new(Tone::Warn, "waits", text));
        }
        let goes = |target: &Target| app.reclaims.iter().any(|one| one.target == *target);
        for kept in app.kept.iter().filter(|kept| !goes(&kept.target)) {
            let who = whom(&kept.target, kept.title.as_deref(), None);
            let text = format!(
                "{}: {who} ({}), {}: {}{}",
                app.name,
                kept.side,
                counted(kept.devices, "device", "devices"),
                kept.why,
                keeps(&kept.keeps)
            );
            rows.push(Row::new(Tone::Quiet, "stays", text));
        }
    }
    rows
}

fn heading(plan: &MdmLocationPlan) -> String {
    let mut text = format!("{} at {}", plan.name, plan.mdm);
    if let Some(why) = &plan.failed {
        return format!("{text}: not read: {why}");
    }
    if let Some(token) = &plan.token {
        text = format!("{text}: {}", said_of(token));
    }
    let unchanged: u64 = plan.apps.iter().map(|app| app.unchanged).sum();
    format!("{text}; {} as wanted", counted(unchanged, "assignment is", "assignments are"))
}

/// A token's facts, in one sentence.
pub(super) fn said_of(token: &MdmToken) -> String {
    let day = |at: Option<jiff::Timestamp>| {
        at.map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
    };
    let ends = token.expires.map(|at| format!(", ends on {}", at.strftime("%Y-%m-%d")));
    format!(
        "{} token of {} ({}), {}{}, last sync {} ({})",
        token.account_type,
        token.organization,
        token.apple_id,
        token.state,
        ends.unwrap_or_default(),
        day(token.last_sync),
        token.last_sync_status
    )
}

fn steps(app: &MdmAppPlan) -> Vec<Row> {
    let row = |step: &crate::plan::served::MdmStep| {
        let (tone, word) = action(step.action);
        let who = whom(&step.target, step.title.as_deref(), step.group.as_deref());
        let what = match (&step.from, &step.to) {
            (Some(from), Some(to)) => format!("{from} → {to}"),
            (None, Some(to)) => to.to_string(),
            (Some(from), None) => format!("{from}, taken away"),
            (None, None) => String::new(),
        };
        let many = counted(step.devices, "device", "devices");
        let licenses = if step.action == MdmAction::Uninstall {
            let licenses = counted(step.licenses, "license", "licenses");
            format!(", {licenses}, and the app's data is deleted")
        } else {
            String::new()
        };
        let text = format!("{}: {who} ({what}), {many}{licenses}{}", app.name, keeps(&step.keeps));
        let place = Some((step.cause.file.clone(), step.cause.line));
        Row { place, ..Row::new(tone, word, text) }
    };
    app.steps.iter().map(row).collect()
}

/// What a run did for one location.
pub(super) fn run(report: &MdmLocationReport) -> Vec<Row> {
    let title = format!("{} at {}", report.name, report.mdm);
    let mut rows = vec![Row::new(Tone::Heading, "", title)];
    for step in &report.steps {
        let (tone, word) = action(step.action);
        let who = whom(&step.target, step.title.as_deref(), None);
        let text = |outcome: &str| format!("{}: {who}: {outcome}", step.app);
        rows.push(match &step.outcome {
            StepOutcome::Applied => Row::new(tone, word, text("done, read back")),
            StepOutcome::Already => Row::new(Tone::Quiet, word, text("was so already")),
            StepOutcome::NotTried => Row::new(Tone::Bad, word, text("not tried")),
            StepOutcome::Failed { failure } => Row::new(Tone::Bad, word, text(&failure.message)),
        });
    }
    for reclaim in &report.reclaims {
        let who = whom(&reclaim.target, reclaim.title.as_deref(), None);
        let counts =
            counts([reclaim.devices, reclaim.gone, reclaim.waiting, reclaim.blocked, reclaim.left]);
        let text = |end: &str| format!("{}: {who}, {counts}; {end}", reclaim.app);
        rows.push(match &reclaim.end {
            MdmEnd::Dropped => Row::new(Tone::Reclaim, "dropped", text("its licenses are back")),
            MdmEnd::Waits { missing } => Row::new(Tone::Warn, "waits", text(missing)),
            MdmEnd::NotDropped { failure } => {
                let text = text(&format!("its licenses are back, but {}", failure.message));
                Row::new(Tone::Bad, "stays", text)
            }
        });
    }
    for (why, what) in [
        (&report.sync_failed, "licenses could not be synced"),
        (&report.not_nudged, "devices were not asked to check in"),
        (&report.stopped, "ended early"),
    ] {
        rows.extend(why.iter().map(|why| Row::new(Tone::Bad, "stopped", format!("{what}: {why}"))));
    }
    rows
}

fn action(action: MdmAction) -> (Tone, &'static str) {
    match action {
        MdmAction::Add => (Tone::Assign, "add"),
        MdmAction::Change => (Tone::Assign, "change"),
        MdmAction::Uninstall => (Tone::Reclaim, "uninstall"),
        MdmAction::Drop => (Tone::Reclaim, "drop"),
    }
}

fn whom(target: &Target, title: Option<&str>, group: Option<&str>) -> String {
    let not = if matches!(target, Target::Exclude(..)) { "not " } else { "" };
    match (title, group) {
        (Some(title), Some(group)) if title != group => format!("{not}{group} \"{title}\""),
        (Some(title), _) => format!("{not}{title}"),
        (None, Some(group)) => format!("{not}{group}"),
        (None, None) => target.to_string(),
    }
}

fn keeps(keeps: &[String]) -> String {
    if keeps.is_empty() { String::new() } else { format!("; keeps {}", keeps.join(", ")) }
}

fn counts([devices, gone, waiting, blocked, left]: [u64; 5]) -> String {
    let mut text = format!("{} of {} done", grouped(gone), counted(devices, "device", "devices"));
    for (number, what) in [(waiting, "waiting"), (blocked, "refusing"), (left, "out of reach")] {
        if number > 0 {
            text = format!("{text}, {} {what}", grouped(number));
        }
    }
    text
}
